// What becomes of pictures that count as NSFW, or of which nobody knows: they are shown, blurred or hidden. This is the one
// setting of all pages and tabs of a browser, and the one rule; CSS draws what it says (veil.css).

import * as api from "../lib/api.js";
import { around } from "../lib/dom.js";
import { NSFW_KEY, savedNsfw, saveNsfw } from "../lib/storage.js";
import { fileName, readable } from "../lib/words.js";

/** @import { Veil } from "../lib/types.d.ts" */

let chosen = savedNsfw(); // null while nobody chose
/** @type {number | null} */
let checked = null; // files of the library with a probability; null while it is not known
let asked = false;
/** @type {Set<() => void>} */
const listeners = new Set();

/**
 * What becomes of pictures that are not known to be no NSFW. Where nobody chose, they are blurred, unless no file was ever
 * checked: everything would be.
 *
 * @type {(chosen: Veil | null, checked: number | null) => Veil}
 */
export const veilFor = (chosen, checked) => chosen ?? (checked === 0 ? "show" : "blur");

/** What becomes of such pictures now. */
export const veil = () => veilFor(chosen, checked);

/** Calls back whenever `veil()` is another one. @param {() => void} changed */
export function onVeil(changed) {
  listeners.add(changed);
}

/** Chooses what becomes of such pictures, on all pages. @param {Veil} choice */
export function chooseVeil(choice) {
  saveNsfw(choice);
  change(choice, checked);
}

/** Tells how many files of the library have a probability, from an answer that says so. @param {number} files */
export function knowChecked(files) {
  change(chosen, files);
}

/**
 * Marks the element around a picture with whether its file counts as NSFW, null where nobody knows; undefined for no file.
 *
 * @type {(element: HTMLElement, nsfw: boolean | null | undefined) => void}
 */
export function mark(element, nsfw) {
  if (nsfw === false || nsfw === undefined) delete element.dataset.nsfw;
  else element.dataset.nsfw = nsfw ? "yes" : "unknown";
  if (nsfw === null && chosen === null && checked === null && !asked) ask();
}

/**
 * Marks the small picture of a file in a list, where it is reached with the keyboard while it is veiled.
 *
 * @type {(element: HTMLElement, file: { path: string, is_nsfw?: boolean | null | undefined }) => void}
 */
export function markAlone(element, { path, is_nsfw: nsfw = null }) {
  mark(element, nsfw);
  if (nsfw === false) return;
  element.dataset.name = readable(fileName(path));
  describe(element);
}

/** Says what a veiled picture is, and lets it have the focus, which lifts a blur. @param {HTMLElement} element */
function describe(element) {
  const why = element.dataset.nsfw === "yes" ? "as NSFW" : "as it was not checked for NSFW";
  const said = {
    show: null,
    blur: `${element.dataset.name}: blurred ${why}, shown while focused`,
    hide: `${element.dataset.name}: hidden ${why}`,
  }[veil()];
  const told = { role: said && "img", "aria-label": said, tabindex: veil() === "blur" ? "0" : null };
  for (const [name, value] of Object.entries(told)) {
    if (value) element.setAttribute(name, value);
    else element.removeAttribute(name);
  }
}

/** Asks whether anything was ever checked, once, where no other answer of the page says it. */
async function ask() {
  asked = true;
  const spread = await api.nsfwSpread().catch(() => null);
  if (spread && checked === null) knowChecked(spread.checked);
}

/** @type {(choice: Veil | null, files: number | null) => void} */
function change(choice, files) {
  const before = veil();
  [chosen, checked] = [choice, files];
  if (before === veil()) return;
  draw();
  for (const changed of listeners) changed();
}

function draw() {
  document.documentElement.dataset.veil = veil();
  for (const select of document.querySelectorAll("select.veil-switch")) {
    if (select instanceof HTMLSelectElement) select.value = veil();
  }
  /** @type {NodeListOf<HTMLElement>} */
  const alone = document.querySelectorAll("[data-nsfw][data-name]");
  alone.forEach(describe);
}

/** What another tab chose, or this one before it was left. */
const changeToSaved = () => change(savedNsfw(), checked);

document.addEventListener("change", (event) => {
  const select = around(event, "select.veil-switch");
  if (!(select instanceof HTMLSelectElement)) return;
  chooseVeil(/** @type {Veil} */ (select.value));
});
addEventListener("storage", ({ key }) => {
  if (key === NSFW_KEY || key === null) changeToSaved();
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) changeToSaved(); // nothing told it while it rested in the browser's cache
});
draw();
