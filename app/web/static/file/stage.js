// The stage that a picture stands on: it is zoomed by wheel, pinch, double click and buttons, and moved by dragging.

import { byId, setText } from "../lib/dom.js";
import { placeBoxes, switchBoxes } from "./boxes.js";
import { bounded, fitScale, scaledAt, sensible } from "./zoom.js";

/** @import { Placed } from "../lib/types.d.ts" */
/** @typedef {{ x: number, y: number }} Point */

const STEP = 1.25; // of a key or a button
const WHEEL = 0.0015; // of the logarithm of the scale, for each pixel that the wheel says
const SWIPE_PX = 60;

/**
 * Prepares it. `swiped` is called with 1 or -1 when a finger wiped over a picture that is wholly seen.
 *
 * @param {{ swiped: (step: 1 | -1) => void }} listeners
 */
export function prepareStage({ swiped }) {
  const stage = byId("viewer-stage");
  const picture = byId("viewer-picture");
  /** @type {Placed} */
  let placed = { scale: 1, x: 0, y: 0 };
  let fits = true; // as large as there is room, whatever the window becomes
  /** @type {Map<number, Point>} */
  const pointers = new Map();
  /** @type {{ point: Point, moved: boolean } | null} */
  let pressed = null;

  const room = () => ({ width: stage.clientWidth, height: stage.clientHeight });
  const size = () => ({ width: picture.naturalWidth || 1, height: picture.naturalHeight || 1 });
  const full = () => 1 / devicePixelRatio; // a pixel of the picture is one of the screen
  const middle = () => ({ x: stage.clientWidth / 2, y: stage.clientHeight / 2 });
  const isPicture = () => !picture.hidden && picture.naturalWidth > 0 && byId("viewer-veil").hidden; // large, a veil is thin

  function draw() {
    if (fits) placed = { scale: fitScale(room(), size()), x: 0, y: 0 };
    placed = bounded(placed, room(), size());
    picture.style.transform = `translate(${placed.x}px, ${placed.y}px) scale(${placed.scale})`;
    const { width, height } = size();
    const seen = isPicture() ? new DOMRect(placed.x, placed.y, width * placed.scale, height * placed.scale) : null;
    placeBoxes(seen);
    picture.classList.toggle("sharp", placed.scale / full() >= 4);
    stage.classList.toggle("zoomed", !fits);
    setText(byId("zoom-level"), isPicture() ? `${Math.round((placed.scale / full()) * 100)} %` : "");
    byId("viewer-zoom").hidden = !isPicture();
    byId("zoom-fit").ariaPressed = String(isPicture() && fits);
  }

  /** @type {(scale: number, point?: Point) => void} */
  function scaleTo(scale, point = middle()) {
    if (!isPicture()) return;
    const fit = fitScale(room(), size());
    const wanted = sensible(scale, fit, full());
    fits = wanted <= fit && scale < placed.scale;
    placed = scaledAt(placed, wanted, point);
    draw();
  }

  /** @param {number} factor */
  const zoom = (factor) => scaleTo(placed.scale * factor);
  const fit = () => {
    fits = true;
    draw();
  };
  /** @param {Point} [point] */
  const fullSize = (point) => scaleTo(full(), point);
  /** @type {(x: number, y: number) => void} */
  const move = (x, y) => {
    if (fits) return;
    placed = { ...placed, x: placed.x + x, y: placed.y + y };
    draw();
  };

  /** @param {MouseEvent} event */
  function pointOf(event) {
    const { left, top } = stage.getBoundingClientRect();
    return { x: event.clientX - left - stage.clientLeft, y: event.clientY - top - stage.clientTop };
  }

  stage.addEventListener("wheel", (event) => {
    if (!isPicture()) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 32 : event.deltaY;
    const quick = event.ctrlKey ? 6 : 1; // two fingers on a pad come as small steps of a wheel with Ctrl
    scaleTo(placed.scale * Math.exp(-pixels * WHEEL * quick), pointOf(event));
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    if (isPicture()) fits ? fullSize(pointOf(event)) : fit();
  });
  stage.addEventListener("pointerdown", (event) => {
    const { target } = event;
    const isOnIt = target === picture || target === stage ||
      byId("viewer-boxes").contains(/** @type {Node} */ (target));
    if (!isPicture() || event.button !== 0 || !isOnIt) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pointOf(event));
    pressed = pointers.size === 1 ? { point: pointOf(event), moved: false } : null;
  });
  stage.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = pointOf(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const between = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      scaleTo(placed.scale * (distance(now, other) / (distance(before, other) || 1)), between);
    } else move(now.x - before.x, now.y - before.y);
    pointers.set(event.pointerId, now);
  });
  stage.addEventListener("pointerup", (event) => {
    if (pressed && fits && event.pointerType === "touch") {
      const [x, y] = [pointOf(event).x - pressed.point.x, pointOf(event).y - pressed.point.y];
      if (Math.abs(x) > SWIPE_PX && Math.abs(x) > 2 * Math.abs(y)) swiped(x < 0 ? 1 : -1);
    }
    pointers.delete(event.pointerId);
    pressed = null;
  });
  stage.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  picture.addEventListener("load", fit);
  new ResizeObserver(draw).observe(stage);
  byId("zoom-in").addEventListener("click", () => zoom(STEP));
  byId("zoom-out").addEventListener("click", () => zoom(1 / STEP));
  byId("zoom-fit").addEventListener("click", fit);
  byId("zoom-full").addEventListener("click", () => fullSize());

  function regions() {
    switchBoxes();
    draw();
  }
  byId("viewer-regions").addEventListener("click", regions);

  /** What a key does to the picture; whether it does anything. @param {KeyboardEvent} event */
  function pressedKey({ key, shiftKey }) {
    const by = Math.round(stage.clientWidth / 8);
    /** @type {Record<string, () => void>} */
    const does = shiftKey
      ? {
        ArrowLeft: () => move(by, 0),
        ArrowRight: () => move(-by, 0),
        ArrowUp: () => move(0, by),
        ArrowDown: () => move(0, -by),
      }
      : {};
    const always = {
      "+": () => zoom(STEP),
      "=": () => zoom(STEP),
      "-": () => zoom(1 / STEP),
      f: fit,
      z: fullSize,
      r: regions,
    };
    const act = { ...always, ...does }[key.length === 1 ? key.toLowerCase() : key];
    act?.();
    return act !== undefined;
  }

  return { key: pressedKey, redraw: draw };
}

/** @type {(one: Point, other: Point) => number} */
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);
