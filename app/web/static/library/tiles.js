// One file of the list, as a tile or as a line of a table. Elements are used again for other files.

import { thumbnailUrl } from "../lib/api.js";
import { inside, make, setText } from "../lib/dom.js";
import { mark } from "../shared/veil.js";
import { bytes, duration, fileName, readable } from "../lib/words.js";

/** @import { FoundFile } from "../lib/types.d.ts" */

const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
export const CELLS = ["name", "taken", "size", "pixels", "score", "nsfw"];

const STANDS_FOR_RAW = new Set(["jpeg", "heic"]);

/** @type {(at: string | null) => string} what a month or day is called */
export function monthName(at) {
  if (at === null) return "No date";
  return (at.length > 7 ? DAY : MONTH).format(new Date(at));
}

/** An empty tile. */
export function blankTile() {
  return make(
    "div",
    { class: "tile", role: "option", "aria-selected": "false" },
    make("img", { alt: "", decoding: "async", draggable: "false" }),
    make("span", { class: "badges", "aria-hidden": "true" }),
    make("span", { class: "select-mark", "aria-hidden": "true" }),
    make(
      "span",
      { class: "cells", "aria-hidden": "true" },
      ...CELLS.map((name) => make("span", { class: `cell-${name}` })),
    ),
  );
}

/**
 * Puts a file into a tile, or nothing while it is not known. Its picture is fetched only if `picture`.
 *
 * @type {(tile: HTMLElement, file: FoundFile | undefined, how: { table: boolean, picture: boolean }) => void}
 */
export function fillTile(tile, file, { table, picture }) {
  const image = /** @type {HTMLImageElement} */ (inside(tile, "img"));
  const path = file?.path ?? "";
  if (tile.dataset.path !== path) {
    tile.dataset.path = path;
    image.removeAttribute("src");
    tile.ariaLabel = file ? spokenOf(file) : "Loading";
    mark(tile, file?.is_nsfw);
    setText(inside(tile, ".badges"), file ? badgesOf(file) : "");
    for (const [name, text] of Object.entries(file ? cellsOf(file) : {})) setText(inside(tile, `.cell-${name}`), text);
    if (!file) { for (const cell of tile.querySelectorAll(".cells span")) setText(cell, ""); }
  }
  tile.classList.toggle("as-line", table);
  if (file?.has_thumbnail && picture && !image.hasAttribute("src")) image.src = thumbnailUrl(file.path);
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
  return badges.join("  ");
}

/** The badges of a file that is one picture with others. @param {FoundFile} file */
function pairsOf({ format, pairs }) {
  const raw = STANDS_FOR_RAW.has(format) ? "+RAW" : "+JPEG";
  return [...new Set(pairs.map(({ kind }) => kind === "raw" ? raw : "LIVE"))];
}

/** What a screen reader says of a file. @param {FoundFile} file */
function spokenOf(file) {
  const said = [readable(fileName(file.path))];
  if (file.kind === "video") said.push("video");
  said.push(...pairsOf(file).map((badge) => badge === "LIVE" ? "Live Photo" : badge.replace("+", "with ")));
  if (file.taken_at) said.push(`taken ${file.taken_at.slice(0, 10)}`);
  if (file.score !== null) said.push(file.score < 0 ? "rejected" : `score ${file.score}`);
  if (file.is_nsfw) said.push("NSFW");
  if (file.incomplete) said.push("incomplete");
  if (file.missing) said.push("gone from disk");
  return said.join(", ");
}

/** @type {(file: FoundFile) => Record<string, string>} */
const cellsOf = (file) => ({
  name: readable(fileName(file.path)),
  taken: file.taken_at?.slice(0, 16).replace("T", " ") ?? "",
  size: bytes(file.size),
  pixels: file.width && file.height ? `${file.width} × ${file.height}` : "",
  score: file.score === null ? "" : String(file.score),
  nsfw: file.nsfw_probability === null ? "" : file.nsfw_probability.toFixed(2),
});
