// A server that does not answer: says so, and lets the buttons that need it rest, with the reason, until it answers.

import { byId, clearOutage, setMessage } from "../lib/dom.js";
import { isGone, onPresence } from "../lib/presence.js";

const SENTENCE = "The server does not answer. Nothing committed is lost; reconnecting…";

/**
 * Buttons marked `data-acts` change something on the server.
 *
 * @type {(button: HTMLElement, resting: boolean) => void}
 */
function rest(button, resting) {
  const { describedBy } = button.dataset;
  if (resting) {
    button.dataset.describedBy = button.getAttribute("aria-describedby") ?? "";
    button.setAttribute("aria-disabled", "true"); // not disabled, which would take the focus away
    button.setAttribute("aria-describedby", "server-banner");
    button.title = SENTENCE;
  } else if (describedBy !== undefined) {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("title");
    if (describedBy) button.setAttribute("aria-describedby", describedBy);
    else button.removeAttribute("aria-describedby");
    delete button.dataset.describedBy;
  }
}

/**
 * `changed()` is called when the server is gone and when it is back.
 *
 * @param {{ changed: (gone: boolean) => void }} callbacks
 */
export function prepareAbsence({ changed }) {
  onPresence((gone) => {
    setMessage(byId("server-banner"), gone ? SENTENCE : "");
    if (!gone) clearOutage();
    /** @type {NodeListOf<HTMLElement>} */
    const buttons = document.querySelectorAll("[data-acts]");
    for (const button of buttons) rest(button, gone);
    changed(gone);
  });
  document.addEventListener("click", (event) => {
    if (!isGone() || !(event.target instanceof Element) || !event.target.closest("[data-acts]")) return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
}
