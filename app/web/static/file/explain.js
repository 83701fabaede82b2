// The dialog that answers for every path of the page. It is loaded when it is first asked for.

import { showTrouble, tell } from "./account.js";
import { closable, openDialog } from "../lib/dialogs.js";
import { byId, setText } from "../lib/dom.js";
import { leaveEdit, prepareEdit } from "./edit.js";
import { fileName, readable } from "../lib/words.js";

/** @import { ApiError } from "../lib/api.js" */

/** @type {(path: string, refused: (error: ApiError) => void) => Promise<void>} */
export const ask = (path, refused) => tell(path, (found) => open(found, path), refused);

/** @type {(path: string, asked: string) => void} */
function open(path, asked) {
  setText(byId("explain-title"), readable(fileName(path) || path));
  openDialog(byId("explain-dialog"), ["file", asked], () => explain(asked));
  byId("explain-body").scrollTop = 0;
}

/** @param {string} path */
const askAnew = (path) =>
  ask(path, (error) => {
    showTrouble(path, error);
    open(path, path);
  });

/**
 * Tells what became of a path in the dialog; where that cannot be told, why.
 *
 * @param {string} path
 */
export function explain(path) {
  if (leaveEdit()) askAnew(path);
}

closable(byId("explain-dialog"), leaveEdit);
prepareEdit(askAnew);
