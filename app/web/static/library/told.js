// What the page says of what a search finds. Pure: texts from numbers.

import { count, number } from "../lib/words.js";

/**
 * How many files are found: "1,234 files, 40 pairs shown as one, 12 hidden".
 *
 * @type {(shown: number, paired: number, hidden: number) => string} tiles, files that have none of their own, others
 */
export function foundInWords(shown, paired, hidden) {
  const files = count(shown + paired, "file");
  const pairs = paired ? `, ${count(paired, "pair")} shown as one` : "";
  return files + pairs + (hidden > 0 ? `, ${number(hidden)} hidden` : "");
}

/** How many tiles are selected; they are not all of their files where pairs are shown as one. */
/** @type {(tiles: number, paired: number) => string} */
export function selectedInWords(tiles, paired) {
  return tiles ? `${paired ? number(tiles) : count(tiles, "file")} selected` : "";
}
