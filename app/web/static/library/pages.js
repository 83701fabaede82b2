// The files of a list by their number, fetched in slices as they are looked at; those that an edit takes out of the search
// are held. Knows no elements.

import { isAbort } from "../lib/api.js";
import { heldAfter, offsetOf, placed } from "../saying/held.js";

/** @import { FoundFile, FoundFiles, Range } from "../lib/types.d.ts" */

export const SLICE = 120;
const SLICES_KEPT = 64;
const AT_ONCE = 4;
const AT_MOST = 1_000; // files of an answer
const PIECE = 500;

/**
 * A list whose files come by `load(offset, limit, signal)`; those of its `first` slice are there. `arrived` is called when some did, `failed` when they could
 * not be fetched.
 *
 * @param {{
 *   first: FoundFiles,
 *   load: (offset: number, limit: number, signal: AbortSignal) => Promise<FoundFiles>,
 *   arrived: () => void,
 *   failed: (error: unknown) => void,
 * }} source
 */
export function slicesOf({ first, load, arrived, failed }) {
  /** @type {Map<number, (FoundFile | undefined)[]>} in the order of use */
  const slices = new Map([[0, first.files]]);
  /** @type {Map<number, FoundFile>} */
  let held = new Map();
  /** @type {Map<number, AbortController>} */
  const underWay = new Map();
  let unsettled = false; // an edit is under way: what comes may stand at an old place

  /**
   * What the search finds now where these files of the list are, with as many more as may have come between them.
   *
   * @type {(from: number, size: number, more: number, signal: AbortSignal) => Promise<FoundFiles>}
   */
  const around = (from, size, more, signal) =>
    load(Math.max(0, offsetOf(from, held)), Math.min(AT_MOST, size + held.size + more), signal);

  /** @type {(from: number, size: number, signal: AbortSignal) => Promise<(FoundFile | undefined)[]>} */
  const part = async (from, size, signal) => placed(from, size, (await around(from, size, 0, signal)).files, held);

  /** @param {number} slice */
  async function fetchSlice(slice) {
    const control = new AbortController();
    underWay.set(slice, control);
    try {
      const files = await part(slice * SLICE, SLICE, control.signal);
      if (!unsettled) slices.set(slice, files);
      for (const oldest of slices.keys()) {
        if (slices.size <= SLICES_KEPT) break;
        slices.delete(oldest);
      }
      if (underWay.get(slice) === control) underWay.delete(slice);
      arrived();
    } catch (error) {
      if (underWay.get(slice) === control) underWay.delete(slice);
      if (!isAbort(error)) failed(error);
    }
  }

  /** @param {number} slice */
  function giveUp(slice) {
    underWay.get(slice)?.abort();
    underWay.delete(slice);
  }

  /**
   * The file of this number, undefined while it is not there.
   *
   * @param {number} index
   */
  function at(index) {
    const number = Math.floor(index / SLICE);
    return slices.get(number)?.[index - number * SLICE];
  }

  return {
    at,

    /**
     * The files of these ranges with their numbers; null while one of them is not there yet.
     *
     * @param {Range[]} ranges
     */
    there(ranges) {
      /** @type {Map<number, FoundFile>} */
      const files = new Map();
      for (const [start, last] of ranges) {
        for (let index = start; index <= last; index += 1) {
          const file = at(index);
          if (!file) return null;
          files.set(index, file);
        }
      }
      return files;
    },

    /** An edit begins: until it is followed nothing new is shown, for what the search finds may have moved. */
    unsettle() {
      unsettled = true;
    },

    /** The edit is followed, or came to nothing. */
    settle() {
      unsettled = false;
      arrived();
    },

    /**
     * The files of these ranges with their numbers, also of those that are not there yet.
     *
     * @param {Range[]} ranges
     */
    async filesIn(ranges) {
      /** @type {Map<number, FoundFile>} */
      const files = new Map();
      for (const [start, last] of ranges) {
        for (let from = start; from <= last; from += PIECE) {
          const size = Math.min(PIECE, last - from + 1);
          const known = Array.from({ length: size }, (_, place) => at(from + place));
          const there = known.every(Boolean) ? known : await part(from, size, new AbortController().signal);
          for (const [place, file] of there.entries()) if (file) files.set(from + place, file);
        }
      }
      return files;
    },

    /**
     * Something was said of these files, which are `changed` as they are after it: the list stays as it is around them, those
     * that the search does not find there any more are held. Tells what it finds now.
     *
     * @param {Map<number, FoundFile>} changed
     */
    async follow(changed) {
      this.stop();
      const touched = [...new Set([...changed.keys()].map((index) => Math.floor(index / SLICE)))].sort((a, b) => a - b);
      let answer = null;
      for (const slice of touched) {
        const from = slice * SLICE;
        answer = await around(from, SLICE, changed.size, new AbortController().signal);
        const here = [...changed].filter(([index]) => Math.floor(index / SLICE) === slice);
        held = heldAfter(held, new Map(here), answer.files);
        const fresh = new Map(answer.files.map((file) => [file.path, file]));
        const before = slices.get(slice);
        if (before) {
          const now = before.map((file, place) => held.get(from + place) ?? (file && (fresh.get(file.path) ?? file)));
          slices.set(slice, now);
        }
      }
      arrived();
      return answer && { total: answer.total, paired: answer.paired, held: held.size };
    },

    /**
     * Sees to it that the files from `from` up to `end` come, and gives up what nobody looks at any more.
     *
     * @param {number} from
     * @param {number} end
     */
    want(from, end) {
      const wanted = [];
      for (let slice = Math.floor(from / SLICE); slice * SLICE < end; slice += 1) wanted.push(slice);
      for (const slice of underWay.keys()) if (!wanted.includes(slice)) giveUp(slice);
      for (const slice of wanted) {
        const there = slices.get(slice);
        if (there) {
          slices.delete(slice); // the newest of the map again
          slices.set(slice, there);
        } else if (!unsettled && !underWay.has(slice) && underWay.size < AT_ONCE) fetchSlice(slice);
      }
    },

    /** Gives up everything that is under way. */
    stop() {
      for (const slice of underWay.keys()) giveUp(slice);
    },
  };
}
