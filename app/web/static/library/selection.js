// Which files of a list are selected: their numbers, as ranges, because there may be a million. Pure.

/** @import { Range } from "../lib/types.d.ts" */

/** @type {(ranges: Range[], index: number) => boolean} */
export const holds = (ranges, index) => ranges.some(([first, last]) => first <= index && index <= last);

/** @type {(ranges: Range[]) => number} */
export const size = (ranges) => ranges.reduce((files, [first, last]) => files + last - first + 1, 0);

/**
 * The ranges with this one, in order, those that touch as one.
 *
 * @type {(ranges: Range[], range: Range) => Range[]}
 */
export function add(ranges, [first, last]) {
  /** @type {Range[]} */
  const apart = [];
  let [from, to] = [Math.min(first, last), Math.max(first, last)];
  for (const range of ranges) {
    if (range[1] < from - 1 || range[0] > to + 1) apart.push(range);
    else [from, to] = [Math.min(from, range[0]), Math.max(to, range[1])];
  }
  return [...apart, /** @type {Range} */ ([from, to])].sort((one, other) => one[0] - other[0]);
}

/** The ranges without this file. @type {(ranges: Range[], index: number) => Range[]} */
export function remove(ranges, index) {
  return ranges.flatMap(([first, last]) => {
    if (index < first || index > last) return [/** @type {Range} */ ([first, last])];
    return /** @type {Range[]} */ ([[first, index - 1], [index + 1, last]]).filter(([from, to]) => from <= to);
  });
}

/** @type {(ranges: Range[], index: number) => Range[]} */
export const toggle = (ranges, index) => (holds(ranges, index) ? remove(ranges, index) : add(ranges, [index, index]));
