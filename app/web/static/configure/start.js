// The Start button: begins a session with the form as it stands, and says beside the field at fault why it cannot.

import * as api from "../lib/api.js";
import { byId, setMessage } from "../lib/dom.js";
import { checkNumbers, readParameters, showError } from "./form.js";
import { isWorthStarting } from "./plan.js";

/** @type {(id: string) => void | Promise<void>} */
let opened = () => {}; // of the session that began, or of the same one that is active already

async function start() {
  if (!checkNumbers()) return;
  const button = byId("start");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    if (!await isWorthStarting()) return;
    const { session_id: id } = await api.start(readParameters());
    await opened(id);
  } catch (caught) {
    const error = api.refusal(caught);
    if (error.sessionId) await opened(error.sessionId);
    else if (error.status === 503) setMessage(byId("database-banner"), error.message);
    else showError(error);
    button.disabled = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/**
 * `begun(id)` shows the session.
 *
 * @param {{ begun: (id: string) => void | Promise<void> }} callbacks
 */
export function prepareStart({ begun }) {
  opened = begun;
  byId("start").addEventListener("click", start);
}
