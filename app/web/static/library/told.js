// What the page says of what a search finds. Pure: texts from numbers.

import { count, number } from "../lib/words.js";

/**
 * How many files are found: "1,234 files, 40 pairs shown as one"; while the library is still being read: "120 files so
 * far, counting".
 *
 * @type {(shown: number, paired: number, totalIs?: "exact" | "counting") => string} tiles, and files without one
 */
export function foundInWords(shown, paired, totalIs = "exact") {
  const files = count(shown + paired, "file");
  const pairs = paired ? [`${count(paired, "pair")} shown as one`] : [];
  return totalIs === "counting" ? [`${files} so far`, ...pairs, "counting"].join(", ") : [files, ...pairs].join(", ");
}

/** How many tiles are selected; they are not all of their files where pairs are shown as one. */
/** @type {(tiles: number, paired: number) => string} */
export function selectedInWords(tiles, paired) {
  return tiles ? `${paired ? number(tiles) : count(tiles, "file")} selected` : "";
}
