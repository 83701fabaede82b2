// What the page says of what a search finds. Pure: texts from numbers.

/** @import { FoundFile, FoundFiles } from "../lib/types.d.ts" */

import { causeLabel, count, number } from "../lib/words.js";

/**
 * How many files are found: "1,234 files, 40 pairs shown as one, 12 hidden"; while the library is still being read "120
 * files so far, counting".
 *
 * @typedef {"exact" | "counting"} TotalIs
 * @type {(shown: number, paired: number, hidden: number, totalIs: TotalIs) => string} tiles, files that have none of their own, others
 */
export function foundInWords(shown, paired, hidden, totalIs) {
  const files = count(shown + paired, "file");
  return [
    totalIs === "counting" ? `${files} so far` : files,
    ...(paired ? [`${count(paired, "pair")} shown as one`] : []),
    ...(hidden > 0 ? [`${number(hidden)} hidden`] : []),
    ...(totalIs === "counting" ? ["counting"] : []),
  ].join(", ");
}

/**
 * What is found, and how many files stay in the list until the next search although they are not found where they are.
 *
 * @type {(found: string, held: number) => string}
 */
export const heldInWords = (found, held) => held ? `${found}, ${number(held)} held` : found;

/** How many tiles are selected; they are not all of their files where pairs are shown as one, nor of a list that grows. */
/** @type {(tiles: number, paired: number, counting: boolean) => string} */
export function selectedInWords(tiles, paired, counting) {
  if (!tiles) return "";
  return `${paired ? number(tiles) : count(tiles, "file")} selected${counting ? ", of those so far" : ""}`;
}

/**
 * How much of the library could be searched; nothing where all of it was. While files wait to be indexed, how far that is.
 *
 * @type {(answer: Pick<FoundFiles, "coverage" | "coverage_in_words">) => string}
 */
export function coverageInWords({ coverage, coverage_in_words: words }) {
  const { searched, of, missing } = coverage;
  if (searched === of) return "";
  const waiting = missing.indexing ?? 0;
  return waiting ? `Indexing ${Math.floor((100 * (of - waiting)) / of)} %. ${words}.` : `${words}.`;
}

/** Why nothing can be seen of a file: "No picture: truncated image"; nothing where it has a thumbnail. */
/** @type {(file: Pick<FoundFile, "has_thumbnail" | "thumbnail_cause">) => string} */
export function noPictureInWords({ has_thumbnail: seen, thumbnail_cause: cause }) {
  if (seen) return "";
  if (cause === "no_picture") return "No picture in it";
  return cause ? `No picture: ${causeLabel(cause)}` : "No picture made";
}

/**
 * Why the list is empty: because of the search, of the NSFW switch, or because there is nothing yet; null while that is not
 * known. Pairs that are shown as one never empty a list.
 *
 * @type {(q: string, hidden: number, totalIs: TotalIs) => { why: "hidden" | "search" | "empty", sentence: string } | null}
 */
export function nothingInWords(q, hidden, totalIs) {
  if (totalIs === "counting") return null;
  if (hidden > 0) {
    const files = hidden === 1 ? "the one file" : `all ${number(hidden)} files`;
    return { why: "hidden", sentence: `The NSFW switch hides ${files} found, as NSFW or as not checked.` };
  }
  return q ? { why: "search", sentence: "Nothing is found." } : { why: "empty", sentence: "The library is empty." };
}
