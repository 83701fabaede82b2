// The columns of the table: what each is called, how wide it is, what it shows of a file. Pure.

import { bytes, fileName, readable } from "../lib/words.js";

/** @import { FoundFile, TableColumn } from "../lib/types.d.ts" */

const SESSION_SHOWN = 8; // characters of an id: enough to tell sessions apart

/** @param {string | null} at */
const minute = (at) => at?.slice(0, 16).replace("T", " ") ?? "";

/**
 * All there are; the name is always shown. `rem` is the least width, `grow` the share of what is left,
 * `sort` what the list is sorted by at a click on the head.
 *
 * @type {Readonly<Record<string, TableColumn>>}
 */
export const COLUMNS = {
  name: { title: "Name", rem: 11, grow: 3, sort: "name", text: ({ path }) => readable(fileName(path)) },
  folder: { title: "Folder", rem: 9, grow: 2, text: ({ path }) => readable(path.slice(0, path.lastIndexOf("/"))) },
  taken: { title: "Taken", rem: 8.5, sort: "taken", text: ({ taken_at: at }) => minute(at) },
  added: { title: "Added", rem: 8.5, sort: "added", text: ({ added_at: at }) => minute(at) },
  size: { title: "Size", rem: 5, sort: "size", right: true, text: ({ size }) => bytes(size) },
  dimensions: {
    title: "Dimensions",
    rem: 6.5,
    right: true,
    text: ({ width, height }) => width && height ? `${width} × ${height}` : "",
  },
  kind: { title: "Kind", rem: 4, text: ({ kind }) => kind },
  format: { title: "Format", rem: 4.5, text: ({ format }) => format.toUpperCase() },
  score: {
    title: "Score",
    rem: 5,
    sort: "score",
    text: ({ score }) => score === null ? "" : score < 0 ? "rejected" : `★ ${score}`,
  },
  nsfw: {
    title: "NSFW",
    rem: 4,
    sort: "nsfw",
    right: true,
    text: ({ nsfw_probability: probability }) => probability?.toFixed(2) ?? "",
  },
  camera: { title: "Camera", rem: 8, grow: 1, text: ({ camera }) => camera ?? "" },
  lens: { title: "Lens", rem: 8, grow: 1, text: ({ lens }) => lens ?? "" },
  model: { title: "Model", rem: 8, grow: 1, text: ({ model }) => model ?? "" },
  sampler: { title: "Sampler", rem: 7, text: ({ sampler }) => sampler ?? "" },
  seed: { title: "Seed", rem: 7, right: true, text: ({ seed }) => seed ?? "" },
  keywords: { title: "Keywords", rem: 10, grow: 2, text: ({ keywords }) => readable(keywords.join(", ")) },
  session: { title: "Session", rem: 5.5, text: ({ session_id: id }) => id?.slice(0, SESSION_SHOWN) ?? "" },
};

export const ALWAYS = "name";
const USUAL = [ALWAYS, "taken", "size", "dimensions", "score", "nsfw"];
const GAP_REM = 0.75;

/** The columns that were chosen, in their order, from what was kept of them; the usual ones where nothing can be read. */
/** @type {(kept: string | null) => string[]} */
export function chosenOf(kept) {
  if (kept === null) return USUAL;
  const chosen = [...new Set(kept.split(" "))].filter((name) => Object.hasOwn(COLUMNS, name));
  return chosen.includes(ALWAYS) ? chosen : [ALWAYS, ...chosen];
}

/** The chosen columns with another one behind them, or without it. */
/** @type {(chosen: string[], name: string, shown: boolean) => string[]} */
export function withColumn(chosen, name, shown) {
  const others = chosen.filter((one) => one === ALWAYS || one !== name);
  return shown && name !== ALWAYS ? [...others, name] : others;
}

/** The chosen columns with one of them moved by so many places, as far as there are any. */
/** @type {(chosen: string[], name: string, by: number) => string[]} */
export function moved(chosen, name, by) {
  const others = chosen.filter((one) => one !== name);
  const place = Math.min(Math.max(0, chosen.indexOf(name) + by), others.length);
  return [...others.slice(0, place), name, ...others.slice(place)];
}

/** The columns as a CSS grid, and the least width of a line in rem. @param {string[]} chosen */
export function tracksOf(chosen) {
  const tracks = chosen.map((name) => {
    const { rem = 6, grow = 0 } = COLUMNS[name] ?? {};
    return { rem, track: grow ? `minmax(${rem}rem, ${grow}fr)` : `${rem}rem` };
  });
  const rem = tracks.reduce((sum, track) => sum + track.rem + GAP_REM, 0);
  return { tracks: tracks.map(({ track }) => track).join(" "), rem };
}

/** What the table shows of a file in a column. @type {(file: FoundFile, name: string) => string} */
export const cellOf = (file, name) => COLUMNS[name]?.text(file) ?? "";
