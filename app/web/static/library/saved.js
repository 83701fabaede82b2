// Searches that people keep on the server under a name.

import { refusal } from "../lib/api.js";
import { byId, make, setMessage } from "../lib/dom.js";
import * as api from "./requests.js";

/** @import { SavedSearch, SearchView } from "../lib/types.d.ts" */

/**
 * @typedef {object} Page
 * @property {() => SearchView} shown the search that is shown
 * @property {(search: SearchView) => void} choose shows another one
 * @property {(search: SearchView) => string} addressOf
 */

/** @param {Page} page */
export function prepareSaved({ shown, choose, addressOf }) {
  /** @param {SavedSearch} saved */
  function row({ name, q, sort, order }) {
    const search = { q, sort, order };
    const open = (/** @type {Event} */ event) => {
      if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return; // in another tab
      event.preventDefault();
      byId("saved").hidePopover();
      choose(search);
    };
    const remove = () => change(() => api.deleteSearch(name));
    return make(
      "li",
      {},
      make("a", { href: addressOf(search), onclick: open }, name),
      make("code", { class: "quiet" }, q || "everything"),
      make(
        "button",
        { type: "button", class: "quiet-button", "aria-label": `Delete ${name}`, onclick: remove },
        "Delete",
      ),
    );
  }

  async function show() {
    const { searches } = await api.savedSearches();
    byId("saved-list").replaceChildren(...searches.map(row));
    byId("saved-none").hidden = searches.length > 0;
  }

  /** Does something, and shows what there is then; or why it cannot be done. @param {() => Promise<unknown>} work */
  async function change(work) {
    try {
      await work();
      await show();
      setMessage(byId("saved-error"), "");
      return true;
    } catch (error) {
      const { message, cause } = refusal(error);
      setMessage(byId("saved-error"), message, cause);
      return false;
    }
  }

  byId("saved").addEventListener("toggle", (event) => {
    if (event.newState === "open") change(async () => {});
  });
  byId("saved-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await change(() => api.saveSearch(byId("saved-name").value, shown()))) byId("saved-name").value = "";
  });
}
