// A field for several keywords: those that were taken are shown as buttons, and what is typed is completed from the library.

import { around, byId, inside, make } from "../lib/dom.js";
import { readable } from "../lib/words.js";
import { completions } from "../library/requests.js";

const TYPING_MS = 120;

/** A keyword as the completion of a search writes it, without the quotes. @param {string} term */
export const keywordOf = (term) => /^".*"$/s.test(term) ? term.slice(1, -1).replaceAll(/\\(["\\*])/g, "$1") : term;

/**
 * Prepares the field. `changed` is called when a keyword was taken or given back.
 *
 * @param {HTMLElement} field an input, and a list of what was taken
 * @param {() => void} changed
 */
export function prepareKeywords(field, changed) {
  const [input, list] = [/** @type {HTMLInputElement} */ (inside(field, "input")), inside(field, "ul")];
  /** @type {string[]} */
  let taken = [];
  let typing = 0;

  /** @param {string[]} words */
  function show(words) {
    taken = words;
    list.hidden = !words.length;
    list.replaceChildren(...words.map((word) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", class: "keyword", "data-word": word, "aria-label": `Leave out ${readable(word)}` },
          make("bdi", {}, readable(word)),
          make("span", { "aria-hidden": "true" }, " ×"),
        ),
      )
    ));
    changed();
  }

  /** Takes what is typed. */
  function take() {
    const word = input.value.trim();
    input.value = "";
    if (word && !taken.includes(word)) show([...taken, word]);
  }

  async function complete() {
    const typed = input.value.trim();
    if (!typed) return;
    const q = `keyword:"${typed.replace(/["\\*]/g, "\\$&")}`;
    const { values } = await completions(q, [...q].length).catch(() => ({ values: [] }));
    if (input.value.trim() !== typed) return;
    byId("bulk-words").replaceChildren(...values.map(({ text }) => make("option", { value: keywordOf(text) })));
  }

  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(complete, TYPING_MS);
    changed();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !input.value.trim()) return;
    event.preventDefault(); // the form is not sent by it
    take();
  });
  list.addEventListener("click", (event) => {
    const { word } = around(event, "[data-word]")?.dataset ?? {};
    if (word === undefined) return;
    show(taken.filter((one) => one !== word));
    input.focus(); // the button is gone
  });

  return {
    /** Those that were taken, with what is typed and not taken yet. */
    words() {
      take();
      return taken;
    },
    clear() {
      input.value = "";
      show([]);
    },
  };
}
