// What a list leaves out because it is hidden: the search that is asked in place of the one of the address.

import { veil } from "../shared/veil.js";
import { withTerm } from "./terms.js";

/** A search without the files that are hidden. @param {string} q */
export const withoutHidden = (q) => (veil() === "hide" ? withTerm(q, "nsfw:no") : q);
