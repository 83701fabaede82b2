// What the page says of what a search finds. Pure: texts from numbers.

import { count, number } from "../lib/words.js";

/**
 * How many files are found: "1,234 files, 40 pairs shown as one".
 *
 * @type {(shown: number, paired: number) => string} tiles, and files that have none of their own
 */
export function foundInWords(shown, paired) {
  const files = count(shown + paired, "file");
  return paired ? `${files}, ${count(paired, "pair")} shown as one` : files;
}

/** How many tiles are selected; they are not all of their files where pairs are shown as one. */
/** @type {(tiles: number, paired: number) => string} */
export function selectedInWords(tiles, paired) {
  return tiles ? `${paired ? number(tiles) : count(tiles, "file")} selected` : "";
}
