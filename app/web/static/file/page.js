// The page of one file that the library has not: the same as the dialog over other pages.

import { showTrouble, tell } from "./account.js";
import { prepareEdit } from "./edit.js";
import { byId } from "../lib/dom.js";
import { leadOn } from "./leading.js";

const path = byId("file-page").dataset.path ?? "";
/** @param {string} of */
const draw = (of) => tell(of, () => {}, (error) => showTrouble(of, error));

prepareEdit(draw);
leadOn(() => path);
draw(path);
