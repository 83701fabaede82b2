// What the dialog that writes metadata says, as texts. Pure.

import { count, sentenceList } from "../lib/words.js";

/** @import { FileWritten, MetadataWritten } from "../lib/types.d.ts" */

export const MOST_ROWS = 200;
const NOTHING = "–";
/** @type {Record<string, string>} */
const OUTCOMES = {
  written: "written",
  would_write: "to be written",
  unchanged: "already there",
  nothing_said: "without a word of yours",
  refused: "not possible",
};

/** @param {unknown} value */
export function shown(value) {
  if (value === null || (Array.isArray(value) && !value.length)) return NOTHING;
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** How many files had which outcome. @param {MetadataWritten} answer */
export function counted({ counts }) {
  const told = Object.entries(OUTCOMES).filter(([name]) => counts[name]);
  if (!told.length) return "No file.";
  return `${sentenceList(told.map(([name, said]) => `${count(counts[name] ?? 0, "file")} ${said}`))}.`;
}

/** The rows of the table: a file, its field, now and then; of a file that is refused why. @type {(files: FileWritten[]) => string[][]} */
export function rows(files) {
  return files.flatMap(({ path, changes, outcome, reason }) => {
    if (outcome === "refused") return [[path, reason ?? "Not possible."]];
    if (outcome !== "would_write" && outcome !== "written") return [];
    return changes.map(({ field, now, then }) => [path, field.replace("_", " "), shown(now), shown(then)]);
  });
}
