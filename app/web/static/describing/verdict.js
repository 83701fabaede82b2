// What a person makes of what a model proposes for a file: an edit of it. Pure.

/** @import { FileDescribed, Words, InFields } from "../lib/types.d.ts" */

/** What waits for a person as it is written into fields; where nothing does, what stands. @param {FileDescribed} file @returns {InFields} */
export function writtenOf(file) {
  const { title, caption, keywords } = waits(file) ? file.proposed : file;
  return { title: title ?? "", caption: caption ?? "", keywords: keywords.join("\n") };
}

/** Whether anything waits. @param {FileDescribed} file */
export const waits = ({ proposed: { title, caption, keywords } }) =>
  title !== null || caption !== null || keywords.length > 0;

/** The lines of a field, without empty ones. @param {string} text */
const linesOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/**
 * The edit that accepts what is written: what a model proposes and nobody changed is accepted, what was written otherwise is
 * said, and what was taken away is rejected.
 *
 * @type {(file: FileDescribed, written: InFields) => Words}
 */
export function accepting({ proposed }, written) {
  /** @type {Required<Pick<Words, "set" | "accept" | "reject" | "add_keywords">>} */
  const words = { set: {}, add_keywords: [], accept: [], reject: [] };
  for (const field of /** @type {const} */ (["title", "caption"])) {
    const [model, text] = [proposed[field], written[field].trim()];
    if (model === text) words.accept.push(field);
    else if (text) words.set[field] = text;
    else if (model !== null) words.reject.push(field);
  }
  const keywords = linesOf(written.keywords);
  if (proposed.keywords.length && keywords.join("\n") === proposed.keywords.join("\n")) words.accept.push("keywords");
  else {
    words.add_keywords = keywords;
    if (proposed.keywords.length) words.reject.push("keywords");
  }
  return Object.fromEntries(Object.entries(words).filter(([, said]) => Object.keys(said).length));
}

/** @type {Words} the edit that accepts all that is proposed */
export const ALL = { accept: ["title", "caption", "keywords"] };
/** @type {Words} the edit that rejects it */
export const NONE = { reject: ["title", "caption", "keywords"] };
