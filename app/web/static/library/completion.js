// Completion of the search box: fields, and the values that the library has, as the server knows them.

import { around, byId, make } from "../lib/dom.js";
import { number } from "../lib/words.js";
import * as api from "./requests.js";

/** @import { Completions } from "../lib/types.d.ts" */

const TYPING_MS = 120;

/**
 * Prepares it. `submit` is called with a search that a person sends by Enter while nothing is chosen.
 *
 * @param {(q: string) => void} submit
 */
export function prepareCompletion(submit) {
  const [input, list] = [byId("q"), byId("q-choices")];
  /** @type {Completions | null} */
  let shown = null;
  let chosen = -1;
  let typing = 0;
  /** @type {AbortController | null} */
  let asking = null;

  async function ask() {
    forget();
    const { signal } = (asking = new AbortController());
    const at = [...input.value.slice(0, input.selectionStart ?? input.value.length)].length; // in characters
    if (!input.value.trim()) return close();
    try {
      const completions = await api.completions(input.value, at, { signal });
      if (!signal.aborted) show(completions);
    } catch {
      if (!signal.aborted) close(); // without completion a search can be typed, too
    }
  }

  /** What is asked, or soon would be, is not wanted any more. */
  function forget() {
    clearTimeout(typing);
    asking?.abort();
  }

  /** @param {Completions} completions */
  function show(completions) {
    if (document.activeElement !== input || !completions.values.length) return close();
    shown = completions;
    chosen = -1;
    list.replaceChildren(...completions.values.map(({ text, files }, index) =>
      make(
        "li",
        { id: `q-choice-${index}`, role: "option", "aria-selected": "false", "data-index": index },
        make("span", {}, text),
        files === null ? null : make("small", {}, number(files)),
      )
    ));
    list.hidden = false;
    input.ariaExpanded = "true";
  }

  function close() {
    forget();
    shown = null;
    chosen = -1;
    list.hidden = true;
    input.ariaExpanded = "false";
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  function choose(index) {
    const last = list.children.length - 1;
    chosen = index < -1 ? last : index > last ? -1 : index;
    for (const [at, item] of [...list.children].entries()) item.ariaSelected = String(at === chosen);
    const item = list.children[chosen];
    item?.scrollIntoView({ block: "nearest" });
    if (item) input.setAttribute("aria-activedescendant", item.id);
    else input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  function take(index) {
    const value = shown?.values[index];
    if (!shown || !value) return;
    const q = [...input.value];
    const [start, end] = [q.slice(0, shown.start), q.slice(0, shown.end)].map((before) => before.join("").length);
    const goesOn = value.text.endsWith(":");
    input.setRangeText(goesOn ? value.text : `${value.text} `, start ?? 0, end ?? 0, "end");
    close();
    if (goesOn) ask();
    else submit(input.value.trim());
  }

  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(ask, TYPING_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !shown) ask();
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp" && shown) choose(chosen - 1);
    else if (event.key === "Escape" && shown) close();
    else if (event.key === "Enter" && chosen >= 0) take(chosen);
    else {
      if (event.key === "Enter") close();
      return;
    }
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the box keeps the focus
    const item = around(event, "[data-index]");
    if (item) take(Number(item.dataset.index));
  });
}
