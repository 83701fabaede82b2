// Choosing files in the list of the dialog, and the one button that does something with those chosen.

import { byId, make, setMessage, setText } from "../lib/dom.js";
import { number, readable } from "../lib/words.js";

/** @import { Choice } from "../lib/types.d.ts" */

const AT_MOST = 1000;

/** @type {Choice | null} */
let choice = null; // where nothing can be chosen

/** @returns {HTMLInputElement[]} */
const boxes = () => [...byId("files").querySelectorAll("input")].filter((box) => box.matches(".choose"));
const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);

/**
 * What can be done with chosen files of the list that opens now; null for nothing.
 *
 * @param {Choice | null} offered
 */
export function offerChoice(offered) {
  choice = offered;
  byId("files-choice").hidden = !choice;
  showChoice();
}

/**
 * The box of one file; none where nothing can be chosen.
 *
 * @param {string} path
 */
export function chooseBox(path) {
  return choice &&
    make("input", { type: "checkbox", class: "choose", value: path, "aria-label": `Choose ${readable(path)}` });
}

/** Says how many are chosen; called when the list or a box changes. */
export function showChoice() {
  if (!choice) return;
  const all = boxes().length;
  const files = chosen().length;
  byId("choose-all").checked = files > 0 && files === all;
  byId("choose-all").indeterminate = files > 0 && files < all;
  setText(byId("act-on-chosen"), files ? `${choice.label} (${number(files)})` : choice.label);
  byId("act-on-chosen").disabled = files === 0 || files > AT_MOST;
  setMessage(byId("choice-error"), files > AT_MOST ? `Choose at most ${number(AT_MOST)} files at a time.` : "");
}

export function prepareChoice() {
  byId("files").addEventListener("change", showChoice);
  byId("choose-all").addEventListener("change", () => {
    for (const box of boxes()) box.checked = byId("choose-all").checked;
    showChoice();
  });
  byId("act-on-chosen").addEventListener(
    "click",
    () => choice?.act(byId("act-on-chosen"), byId("choice-error"), chosen()),
  );
}
