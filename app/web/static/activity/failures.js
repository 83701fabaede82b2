// What a person does about failures: try them again, or say what of them. The lists themselves are the server's.

import * as api from "../lib/api.js";
import { around, byId, setText } from "../lib/dom.js";
import { count } from "../lib/words.js";
import { act, offerActions, showLocalTimes } from "../shared/acting.js";
import { ask } from "../shared/confirm.js";

/** @import { FailureState, Narrowed } from "../lib/types.d.ts" */

/** @type {HTMLInputElement[]} */
const boxes = [...document.querySelectorAll(".failed-files input")].filter((box) => box instanceof HTMLInputElement);
const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);

/** @param {Narrowed} narrowed */
async function retry(narrowed) {
  const { session_id: id } = await api.retry("all", narrowed);
  location.assign(`/sessions/${id}`);
}

/**
 * What the button of a cause does, for all of its files.
 *
 * @type {(item: HTMLElement, what: string) => Promise<void>}
 */
async function actOnCause({ dataset }, what) {
  const cause = dataset.cause ?? "";
  if (what === "retry") return await retry({ cause });
  const files = Number(dataset.files);
  if (what === "ignored" && files > 1 && !(await sure(files))) return;
  const root = dataset.root ? { root: dataset.root } : {};
  const state = /** @type {FailureState} */ (what);
  await api.sayOfFailures({ cause, state, from_state: /** @type {FailureState} */ (dataset.state), ...root });
  location.reload();
}

/** @param {number} files */
const sure = (files) =>
  ask({
    title: `Ignore ${count(files, "file")}?`,
    text: "No session looks at them again until they change. You find them under Ignored.",
    yes: "Ignore them",
    no: "Leave them open",
  });

/** @param {string} what */
async function actOnChosen(what) {
  const paths = chosen();
  if (what === "retry") return await retry({ paths });
  await api.sayOfFailures({ paths, state: /** @type {FailureState} */ (what) });
  location.reload();
}

function showChosen() {
  const files = chosen().length;
  byId("failed-chosen").hidden = !files;
  setText(byId("failed-count"), files ? `${count(files, "file")} chosen` : "");
  byId("failed-choose-all").checked = files === boxes.length;
  byId("failed-choose-all").indeterminate = files > 0 && files < boxes.length;
}

document.addEventListener("click", (event) => {
  const button = around(event, "[data-act], [data-chosen]");
  const item = around(event, "[data-cause]");
  const { act: what, chosen: whatOfChosen } = button?.dataset ?? {};
  if (button && whatOfChosen) act(button, () => actOnChosen(whatOfChosen));
  else if (button && item && what) act(button, () => actOnCause(item, what));
});
if (boxes.length) {
  byId("failed-all").hidden = false;
  byId("failed-choose-all").addEventListener("change", () => {
    for (const box of boxes) box.checked = byId("failed-choose-all").checked;
    showChosen();
  });
  for (const box of boxes) box.addEventListener("change", showChosen);
  showChosen(); // a browser that comes back remembers what was chosen
}
offerActions();
showLocalTimes();
