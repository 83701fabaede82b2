// Where a picture stands on its stage, and how large: pure functions over lengths in CSS pixels. Knows no elements.

/** @import { Extent, Placed } from "../lib/types.d.ts" */

export const MOST = 16; // CSS pixels that a pixel of the picture may take

/**
 * The scale at which the whole picture is seen; a small one is not enlarged.
 *
 * @type {(stage: Extent, picture: Extent) => number}
 */
export const fitScale = (stage, picture) => Math.min(1, stage.width / picture.width, stage.height / picture.height);

/**
 * The scale next to one that is asked for which makes sense: not smaller than all of it, unless that is more than `full`.
 *
 * @type {(scale: number, fit: number, full: number) => number}
 */
export const sensible = (scale, fit, full) => Math.min(MOST, Math.max(Math.min(fit, full), scale));

/**
 * The place nearest to one that is asked for: in the middle where there is room, else without a gap at an edge.
 *
 * @type {(placed: Placed, stage: Extent, picture: Extent) => Placed}
 */
export function bounded({ scale, x, y }, stage, picture) {
  return {
    scale,
    x: along(x, stage.width, picture.width * scale),
    y: along(y, stage.height, picture.height * scale),
  };
}

/** @type {(at: number, room: number, length: number) => number} */
const along = (at, room, length) => (length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, at)));

/**
 * At another scale, with what is under a point of the stage staying there.
 *
 * @type {(placed: Placed, scale: number, point: { x: number, y: number }) => Placed}
 */
export function scaledAt(placed, scale, point) {
  const ratio = scale / placed.scale;
  return { scale, x: point.x - (point.x - placed.x) * ratio, y: point.y - (point.y - placed.y) * ratio };
}
