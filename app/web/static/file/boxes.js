// The things in a picture, drawn over it with their names. Where the picture stands, the stage says.

import { byId, make } from "../lib/dom.js";
import { readable } from "../lib/words.js";
import { sure, told } from "./things.js";

/** @import { LibraryFile, Thing } from "../lib/types.d.ts" */

/** @type {(thing: Thing) => HTMLLIElement} */
function box(thing) {
  const { label, kind, confidence, x, y, w, h } = thing;
  const named = readable(label);
  const name = make("span", { title: `${named} (${told(thing)})` }, `${named} ${sure(confidence)}`.trim());
  const item = make("li", { class: w || h ? null : "point" }, name);
  name.classList.toggle("leftward", x - w / 2 > 0.5); // there is more room than to the right
  item.dataset.kind = kind;
  Object.assign(item.style, {
    left: `${(x - w / 2) * 100}%`,
    top: `${(y - h / 2) * 100}%`,
    width: `${w * 100}%`,
    height: `${h * 100}%`,
  });
  return item;
}

/** Draws those of a file; none of one that is not known, and of a film. @param {LibraryFile | null} known */
export function showBoxes(known) {
  const things = known?.kind === "image" ? known.things : [];
  byId("viewer-boxes").replaceChildren(...things.map(box));
  byId("viewer-regions").hidden = !things.length;
}

/** Lays them over the picture; null where there is none to be seen. @param {DOMRect | null} picture relative to the stage */
export function placeBoxes(picture) {
  const boxes = byId("viewer-boxes");
  boxes.hidden = !picture || !isOn() || !boxes.childElementCount;
  if (!picture) return;
  const { x, y, width, height } = picture;
  Object.assign(boxes.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
}

const isOn = () => byId("viewer-regions").ariaPressed === "true";

/** Shows them, or leaves them out. */
export function switchBoxes() {
  const button = byId("viewer-regions");
  if (!button.hidden) button.ariaPressed = String(!isOn());
}
