// What a folder's badge says: how much of it is in the library, or how much media it holds.

import { make, spoken } from "../lib/dom.js";
import { number } from "../lib/words.js";

/** @import { Folder } from "../lib/types.d.ts" */
/** @typedef {Pick<Folder, "ingest_stats" | "recursive_stats" | "has_children">} Counted */

/**
 * `shown` in figures, `words` for screen readers, `whole` where everything here and below is in the library, and sound;
 * null where nothing is yet.
 *
 * @param {Counted} folder
 */
export function badgeOf({ ingest_stats: own, recursive_stats: all, has_children: deeper }) {
  const { total_files: total, ingested_files: ingested, failed_files: failed, damaged_files: damaged } = all ?? own;
  if (!ingested && !failed) return null;
  const below = { total: total - own.total_files, ingested: ingested - own.ingested_files };
  const faults = [
    ...(failed ? [`${number(failed)} failed`] : []),
    ...(damaged ? [`${number(damaged)} damaged`] : []),
  ];
  const figures = (/** @type {number} */ of, /** @type {number} */ all) => `${number(of)}/${number(all)}`;
  const said = (/** @type {number} */ of, /** @type {number} */ all) => `${number(of)} of ${number(all)} ingested`;
  const shown = [
    ...(own.total_files ? [`(${figures(own.ingested_files, own.total_files)})`] : []),
    ...(below.total ? [`${figures(below.ingested, below.total)} below`] : []),
    ...faults,
  ];
  const words = [
    ...(own.total_files ? [`${said(own.ingested_files, own.total_files)} here`] : []),
    ...(below.total ? [`${said(below.ingested, below.total)} in the folders below`] : []),
    ...faults,
  ];
  const whole = ingested === total && !damaged && (all !== undefined || !deeper);
  return { shown: shown.join(", "), words: `${whole ? "Complete: " : ""}${words.join(", ")}`, whole };
}

/**
 * The media of a folder of which nothing is in the library: "12 media, 30 below"; null where it holds none.
 *
 * @param {Counted} folder
 */
export function mediaOf({ ingest_stats: { total_files: here }, recursive_stats: all }) {
  const below = (all?.total_files ?? here) - here;
  if (!here) return below ? `${number(below)} media below` : null;
  return `${number(here)} media${below ? `, ${number(below)} below` : ""}`;
}

/**
 * The badge of a folder as an element, null where there is nothing to say.
 *
 * @param {Counted} folder
 */
export function badge(folder) {
  const said = badgeOf(folder);
  if (!said) {
    const media = mediaOf(folder);
    return media ? make("span", { class: "badge media" }, media) : null;
  }
  const tone = said.whole ? "whole" : folder.ingest_stats.total_files ? "partial" : "below";
  return make(
    "span",
    { class: `badge ${tone}` },
    make("span", { "aria-hidden": "true" }, said.shown),
    spoken(said.words),
  );
}
