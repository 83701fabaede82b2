// What a person can do with the session on show: pause, resume, cancel. One move at a time.

import * as api from "./api.js";
import { ask } from "./confirm.js";
import { byId } from "./dom.js";
import { pauseAsked, showActionError } from "./progress.js";

let handlers = null; // { current(), took(status) }
let moving = false;

/** Runs one move of the session on show, and shows the status that it leads to. */
async function act(button, move) {
  if (moving) return;
  const id = handlers.current().session_id;
  moving = true;
  showActionError(null);
  button.classList.add("moving"); // not disabled, which would take the focus away
  try {
    await move(id);
    const status = await api.status(id);
    if (move === api.pause) pauseAsked(id);
    if (handlers.current()?.session_id === id) handlers.took(status);
  } catch (error) {
    showActionError(error);
  } finally {
    button.classList.remove("moving");
    moving = false;
  }
}

async function resume() {
  const { attention, status } = handlers.current();
  const asks = status === "attention" && attention?.needs_confirm;
  if (asks && !(await ask({ title: "Resume?", text: attention.sentence, yes: "Yes, resume", no: "Not yet" }))) return;
  act(byId("resume"), (id) => api.resume(id, Boolean(asks)));
}

async function cancel() {
  const yes = await ask({ title: "Cancel?", text: "What is committed stays.", yes: "Cancel the session", no: "Go on" });
  if (yes) act(byId("cancel"), api.cancel);
}

/** `current()` is the newest status of the session on show, `took(status)` gets the one after a move. */
export function prepareActions(callbacks) {
  handlers = callbacks;
  byId("pause").addEventListener("click", () => {
    if (byId("pause").getAttribute("aria-disabled") !== "true") act(byId("pause"), api.pause);
  });
  byId("resume").addEventListener("click", resume);
  byId("cancel").addEventListener("click", cancel);
}
