// The files of a list by their number, fetched in slices as they are looked at. Knows no elements.

import { isAbort } from "../lib/api.js";

/** @import { FoundFile, FoundFiles } from "../lib/types.d.ts" */

export const SLICE = 120;
const SLICES_KEPT = 64;
const AT_ONCE = 4;

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
  /** @type {Map<number, FoundFile[]>} in the order of use */
  const slices = new Map([[0, first.files]]);
  /** @type {Map<number, AbortController>} */
  const underWay = new Map();

  /** @param {number} slice */
  async function fetchSlice(slice) {
    const control = new AbortController();
    underWay.set(slice, control);
    try {
      const answer = await load(slice * SLICE, SLICE, control.signal);
      slices.set(slice, answer.files);
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

  return {
    /**
     * The file of this number, undefined while it is not there.
     *
     * @param {number} index
     */
    at(index) {
      const number = Math.floor(index / SLICE);
      const slice = slices.get(number);
      return slice?.[index - number * SLICE];
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
        } else if (!underWay.has(slice) && underWay.size < AT_ONCE) fetchSlice(slice);
      }
    },

    /** Gives up everything that is under way. */
    stop() {
      for (const slice of underWay.keys()) giveUp(slice);
    },
  };
}
