// What the browser keeps of how a person looks at the library.

import { keep, read } from "../lib/storage.js";

/** @import { Place } from "../lib/types.d.ts" */

const PAIRS_KEY = "media-ingest-pairs";
const PLACES_KEY = "media-ingest-places";
const SEEN_KEY = "media-ingest-seen";
const COLUMNS_KEY = "media-ingest-columns";
const NEXT_KEY = "media-ingest-next-after-scoring";
const JUDGED_KEY = "media-ingest-judged";

/**
 * What is shown of a Live Photo, or of RAW and JPEG of one picture: one of them, unless a person wants both.
 *
 * @returns {"one" | "both"}
 */
export const pairsShown = () => (read("localStorage", PAIRS_KEY) === "both" ? "both" : "one");

/** @param {boolean} both */
export function savePairsShown(both) {
  keep("localStorage", PAIRS_KEY, both ? "both" : null);
}

/** The columns of the table as they were chosen, null where they were not. */
export const savedColumns = () => read("localStorage", COLUMNS_KEY);

/** @param {string} names */
export function saveColumns(names) {
  keep("localStorage", COLUMNS_KEY, names);
}

/**
 * Where lists of the library were left, by their searches, the newest last.
 *
 * @returns {[string, Place][]}
 */
export function savedPlaces() {
  try {
    const saved = JSON.parse(read("sessionStorage", PLACES_KEY) ?? "[]");
    return Array.isArray(saved) ? saved : [];
  } catch {
    return [];
  }
}

/** @param {[string, Place][]} places */
export function savePlaces(places) {
  keep("sessionStorage", PLACES_KEY, JSON.stringify(places));
}

/** The file that was looked at last on a page of its own, null where there is none: it is told once. */
export function takeSeen() {
  const path = read("sessionStorage", SEEN_KEY);
  keep("sessionStorage", SEEN_KEY, null);
  return path;
}

/** @param {string} path */
export function saveSeen(path) {
  keep("sessionStorage", SEEN_KEY, path);
}

/** Whether the mark goes on to the next file after one was scored: only if a person wants it. */
export const nextAfterScoring = () => read("localStorage", NEXT_KEY) === "yes";

/** @param {boolean} wanted */
export function saveNextAfterScoring(wanted) {
  keep("localStorage", NEXT_KEY, wanted ? "yes" : null);
}

/** Whether something was said of a file on its page since this was asked last. */
export function takeJudged() {
  const judged = read("sessionStorage", JUDGED_KEY) !== null;
  keep("sessionStorage", JUDGED_KEY, null);
  return judged;
}

export function saveJudged() {
  keep("sessionStorage", JUDGED_KEY, "yes");
}
