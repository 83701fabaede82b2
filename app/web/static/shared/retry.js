// Trying failed files again: the call behind every such button, and the line that says that a session is one.

import * as api from "../lib/api.js";
import { make, setMessage } from "../lib/dom.js";
import { causeLabel, number } from "../lib/words.js";

/** @import { Narrowed, Parameters } from "../lib/types.d.ts" */

/** @type {(id: string) => void | Promise<void>} */
let started = () => {}; // of the session that a retry is

/**
 * Tries failed files of a session again, all of them or those that are named; a refusal is said in `message`.
 *
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} message
 * @param {string} sessionId
 * @param {Narrowed} narrowed
 */
export async function retry(button, message, sessionId, narrowed = {}) {
  if (button.classList.contains("moving")) return;
  setMessage(message, "");
  button.classList.add("moving"); // not disabled, which would take the focus away
  try {
    const { session_id: id } = await api.retry(sessionId, narrowed);
    await started(id);
  } catch (error) {
    const { message: sentence, cause } = api.refusal(error);
    setMessage(message, sentence, cause);
  } finally {
    button.classList.remove("moving");
  }
}

/**
 * Which failed files a session tries again, and the way to the one they failed in; nothing for any other session.
 *
 * @param {HTMLElement} element
 * @param {Parameters} parameters
 */
export function showRetryOf(element, parameters) {
  const { retry_of: of } = parameters;
  const said = of ? which(parameters) : "";
  element.hidden = !of;
  if (element.dataset.said === `${of} ${said}`) return; // drawn anew, its button would lose the focus
  element.dataset.said = `${of} ${said}`;
  element.replaceChildren(
    ...(of
      ? [`${said} `, make("button", { type: "button", class: "quiet-button", "data-session": of }, "Show that session")]
      : []),
  );
}

/** @param {Parameters} parameters */
function which({ retry_cause: cause, retry_chosen: chosen }) {
  const files = chosen ? "chosen files that failed" : "the files that failed";
  return `A retry of ${files} in an earlier session${cause ? ` (${causeLabel(cause)})` : ""}.`;
}

/**
 * "Retry all 12", "Retry it" where it is the only one.
 *
 * @param {number} files
 */
export const retryAllLabel = (files) => (files === 1 ? "Retry it" : `Retry all ${number(files)}`);

/**
 * `begun(id)` gets the session that a retry started.
 *
 * @param {{ begun: (id: string) => void | Promise<void> }} callbacks
 */
export function prepareRetry({ begun }) {
  started = begun;
}
