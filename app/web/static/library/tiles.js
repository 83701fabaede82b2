// One file of the list, as a tile or as a line of a table. Elements are used again for other files.

import { thumbnailUrl } from "../lib/api.js";
import { inside, make } from "../lib/dom.js";
import { mark } from "../shared/veil.js";
import { duration, fileName, readable } from "../lib/words.js";
import { cellOf, COLUMNS } from "./columns.js";
import { noPictureInWords } from "./told.js";

/** @import { FoundFile } from "../lib/types.d.ts" */

const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

const STANDS_FOR_RAW = new Set(["jpeg", "heic"]);
const HELD = "stays here until the next search";

/** @type {WeakMap<HTMLElement, FoundFile>} what each tile shows */
const filled = new WeakMap();
/** @type {WeakSet<FoundFile>} of which the picture could not be fetched */
const lost = new WeakSet();

/** @type {(at: string | null) => string} what a month or day is called */
export function monthName(at) {
  if (at === null) return "No date";
  return (at.length > 7 ? DAY : MONTH).format(new Date(at));
}

/** An empty tile. */
export function blankTile() {
  const image = make("img", { alt: "", decoding: "async", draggable: "false" });
  image.addEventListener("error", () => didNotCome(image));
  return make(
    "div",
    { class: "tile", role: "option", "aria-selected": "false" },
    image,
    make("span", { class: "stand-in", "aria-hidden": "true" }),
    make("span", { class: "badges", "aria-hidden": "true" }),
    make("span", { class: "select-mark", "aria-hidden": "true" }),
    make("span", { class: "cells", "aria-hidden": "true" }),
  );
}

/**
 * Puts a file into a tile, or nothing while it is not known. Its picture is fetched only if `picture`; with `columns`
 * it is a line of a table.
 *
 * @type {(tile: HTMLElement, file: FoundFile | undefined, how: { columns: string[] | null, picture: boolean }) => void}
 */
export function fillTile(tile, file, { columns, picture }) {
  const image = /** @type {HTMLImageElement} */ (inside(tile, "img"));
  const path = file?.path ?? "";
  const other = tile.dataset.path !== path;
  if (other) {
    tile.dataset.path = path;
    image.removeAttribute("src");
  }
  if (other || filled.get(tile) !== file) {
    if (file) filled.set(tile, file);
    else filled.delete(tile);
    tile.classList.toggle("held", Boolean(file?.held));
    tile.title = file?.held ? `It ${HELD}` : "";
    mark(tile, file?.is_nsfw);
    inside(tile, ".badges").dataset.badges = file ? badgesOf(file) : "";
    standIn(tile, file && !isSeen(file) ? standInOf(file) : []);
    if (image.complete && !image.naturalWidth) image.removeAttribute("src"); // it is tried again
    delete tile.dataset.columns;
  }
  const shown = columns?.join(" ") ?? "";
  if (tile.dataset.columns !== shown) {
    tile.dataset.columns = shown;
    tile.classList.toggle("as-line", columns !== null);
    tile.ariaLabel = file ? spokenOf(file, columns ?? []) : "Loading";
    inside(tile, ".cells").replaceChildren(...(columns ?? []).flatMap((name) => [
      make("span", { class: COLUMNS[name]?.right ? "right" : "" }, file ? cellOf(file, name) : ""),
      " ", // between two words for who reads the text
    ]));
  }
  if (file?.has_thumbnail && picture && !image.hasAttribute("src")) image.src = thumbnailUrl(file.path);
}

/** Whether there is a picture to be seen. @param {FoundFile} file */
const isSeen = (file) => file.has_thumbnail && !lost.has(file);

/** What stands in a tile in place of a picture. @param {FoundFile} file */
const standInOf = (file) => [
  readable(fileName(file.path)),
  file.format.toUpperCase(),
  lost.has(file) ? "Its picture did not come" : noPictureInWords(file),
];

/** @type {(tile: HTMLElement, texts: string[]) => void} the name of a file comes first */
function standIn(tile, [name = "", ...more]) {
  inside(tile, ".stand-in").replaceChildren(
    ...(name ? [make("bdi", {}, name), ...more.flatMap((text) => [" ", make("small", {}, text)])] : []),
  );
}

/** Says so in place of a picture that was made and cannot be fetched. @param {HTMLElement} image */
function didNotCome(image) {
  const tile = image.closest("div");
  const file = tile && image.hasAttribute("src") ? filled.get(tile) : undefined;
  if (!tile || !file) return;
  lost.add(file);
  standIn(tile, standInOf(file));
  tile.ariaLabel = spokenOf(file, tile.dataset.columns?.split(" ").filter(Boolean) ?? []);
}

/** @param {FoundFile} file */
function badgesOf(file) {
  /** @type {string[]} */
  const badges = [...pairsOf(file)];
  if (file.kind === "video") {
    badges.push(`▶ ${file.duration_seconds === null ? "" : duration(file.duration_seconds)}`.trim());
  }
  if (file.score !== null) badges.push(file.score < 0 ? "✕" : `★ ${file.score}`);
  if (file.incomplete) badges.push("!");
  if (file.missing) badges.push("gone");
  if (file.proposed) badges.push("proposed");
  return badges.join("  ");
}

/** The badges of a file that is one picture with others. @param {FoundFile} file */
function pairsOf({ format, pairs }) {
  const raw = STANDS_FOR_RAW.has(format) ? "+RAW" : "+JPEG";
  return [...new Set(pairs.map(({ kind }) => kind === "raw" ? raw : "LIVE"))];
}

/** What a screen reader says of a file: first what can be read of it. */
/** @type {(file: FoundFile, columns: string[]) => string} */
function spokenOf(file, columns) {
  const seen = columns.map((name) => cellOf(file, name)).filter(Boolean);
  const said = seen.length ? seen : isSeen(file) ? [readable(fileName(file.path))] : standInOf(file);
  if (file.kind === "video" && !columns.includes("kind")) said.push("video");
  said.push(...pairsOf(file).map((badge) => badge === "LIVE" ? "Live Photo" : badge.replace("+", "with ")));
  if (file.taken_at && !columns.length) said.push(`taken ${file.taken_at.slice(0, 10)}`);
  if (file.score !== null && !columns.length) said.push(file.score < 0 ? "rejected" : `score ${file.score}`);
  if (file.is_nsfw) said.push("NSFW");
  if (file.incomplete) said.push("incomplete");
  if (file.missing) said.push("gone from disk");
  if (file.proposed) said.push("found by what a model proposes");
  if (file.held) said.push(HELD);
  return said.join(", ");
}
