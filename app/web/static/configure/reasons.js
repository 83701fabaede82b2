// Why files that did not change are read again: what this version reads otherwise. Loaded when there are any.

import { make } from "../lib/dom.js";
import { number } from "../lib/words.js";

/** @import { Plan } from "../lib/types.d.ts" */

/** @type {(element: HTMLElement, reasons: Plan["read_again"]) => void} */
export function tellReasons(element, reasons) {
  const entries = Object.entries(reasons);
  const files = entries.reduce((sum, [, value]) => sum + value, 0);
  const told = "in the library already and read again, for this version reads more of";
  element.replaceChildren(
    make("p", { class: "plan-hint" }, files === 1 ? `One is ${told} it:` : `${number(files)} are ${told} them:`),
    make(
      "ul",
      { class: "plan-hint plan-reasons" },
      ...entries.map(([why, value]) => make("li", {}, `${number(value)} because ${why}`)),
    ),
  );
}
