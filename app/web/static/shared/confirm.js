// One question with two answers, as a dialog.

import { byId, setText } from "../lib/dom.js";

/**
 * Resolves to true for `yes`; Escape, the backdrop and `no` are false. Focus starts on the safe answer.
 *
 * @param {{ title: string, text: string, yes: string, no: string }} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, no }) {
  const dialog = byId("confirm-dialog");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-yes"), yes);
  setText(byId("confirm-no"), no);
  return new Promise((resolve) => {
    const clicks = new AbortController();
    /** @param {Event} event */
    const end = (event) => {
      if (event.target === byId("confirm-yes")) dialog.close("yes");
      else if (event.target === byId("confirm-no") || event.target === dialog) dialog.close("no");
    };
    dialog.returnValue = "no";
    dialog.addEventListener("click", end, { signal: clicks.signal });
    dialog.addEventListener("close", () => {
      clicks.abort();
      resolve(dialog.returnValue === "yes");
    }, { once: true });
    dialog.showModal();
    byId("confirm-no").focus();
  });
}
