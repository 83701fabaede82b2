// The list of files as tiles or as a table: only what is in view is drawn, and a scrollbar of its own reaches every
// file of a million. What the list holds is handed in; what is done with a file is told to others.

import { byId, inside, make, setText } from "../lib/dom.js";
import {
  drawn,
  firstInView,
  layoutOf,
  leaving,
  lowest,
  markAt,
  placeOf,
  reached,
  revealing,
  thumbOf,
  topAt,
  within,
} from "./layout.js";
import { add, holds, toggle } from "./selection.js";
import { blankTile, fillTile, monthName } from "./tiles.js";

/** @import { Left, Mark, Range, Slices, TileSize } from "../lib/types.d.ts" */

const LINE = 40; // px of a wheel that counts lines
const SETTLED_MS = 120; // without a move: pictures are fetched then
const QUICK = 1.5; // views between two frames: nobody could see a picture
const FRICTION = 0.95; // of the speed is left 16 ms later
const HELD_MS = 500;
const MARK_PX = 26;

/**
 * Prepares the list. `open` is called with a file that a person opens, `selected` with the number of selected ones.
 *
 * @param {{ open: (index: number) => void, selected: (ranges: Range[]) => void }} told
 */
export function prepareGrid({ open, selected }) {
  const grid = byId("grid");
  const tiles = inside(grid, ".tiles");
  const bar = byId("grid-bar");
  const thumb = inside(bar, ".grid-thumb");
  const whenShown = inside(bar, ".grid-when");

  /** @type {Slices | null} */
  let slices = null;
  /** @type {Mark[]} */
  let marks = [];
  let total = 0;
  /** @type {TileSize} */
  let size = "m";
  /** @type {string[]} those of the table */
  let columns = [];
  let layout = layoutOf({ width: 1, height: 1, total: 0, size });
  let top = 0;
  let lastTop = 0;
  let active = 0;
  let anchor = 0;
  /** @type {Range[]} */
  let ranges = [];
  let speed = 0; // px a ms, of a finger that let go
  let frame = 0;
  let settling = 0;

  /** @type {Map<number, HTMLElement>} by the number of its file */
  const shown = new Map();
  /** @type {HTMLElement[]} */
  const free = [];

  function measure() {
    const first = firstInView(layout, top);
    layout = layoutOf({ width: tiles.clientWidth, height: grid.clientHeight, total, size });
    top = within(layout, placeOf(layout, first).y);
    for (const tile of shown.values()) tile.style.width = "";
    grid.style.setProperty("--tile", `${layout.tile}px`);
    drawMarks();
    later();
  }

  function later() {
    if (!frame) frame = requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const { first, end } = drawn(layout, top);
    const quick = Math.abs(top - lastTop) > QUICK * layout.view;
    lastTop = top;
    for (const [index, tile] of shown) {
      if (index >= first && index < end) continue;
      shown.delete(index);
      free.push(tile);
    }
    for (let index = first; index < end; index += 1) drawTile(index, quick);
    for (const tile of free) if (!tile.hidden) tile.hidden = true; // only those that were not used again
    if (!quick) slices?.want(first, end);
    clearTimeout(settling);
    settling = setTimeout(settle, SETTLED_MS);
    drawBar();
  }

  /** @type {(index: number, quick: boolean) => void} */
  function drawTile(index, quick) {
    let tile = shown.get(index);
    if (!tile) {
      tile = free.pop() ?? tiles.appendChild(blankTile());
      if (tile.hidden) tile.hidden = false;
      tile.id = `file-${index}`;
      tile.ariaPosInSet = String(index + 1);
      shown.set(index, tile);
    }
    const { x, y } = placeOf(layout, index);
    tile.style.transform = `translate(${x}px, ${y - top}px)`;
    fillTile(tile, slices?.at(index), { columns: size === "table" ? columns : null, picture: !quick });
    // What is written costs a look at all styles, even if it was so before
    if (tile.ariaSetSize !== String(total)) tile.ariaSetSize = String(total);
    if (tile.ariaSelected !== String(holds(ranges, index))) tile.ariaSelected = String(holds(ranges, index));
    tile.classList.toggle("active", index === active);
  }

  function settle() {
    const { first, end } = drawn(layout, top);
    slices?.want(first, end);
    for (let index = first; index < end; index += 1) drawTile(index, false);
    grid.setAttribute("aria-activedescendant", shown.has(active) ? `file-${active}` : "");
  }

  function drawBar() {
    const scrolls = lowest(layout) > 0;
    bar.hidden = !scrolls;
    if (!scrolls) return;
    const { height, y } = thumbOf(layout, bar.clientHeight, top);
    thumb.style.height = `${height}px`;
    thumb.style.transform = `translateY(${y}px)`;
    bar.ariaValueNow = String(Math.round((100 * top) / lowest(layout)));
    const mark = markAt(marks, firstInView(layout, top));
    setText(whenShown, mark ? monthName(mark.at) : `${(firstInView(layout, top) + 1).toLocaleString("en")}`);
    bar.ariaValueText = whenShown.textContent;
  }

  /** The years beside the scrollbar, as far as there is room for them. */
  function drawMarks() {
    const list = inside(bar, ".grid-marks");
    let last = -MARK_PX;
    let year = "";
    const years = marks.flatMap(({ at, index }) => {
      const named = at === null ? "" : at.slice(0, 4);
      if (named === year) return [];
      year = named;
      const { y } = thumbOf(layout, bar.clientHeight, within(layout, placeOf(layout, index).y));
      if (y - last < MARK_PX || !named) return [];
      last = y;
      const label = make("span", {}, named);
      label.style.transform = `translateY(${y}px)`;
      return [label];
    });
    list.replaceChildren(...years);
  }

  /** @param {number} wanted */
  function moveTo(wanted) {
    top = within(layout, wanted);
    later();
  }

  /** @type {(index: number, how?: { extend?: boolean, keep?: boolean }) => void} */
  function activate(index, { extend = false } = {}) {
    active = index;
    if (extend) select(add(ranges, [anchor, index]));
    else anchor = index;
    moveTo(revealing(layout, top, index));
  }

  /** @param {Range[]} now */
  function select(now) {
    ranges = now;
    selected(ranges);
    later();
  }

  // -- keyboard and wheel ---------------------------------------------------------------------------------------------

  grid.addEventListener("keydown", (event) => {
    if (event.altKey || !total) return;
    const command = event.ctrlKey || event.metaKey;
    const index = command ? null : reached(layout, event.key, active);
    if (index !== null) activate(index, { extend: event.shiftKey });
    else if (event.key === " " && !command) {
      if (event.shiftKey) select(add(ranges, [anchor, active]));
      else select(toggle(ranges, active));
      anchor = active;
    } else if (event.key === "Enter" && !command) open(active);
    else if (event.key === "Escape" && ranges.length) {
      anchor = active; // the next range begins here
      select([]);
    } else if (event.key === "a" && command) select([[0, total - 1]]);
    else return;
    event.preventDefault();
  });

  grid.addEventListener("wheel", (event) => {
    if (event.ctrlKey || !lowest(layout)) return; // that is a zoom, or nothing to move
    event.preventDefault();
    speed = 0;
    const px = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : event.deltaMode ? layout.view : 1;
    moveTo(top + event.deltaY * px);
  }, { passive: false });

  // -- mouse and finger -----------------------------------------------------------------------------------------------

  /** @type {{ id: number, y: number, at: number, moved: boolean } | null} a finger on the list */
  let finger = null;
  let held = 0;

  /** @param {Event} event */
  function indexAt({ target }) {
    const tile = target instanceof Element ? target.closest(".tile") : null;
    return tile ? Number(tile.id.slice("file-".length)) : null;
  }

  grid.addEventListener("pointerdown", (event) => {
    speed = 0;
    if (event.pointerType !== "touch") return;
    finger = { id: event.pointerId, y: event.clientY, at: event.timeStamp, moved: false };
    const index = indexAt(event);
    clearTimeout(held);
    held = setTimeout(() => {
      if (finger && !finger.moved && index !== null) {
        select(toggle(ranges, index));
        finger.moved = true; // it selects, and does not open
      }
    }, HELD_MS);
  });
  grid.addEventListener("pointermove", (event) => {
    if (!finger || finger.id !== event.pointerId) return;
    const by = finger.y - event.clientY;
    if (!finger.moved && Math.abs(by) < 8) return;
    finger.moved = true;
    const ms = Math.max(1, event.timeStamp - finger.at);
    speed = 0.7 * (by / ms) + 0.3 * speed;
    finger = { ...finger, y: event.clientY, at: event.timeStamp };
    moveTo(top + by);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    grid.addEventListener(end, (event) => {
      clearTimeout(held);
      if (!finger || finger.id !== event.pointerId) return;
      if (finger.moved) {
        grid.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
        setTimeout(() => grid.dispatchEvent(new Event("click")), 0); // where no click follows, the listener goes
        if (event.timeStamp - finger.at < 60) requestAnimationFrame((now) => glide(now));
      }
      finger = null;
    });
  }

  /** @param {number} then */
  function glide(then) {
    requestAnimationFrame((now) => {
      if (Math.abs(speed) < 0.02 || finger) return;
      const before = top;
      moveTo(top + speed * (now - then));
      speed *= FRICTION ** ((now - then) / 16);
      if (top !== before) glide(now);
    });
  }

  grid.addEventListener("click", (event) => {
    const index = indexAt(event);
    if (index === null || !event.isTrusted) return;
    grid.focus({ preventScroll: true });
    const corner = event.target instanceof Element && event.target.closest(".select-mark");
    if (event.shiftKey) activate(index, { extend: true });
    else if (event.ctrlKey || event.metaKey || corner) {
      activate(index);
      select(toggle(ranges, index));
    } else {
      activate(index);
      open(index);
    }
  });

  // -- the scrollbar --------------------------------------------------------------------------------------------------

  bar.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    bar.setPointerCapture(event.pointerId);
    const box = bar.getBoundingClientRect();
    const at = thumbOf(layout, box.height, top);
    const y = event.clientY - box.top;
    const grip = y >= at.y && y <= at.y + at.height ? y - at.y : at.height / 2;
    /** @param {PointerEvent} moved */
    const drag = (moved) => moveTo(topAt(layout, box.height, moved.clientY - box.top - grip));
    drag(event);
    bar.classList.add("dragged");
    bar.addEventListener("pointermove", drag);
    bar.addEventListener("lostpointercapture", () => {
      bar.classList.remove("dragged");
      bar.removeEventListener("pointermove", drag);
    }, { once: true });
  });

  new ResizeObserver(measure).observe(grid);

  return {
    /**
     * Shows a list from its beginning, from the place where the one before stood, or where it was left.
     *
     * @param {{ slices: Slices | null, total: number, marks: Mark[], stay?: boolean, left?: Left | null }} list
     */
    show(list) {
      slices?.stop();
      ({ slices, total, marks } = list);
      if (!list.stay) {
        [top, active, anchor] = [0, 0, 0];
        select([]);
      }
      active = Math.min(active, Math.max(0, total - 1));
      for (const tile of shown.values()) fillTile(tile, undefined, { columns: null, picture: false });
      measure();
      if (list.left) this.goTo(list.left);
    },

    /** Shows tiles of this size, or a table of these columns. @type {(wanted: TileSize, columns: string[]) => void} */
    resize(wanted, chosen) {
      [size, columns] = [wanted, chosen];
      grid.dataset.size = wanted;
      measure();
    },

    /** Draws again what came meanwhile. */
    redraw: later,

    /** Marks a file, with `first` as the first one in view as far as the marked one stays in view. @param {Left} left */
    goTo({ index, first }) {
      if (!total) return;
      top = within(layout, placeOf(layout, Math.max(0, first)).y);
      activate(Math.min(index, total - 1));
      grid.focus({ preventScroll: true });
    },

    clear: () => select([]),
    /** What is selected, else the marked file; nothing of an empty list. @returns {Range[]} */
    chosen: () => ranges.length ? ranges : total ? [[active, active]] : [],
    /** Marks the file behind the marked one. */
    goOn() {
      if (active + 1 < total) activate(active + 1);
    },
    /** @returns {Left} */
    place: () => leaving(layout, top, active),
  };
}
