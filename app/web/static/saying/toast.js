// One quiet line that tells what was just done, with a way to undo it; it goes by itself.

import { byId, setText } from "../lib/dom.js";

const STAYS_MS = 8_000;
const SLOW_MS = 700; // then a person wonders

/** @import { OwnStep } from "../lib/types.d.ts" */

let leaving = 0;
let slow = 0;
/** @type {number | OwnStep | null} */
let undo = null;

/**
 * Tells something, to screen readers, too. With the id of an edit, or a step of the page, it can be undone from there; `bad` is a
 * refusal.
 *
 * @type {(sentence: string, how?: { undo?: number | OwnStep | null, bad?: boolean }) => void}
 */
export function tell(sentence, how = {}) {
  show(sentence, how);
  wait();
}

/** Says that it is being done, where nothing is told for a while: with many files it takes many seconds. */
export function tellSlow() {
  clearTimeout(slow);
  slow = setTimeout(() => show("Saving… With many files this takes a while.", {}), SLOW_MS);
}

/** @type {typeof tell} */
function show(sentence, how = {}) {
  clearTimeout(slow);
  clearTimeout(leaving);
  undo = how.undo ?? null;
  byId("toast").dataset.tone = how.bad ? "bad" : "plain";
  byId("toast").classList.add("told");
  setText(byId("toast-text"), sentence);
  byId("toast-undo").hidden = undo === null;
}

function wait() {
  clearTimeout(leaving);
  leaving = setTimeout(() => byId("toast").matches(":hover, :focus-within") ? wait() : leave(), STAYS_MS);
}

function leave() {
  byId("toast").classList.remove("told");
  setText(byId("toast-text"), "");
  byId("toast-undo").hidden = true;
}

/** @param {(what: number | OwnStep) => void} undoing called with what is to be undone */
export function prepareToast(undoing) {
  byId("toast-undo").addEventListener("click", () => {
    if (undo === null) return;
    const what = undo;
    undo = null; // once
    const stage = document.querySelector("#grid, #viewer-stage, #groups > [tabindex='0']"); // where the keys are
    if (stage instanceof HTMLElement) stage.focus();
    undoing(what);
  });
}
