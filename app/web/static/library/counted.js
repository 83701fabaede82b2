// A value that files are counted by, as a button: a click adds its term to the search, another one takes it away.

import { make, spoken } from "../lib/dom.js";
import { number, readable } from "../lib/words.js";
import { has } from "./terms.js";

/** @type {(value: { term: string, q: string, name: string, files: number }) => HTMLButtonElement} */
export const valueButton = ({ term, q, name, files }) =>
  make(
    "button",
    {
      type: "button",
      class: "bare value",
      "data-term": term,
      "aria-pressed": String(has(q, term)),
      title: readable(term),
    },
    make("bdi", {}, name),
    make("small", {}, number(files), spoken(files === 1 ? " file" : " files")),
  );
