// A list that stays as it is while what is said of its files takes them out of the search, or to another place in it:
// such files are held where they are until the next search. Pure functions; library/pages.js asks for the files.

/** @import { FoundFile } from "../lib/types.d.ts" */
/** @typedef {ReadonlyMap<number, FoundFile>} Held files by the number that they keep in the list */

/**
 * From which file of the search on the files of a list are, from its number `from` on: those that are held before it are
 * not found there any more. Where one of them is found at another place before, that is one file too early, and `placed`
 * leaves it out if it is held.
 *
 * @type {(from: number, held: Held) => number}
 */
export const offsetOf = (from, held) => from - [...held.keys()].filter((index) => index < from).length;

/**
 * The files of a list from the number `from` on: those that the search finds there now, around those that are held.
 *
 * @type {(from: number, size: number, found: FoundFile[], held: Held) => (FoundFile | undefined)[]}
 */
export function placed(from, size, found, held) {
  const paths = new Set([...held.values()].map(({ path }) => path));
  const others = found.filter(({ path }) => !paths.has(path)).values();
  return Array.from({ length: size }, (_, at) => held.get(from + at) ?? others.next().value);
}

/**
 * What becomes of the files of which something was said when the search is asked again around them: `found` as it is now.
 * A file that is not found there is held as it is in `changed`, one that is found again is held no more.
 *
 * @type {(held: Held, changed: ReadonlyMap<number, FoundFile>, found: FoundFile[]) => Map<number, FoundFile>}
 */
export function heldAfter(held, changed, found) {
  const paths = new Set(found.map(({ path }) => path));
  const after = new Map(held);
  for (const [index, file] of changed) {
    if (paths.has(file.path)) after.delete(index);
    else after.set(index, { ...file, held: true });
  }
  return after;
}
