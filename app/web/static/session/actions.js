// What a person can do with the session on show: pause, resume, cancel, say that files are gone.

import * as api from "../lib/api.js";
import { ask } from "../shared/confirm.js";
import { byId } from "../lib/dom.js";
import { openFiles } from "../shared/files.js";
import { pauseAsked, showActionError } from "./state.js";
import { isRunning } from "../lib/words.js";

/** @import { Session } from "../lib/types.d.ts" */

/**
 * `current()` is the newest status of the session on show, `took(status)` gets the one after a move.
 *
 * @typedef {{ current: () => Session | null, took: (status: Session) => void }} Handlers
 */

/** @type {Handlers} */
let handlers = { current: () => null, took: () => {} };

/**
 * Runs one move of the session on show, and shows the status that it leads to.
 *
 * @param {HTMLButtonElement} button
 * @param {(id: string) => Promise<Session>} move
 */
async function act(button, move) {
  if (button.classList.contains("moving")) return;
  const id = handlers.current()?.session_id;
  if (id === undefined) return;
  showActionError(null);
  button.classList.add("moving"); // not disabled, which would take the focus away
  try {
    const answer = await move(id);
    if (move === api.pause && isRunning(answer)) pauseAsked(id);
    const shown = handlers.current();
    const status = await api.status(id);
    // Else the stream was quicker, and is newer.
    if (shown?.session_id === id && handlers.current() === shown) handlers.took(status);
  } catch (error) {
    showActionError(api.refusal(error));
  } finally {
    button.classList.remove("moving");
  }
}

async function markMissing() {
  const yes = await ask({
    title: "Mark them missing?",
    text: "The library keeps all it knows of these files. They are found again when they come back.",
    yes: "Mark them missing",
    no: "Not yet",
  });
  if (yes) act(byId("mark-missing"), (id) => api.resume(id, true));
}

/** The files that attention asks about, before somebody says that they are gone. */
function showGone() {
  const id = handlers.current()?.session_id;
  if (id === undefined) return;
  openFiles({
    title: "Not on disk now",
    list: "gone",
    note: "The library holds these files, and the disk has not. Nothing is marked missing yet.",
    load: (cursor) => api.gone(id, cursor),
  });
}

async function cancel() {
  const yes = await ask({ title: "Cancel?", text: "What is committed stays.", yes: "Cancel the session", no: "Go on" });
  if (yes) act(byId("cancel"), api.cancel);
}

/** @param {Handlers} callbacks */
export function prepareActions(callbacks) {
  handlers = callbacks;
  byId("pause").addEventListener("click", () => {
    if (byId("pause").getAttribute("aria-disabled") !== "true") act(byId("pause"), api.pause);
  });
  byId("resume").addEventListener("click", () => act(byId("resume"), (id) => api.resume(id, false)));
  byId("show-gone").dataset.list = "gone";
  byId("show-gone").addEventListener("click", showGone);
  byId("mark-missing").addEventListener("click", markMissing);
  byId("cancel").addEventListener("click", cancel);
}
