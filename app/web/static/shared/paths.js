// How a path stands on the page: its folder quiet, its name standing out, and a click that asks what became of it.

import { make } from "../lib/dom.js";
import { fileName, readable } from "../lib/words.js";

/**
 * A path to read, whatever characters it holds.
 *
 * @param {string} path
 */
export const pathText = (path) => make("span", { class: "path", title: readable(path) }, parts(path));

/**
 * A path that leads to what became of the file (explain.js listens).
 *
 * @param {string} path
 */
export function pathButton(path) {
  return make("button", {
    type: "button",
    class: "path",
    title: readable(path),
    "aria-label": `What became of ${readable(path)}?`,
    "data-explain": path,
  }, parts(path));
}

/** @param {string} path */
function parts(path) {
  const name = fileName(path);
  return [
    make("bdi", { class: "path-folder", dir: "ltr" }, readable(path.slice(0, path.length - name.length))),
    make("bdi", { class: "path-name", dir: "ltr" }, readable(name)),
  ];
}
