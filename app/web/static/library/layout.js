// Where the files of a list lie: rows of tiles in one tall space that no browser could scroll by itself (Chromium ends
// an element at 33,554,428 px). Pure functions of numbers; what is drawn is grid.js's business.

/** @import { Layout, Mark, PeriodCount } from "../lib/types.d.ts" */

const TILE = { s: 96, m: 148, l: 288 };
const TABLE_ROW = 44;
const GAP = 6;
const OVERSCAN_ROWS = 2;
const SMALLEST_THUMB = 36;

/**
 * How a list is laid out in a view of this size, in px. The tiles fill its width.
 *
 * @param {{ width: number, height: number, total: number, size: "s" | "m" | "l" | "table" }} view
 * @returns {Layout}
 */
export function layoutOf({ width, height, total, size }) {
  const table = size === "table";
  const columns = table ? 1 : Math.max(1, Math.floor((width + GAP) / (TILE[size] + GAP)));
  const tile = table ? width : Math.floor((width - GAP * (columns - 1)) / columns);
  const row = table ? TABLE_ROW : tile + GAP;
  const rows = Math.ceil(total / columns);
  return {
    columns,
    tile,
    row,
    gap: table ? 0 : GAP,
    total,
    view: height,
    full: Math.max(0, rows * row - (table ? 0 : GAP)),
  };
}

/** How far down a list can be moved, in px. @type {(layout: Layout) => number} */
export const lowest = ({ full, view }) => Math.max(0, full - view);

/** @type {(layout: Layout, top: number) => number} */
export const within = (layout, top) => Math.min(Math.max(0, top), lowest(layout));

/** The files that are drawn at this place: from `first` up to, and without, `end`. */
/** @type {(layout: Layout, top: number) => { first: number, end: number }} */
export function drawn({ columns, row, view, total }, top) {
  const from = Math.max(0, Math.floor(top / row) - OVERSCAN_ROWS);
  const to = Math.ceil((top + view) / row) + OVERSCAN_ROWS;
  return { first: Math.min(total, from * columns), end: Math.min(total, to * columns) };
}

/** Where a file lies, in px from the corner of the list. */
/** @type {(layout: Layout, index: number) => { x: number, y: number }} */
export function placeOf({ columns, tile, row, gap }, index) {
  return { x: (index % columns) * (tile + gap), y: Math.floor(index / columns) * row };
}

/** The file whose row is the first that is wholly in view. @type {(layout: Layout, top: number) => number} */
export const firstInView = ({ columns, row, total }, top) =>
  Math.min(Math.max(0, total - 1), Math.ceil(top / row) * columns);

/**
 * How a list is left at this place. Who scrolled away from the marked file finds again what was in view: the file in view
 * that is nearest to it stands for it.
 *
 * @type {(layout: Layout, top: number, active: number) => { index: number, first: number }}
 */
export function leaving(layout, top, active) {
  const { columns, row, gap, view, total } = layout;
  const first = firstInView(layout, top);
  const rows = Math.max(1, Math.floor((top + view + gap) / row) - Math.floor(first / columns));
  const last = Math.min(Math.max(0, total - 1), first + rows * columns - 1);
  return { index: Math.min(Math.max(first, active), Math.max(first, last)), first };
}

/** The place nearest to `top` at which a file is wholly in view. @type {(layout: Layout, top: number, index: number) => number} */
export function revealing(layout, top, index) {
  const { y } = placeOf(layout, index);
  const bottom = y + layout.row - layout.gap;
  return within(layout, y < top ? y : bottom > top + layout.view ? bottom - layout.view : top);
}

/**
 * The file that a key leads to from another one; null for other keys.
 *
 * @type {(layout: Layout, key: string, index: number) => number | null}
 */
export function reached(layout, key, index) {
  const { columns, row, view, total } = layout;
  const page = Math.max(1, Math.floor(view / row)) * columns;
  const steps = /** @type {Record<string, number>} */ ({
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: page,
    PageUp: -page,
    Home: -total,
    End: total,
  });
  const step = steps[key];
  if (step === undefined || !total) return null;
  const wanted = index + step;
  if (Math.abs(step) < columns || key === "Home" || key === "End") return Math.min(Math.max(0, wanted), total - 1);
  if (wanted >= 0 && wanted < total) return wanted;
  // Beyond the first or last row: the end of the column, or the file itself.
  return wanted < 0 ? index % columns : lastOfColumn(layout, index);
}

/** @type {(layout: Layout, index: number) => number} */
function lastOfColumn({ columns, total }, index) {
  const last = total - 1;
  const inLastRow = last - (last % columns) + (index % columns);
  return inLastRow <= last ? inLastRow : Math.max(index, inLastRow - columns);
}

/** The thumb of the scrollbar in a track of this height, in px. */
/** @type {(layout: Layout, track: number, top: number) => { height: number, y: number }} */
export function thumbOf(layout, track, top) {
  const height = Math.min(track, Math.max(SMALLEST_THUMB, (track * layout.view) / Math.max(1, layout.full)));
  return { height, y: lowest(layout) ? ((track - height) * top) / lowest(layout) : 0 };
}

/** Where the list stands when its thumb is at `y`. @type {(layout: Layout, track: number, y: number) => number} */
export function topAt(layout, track, y) {
  const { height } = thumbOf(layout, track, 0);
  return track > height ? within(layout, (lowest(layout) * y) / (track - height)) : 0;
}

/**
 * The first file of each month or day, in the order of the list.
 *
 * @type {(counts: PeriodCount[], descending: boolean) => Mark[]}
 */
export function marksOf(counts, descending) {
  const dated = counts.filter(({ at }) => at !== null);
  const inOrder = [...(descending ? [...dated].reverse() : dated), ...counts.filter(({ at }) => at === null)];
  let index = 0;
  return inOrder.map(({ at, files }) => {
    const mark = { at, index };
    index += files;
    return mark;
  });
}

/** The month or day that a file belongs to; null without one. @type {(marks: Mark[], index: number) => Mark | null} */
export function markAt(marks, index) {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.index ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  return marks[low - 1] ?? null;
}
