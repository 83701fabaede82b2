// What a model said of the file of this page, and what a person makes of it.

import { describedFile } from "../describing/requests.js";
import { others } from "../describing/said.js";
import { ALL, NONE, waits } from "../describing/verdict.js";
import { byId, make } from "../lib/dom.js";
import { readable } from "../lib/words.js";

/** @import { FileDescribed, Words } from "../lib/types.d.ts" */

let shown = "";

/** A line of what is proposed; none where nothing is. @type {(name: string, text: string | null) => HTMLElement[]} */
const line = (name, text) =>
  text ? [make("div", {}, make("dt", {}, name), make("dd", {}, make("bdi", {}, readable(text))))] : [];

/** @param {FileDescribed} file */
function proposedOf({ proposed: { title, caption, keywords } }) {
  return [...line("Title", title), ...line("Caption", caption), ...line("Keywords", keywords.join(", "))];
}

/** Shows what a model said of a file, if any did. @param {string} path */
export async function showDescribed(path) {
  shown = path;
  const file = await describedFile(path).catch(() => undefined);
  if (path !== shown) return;
  byId("described").hidden = !file || !(file.said || waits(file));
  if (!file) return;
  const proposed = proposedOf(file);
  byId("described-said").replaceChildren(
    ...(proposed.length ? [make("dl", { class: "said-fields" }, ...proposed)] : []),
    ...others(file),
  );
  byId("described-acts").hidden = !waits(file);
}

/** @param {(words: Words) => void} judge what accepts or rejects */
export function prepareDescribed(judge) {
  byId("described-accept").addEventListener("click", () => judge(ALL));
  byId("described-reject").addEventListener("click", () => judge(NONE));
}
