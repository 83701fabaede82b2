// What can be done with a session of the history: run it again, undo it, forget it. The list itself is the server's.

import * as api from "../lib/api.js";
import { around, byId, setMessage } from "../lib/dom.js";
import { act, offerActions, showLocalTimes } from "../shared/acting.js";
import { ask } from "../shared/confirm.js";
import { undoSession } from "../shared/undo.js";

/** @import { Parameters } from "../lib/types.d.ts" */

/** @param {HTMLElement} item */
async function runAgain(item) {
  /** @type {Parameters} */
  const parameters = JSON.parse(item.dataset.parameters ?? "{}");
  const { retry_of: of, retry_cause: cause } = parameters;
  const begun = of ? await api.retry(of, cause ? { cause } : {}) : await api.start(parameters);
  location.assign(`/sessions/${begun.session_id}`);
}

/** @param {HTMLElement} item */
async function undo(item) {
  const said = await undoSession(item.dataset.sessionId ?? "");
  if (said) say(said);
}

/** @param {HTMLElement} item */
async function forget(item) {
  const yes = await ask({
    title: "Forget this session?",
    text: "Its record is removed from the list. The media it took in stay in the library.",
    yes: "Forget it",
    no: "Keep it",
  });
  if (!yes) return;
  await api.forget(item.dataset.sessionId ?? "");
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  say("Forgotten. What it took in stays in the library.");
  const link = next?.querySelector("a");
  if (link) link.focus();
  else location.reload();
}

/** @param {string} sentence */
function say(sentence) {
  setMessage(byId("activity-note"), sentence);
  byId("activity-note").scrollIntoView({ block: "nearest" });
}

/** @type {Record<string, (item: HTMLElement) => Promise<void>>} */
const ACTIONS = { again: runAgain, undo, forget };

document.addEventListener("click", (event) => {
  const button = around(event, "[data-act]");
  const item = around(event, "[data-session-id]");
  const work = ACTIONS[button?.dataset.act ?? ""];
  if (button && item && work) act(button, () => work(item));
});
offerActions();
showLocalTimes();
