// What the classes of a comparison are called, in the order of their sum. Pure.

import { number } from "../lib/words.js";

/** @import { Compared, Holding } from "../lib/types.d.ts" */

/** @type {(missing: number, onlyHere: number) => string} files without a copy, and those of them that lie here alone */
function missingOf(missing, onlyHere) {
  if (!onlyHere) return "In the library, but its file is missing";
  if (onlyHere === missing) return "In the library, but only in this folder";
  return `In the library, but its file is missing (${number(missing - onlyHere)}), or only in this folder (${
    number(onlyHere)
  })`;
}

/** @type {(answer: Pick<Compared, "file_missing" | "only_here">) => [Holding, string][]} */
export const classesOf = ({ file_missing: missing, only_here: onlyHere }) => [
  ["in_library", "In the library and on disk now"],
  ["file_missing", missingOf(missing, onlyHere)],
  ["same_picture", "The same picture as one of the library, other bytes"],
  ["not_in_library", "Not in the library"],
  ["not_media", "Not media"],
  ["unreadable", "Could not be read"],
];
