// The page of one file: the same as the dialog over other pages. Other files and sessions are pages of their own.

import { showTrouble, tell } from "./account.js";
import { prepareEdit } from "./edit.js";
import { around, byId } from "../lib/dom.js";

/** @param {string} path */
const draw = (path) => tell(path, () => {}, (error) => showTrouble(path, error));

prepareEdit(draw);
document.addEventListener("click", (event) => {
  const { explain: path, session: id } = around(event, "[data-explain], [data-session]")?.dataset ?? {};
  if (path !== undefined && path !== byId("file-page").dataset.path) {
    location.assign(`/file?${new URLSearchParams({ path })}`);
  } else if (id) location.assign(`/sessions/${id}`);
});
draw(byId("file-page").dataset.path ?? "");
