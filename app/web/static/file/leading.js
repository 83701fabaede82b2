// Where the page of a file leads: other files and sessions are pages of their own.

import { around } from "../lib/dom.js";

/** @param {() => string} shown the path of the file that is shown */
export function leadOn(shown) {
  document.addEventListener("click", (event) => {
    const { explain: path, session: id } = around(event, "[data-explain], [data-session]")?.dataset ?? {};
    if (path !== undefined && path !== shown()) location.assign(`/file?${new URLSearchParams({ path })}`);
    else if (id) location.assign(`/sessions/${id}`);
  });
}
