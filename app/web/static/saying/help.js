// The dialog that names all keys of a page.

import { closable } from "../lib/dialogs.js";
import { byId } from "../lib/dom.js";

export const showKeys = () => {
  if (!byId("keys-dialog").open) byId("keys-dialog").showModal();
};

export function prepareKeys() {
  closable(byId("keys-dialog"));
  byId("keys-button").addEventListener("click", showKeys);
}
