// The field that asks what became of a file, and the paths of the page that ask the same. What answers is loaded then.

import { around, byId, setMessage } from "../lib/dom.js";
import { unheard } from "../lib/presence.js";

const answering = () => import("./explain.js");

/** Opens the dialog that answers for a path. @param {string} path */
export const explainPath = (path) => answering().then(({ explain }) => explain(path), unheard);

export function prepareAsking() {
  const field = byId("explain-path");
  /** @param {{ message: string, cause?: string }} error */
  const refuse = ({ message, cause }) => {
    field.setAttribute("aria-invalid", "true");
    setMessage(byId("explain-error"), message, cause);
  };
  const accept = () => {
    field.removeAttribute("aria-invalid");
    setMessage(byId("explain-error"), "");
  };
  field.addEventListener("input", accept);
  byId("explain").addEventListener("submit", (event) => {
    event.preventDefault();
    accept();
    answering().then(({ ask }) => ask(field.value, refuse), unheard);
  });
  document.addEventListener("click", (event) => {
    const path = around(event, "[data-explain]")?.dataset.explain;
    if (path !== undefined) explainPath(path);
  });
}
