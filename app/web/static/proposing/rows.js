// How the files with their proposals are drawn, and the words over all of them.

import { make } from "../lib/dom.js";
import { count, fileName, number, readable } from "../lib/words.js";
import { nameText } from "../shared/paths.js";
import { thumbnail } from "../shared/thumbs.js";
import { isShown } from "./board.js";

/** @import { BoardFile, BoardWord, Origin } from "../lib/types.d.ts" */

/** @type {Record<Origin, string>} */
export const ORIGIN = {
  copy: "copy",
  similar: "similar",
  folder: "folder",
  prompt: "prompt",
  model: "model",
  own: "yours",
};

/** @param {Origin[]} origins */
const badges = (origins) =>
  origins.map((origin) => make("small", { class: "word-origin", "data-origin": origin }, ORIGIN[origin]));

/** @param {BoardWord} word */
function why({ origins, confidence, like }) {
  if (origins.includes("own") || confidence === null) return null;
  return `Confidence ${confidence}${like ? `, as ${readable(fileName(like))} has it` : ""}`;
}

/** @type {(word: BoardWord, path: string) => HTMLElement} */
function box(word, path) {
  return make(
    "li",
    {},
    make(
      "label",
      { class: "word-tick", title: why(word) },
      make("input", { type: "checkbox", checked: word.ticked, "data-word": word.text, "data-path": path }),
      make("bdi", {}, readable(word.text)),
      badges(word.origins),
    ),
  );
}

/** The words of a file, as far as they are shown. @type {(file: BoardFile, shown: Set<Origin>) => HTMLElement} */
function words(file, shown) {
  const boxes = file.words.filter((word) => isShown(word, shown)).map((word) => box(word, file.path));
  if (boxes.length) {
    return make("ul", { class: "ticks", "aria-label": `Words for ${readable(fileName(file.path))}` }, boxes);
  }
  return make("p", { class: "quiet" }, file.words.length ? "Nothing of these sources." : "Nothing to propose.");
}

/**
 * A file of the table.
 *
 * @type {(file: BoardFile, shown: Set<Origin>) => HTMLTableRowElement}
 */
export function rowOf(file, shown) {
  const name = fileName(file.path);
  return make(
    "tr",
    { "data-file": file.path },
    make("td", { class: "picture" }, file.has_thumbnail ? thumbnail(file) : make("span", { class: "thumb none" }, "·")),
    make(
      "th",
      { scope: "row" },
      make(
        "a",
        { class: "path", href: `/file?${new URLSearchParams({ path: file.path })}` },
        nameText(file.path),
      ),
      make("small", { class: "quiet path" }, readable(file.path.slice(0, -name.length - 1))),
      file.keywords.length
        ? make("small", { class: "has" }, "Has ", make("bdi", {}, readable(file.keywords.join(", "))))
        : null,
    ),
    make(
      "td",
      { class: "proposed" },
      words(file, shown),
      make(
        "form",
        { class: "own", "data-own": file.path },
        make("input", {
          type: "text",
          maxlength: 250,
          autocomplete: "off",
          placeholder: "Add a word",
          "aria-label": `Add a word to ${readable(name)}`,
        }),
      ),
    ),
  );
}

/**
 * A word of all files: its box, how many files it is proposed for, and what else can be done with it.
 *
 * @type {(word: { text: string, files: number, ticked: number, origins: Origin[] }, all: number, edited: boolean) => HTMLElement}
 */
export function wordLine({ text, files, ticked, origins }, all, edited) {
  const said = readable(text);
  if (edited) {
    return make(
      "li",
      { class: "edited" },
      make(
        "form",
        { "data-rename": text },
        make("input", {
          type: "text",
          maxlength: 250,
          value: text,
          autocomplete: "off",
          "aria-label": `Write ${said} as`,
        }),
        make("button", { type: "submit" }, "Rename"),
      ),
    );
  }
  const tick = make("input", {
    type: "checkbox",
    checked: ticked === files,
    "data-all": text,
    "aria-label": `${said}: ${ticked} of ${count(files, "file")}`,
  });
  tick.indeterminate = ticked > 0 && ticked < files;
  return make(
    "li",
    {},
    make(
      "label",
      { class: "word-tick" },
      tick,
      make("bdi", {}, said),
      badges(origins),
    ),
    make(
      "span",
      { class: "word-acts" },
      make("span", { class: "in-files", "aria-hidden": "true" }, number(files)),
      files < all
        ? make("button", {
          type: "button",
          class: "quiet-button",
          "data-everywhere": text,
          "aria-label": `Give ${said} to all ${number(all)} files`,
        }, "to all")
        : null,
      make(
        "button",
        { type: "button", class: "quiet-button", "data-edit": text, "aria-label": `Edit ${said}` },
        "edit",
      ),
    ),
  );
}
