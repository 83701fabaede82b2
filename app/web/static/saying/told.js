// What the pages say of what was said of files. Pure: texts from values.

import { capital, count, sentenceList } from "../lib/words.js";
import { shiftInWords } from "./shift.js";

/** @import { Foreseen, LeftOut, Said, Words } from "../lib/types.d.ts" */

/** @type {Record<string, string>} */
const FIELD = { taken_at: "time", nsfw: "NSFW", nsfw_probability: "NSFW" };
/** @param {string} name */
const fieldLabel = (name) => FIELD[name] ?? name;

/** "★ 4", "Rejected", "Not rated". @param {number | null} score */
export const scoreInWords = (score) => score === null ? "Not rated" : score < 0 ? "Rejected" : `★ ${score}`;

/** What is set of a field. @type {(name: string, value: unknown) => string} */
function settingInWords(name, value) {
  if (name === "score") return scoreInWords(/** @type {number | null} */ (value));
  if (name === "nsfw") return value ? "NSFW" : "Not NSFW";
  const label = fieldLabel(name);
  return value === null || value === "" ? `no ${label}` : name === "label" ? `label ${value}` : label;
}

/** What is said, in words: "★ 4", "label Red, +sea, −fog". @param {Words} words */
export function wordsInWords({ set = {}, add_keywords: added = [], remove_keywords: removed = [], ...more }) {
  const { release = [], accept = [], reject = [], shift_taken_at: shift = 0, zone } = more;
  return capital(
    [
      ...Object.entries(set).map(([name, value]) => settingInWords(name, value)),
      ...added.map((word) => `+${word}`),
      ...removed.map((word) => `−${word}`),
      ...(shift ? [`time ${shiftInWords(shift)}`] : []),
      ...(zone ? [`zone ${zone}`] : []),
      ...(accept.length ? [`accepted ${sentenceList(accept)}`] : []),
      ...(reject.length ? [`rejected ${sentenceList(reject)}`] : []),
      ...(release.length ? [`${sentenceList(release.map(fieldLabel))} given back`] : []),
    ].join(", "),
  );
}

/** @type {Record<string, string>} why some of an edit is left out of files, after their number */
const LEFT = {
  no_time: "without a time",
  no_clock: "with a day and no time of it",
  out_of_range: "beyond the calendar",
  ambiguous_time: "at an hour that the zone has twice, or never",
  offset_with_seconds: "from before the zone had standard time",
  unknown_file: "not in the library any more",
  waiting_for_words: "not indexed yet",
  too_many_keywords: "with too many keywords",
  said_by_a_person: "with a title or caption of yours",
  keyword_of_the_file: "with a keyword that the file itself says",
};

/** Which files an edit left out, and why: "3 files without a time, 1 file not indexed yet". @param {LeftOut[]} left */
export const leftInWords = (left) =>
  left.map(({ cause, files }) => `${count(files, "file")} ${LEFT[cause] ?? `(${cause.replaceAll("_", " ")})`}`).join(
    ", ",
  );

/**
 * What was said of how many files, of a single one by its name: "★ 4 for 12 files", "Rejected: a.jpg".
 *
 * @type {(words: Words, done: Pick<Said, "changed" | "left">, name: string | null) => string}
 */
export function saidInWords(words, { changed, left }, name) {
  const said = wordsInWords(words);
  const others = left.length ? `, left out: ${leftInWords(left)}` : "";
  if (!changed) return `${said}: nothing changed${others || ", it was so already"}.`;
  return (name === null ? `${said} for ${count(changed, "file")}` : `${said}: ${name}`) + others;
}

/**
 * What a file that is kept got of the others: "Kept a.jpg: ★ 4, +sea".
 *
 * @type {(words: NonNullable<Words["set"]> & Pick<Words, "add_keywords">, name: string) => string}
 */
export function handedOnInWords({ add_keywords: added = [], ...set }, name) {
  const got = wordsInWords({ set, add_keywords: added });
  return `Kept ${name}${got ? `: ${got}` : ". It has all that the others have."}`;
}

/**
 * What an edit was that is undone: as it was told, or else by the sentence of the log.
 *
 * @type {(told: string | undefined, edit: { sentence: string, files: number }) => string}
 */
export const undoneInWords = (told, { sentence, files }) =>
  `Undone: ${told ?? `${sentence.replace(/^A person |\.$/g, "")}, ${count(files, "file")}`}`;

/** What was undone of a page itself; `old` where the words that went with it are too old to be taken back. */
/** @type {(sentence: string, how: { old: boolean }) => string} */
export const ownUndoneInWords = (sentence, { old }) =>
  `Undone: ${sentence}${old ? ". What was handed on stays: it is too old to be undone." : ""}`;

/** What a value of a field looks like before or after. @type {(value: unknown) => string} */
export function valueInWords(value) {
  if (value === null || value === undefined || value === "") return "none";
  if (Array.isArray(value)) return value.length ? value.map(valueInWords).join(", ") : "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return "text" in value ? String(value.text) : JSON.stringify(value);
  return String(value);
}

/** @type {(name: string, value: unknown) => string} */
function fieldInWords(name, value) {
  if (name === "score") return scoreInWords(typeof value === "number" ? value : null);
  return name === "taken_at" && value ? String(value).replace("T", " ") : valueInWords(value);
}

/**
 * The lines of a preview: of each file the fields that would change, as they are now and as they would be.
 *
 * @type {(file: Foreseen) => { field: string, before: string, after: string }[]}
 */
export const linesOf = ({ before, after }) =>
  Object.keys(after).map((name) => ({
    field: capital(fieldLabel(name)),
    before: fieldInWords(name, before[name]),
    after: fieldInWords(name, after[name]),
  }));
