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

/**
 * The name of a file to read. Where it does not fit a line it breaks before its suffix, and never within that.
 *
 * @param {string} path
 * @param {string} [drawnAs] a class
 */
export function nameText(path, drawnAs) {
  const [, stem, suffix = ""] = /^(.+?)(\.\w{1,5})?$/s.exec(readable(fileName(path))) ?? [];
  const end = suffix ? [make("wbr"), make("span", { class: "suffix" }, suffix)] : [];
  return make("bdi", { class: drawnAs, dir: "ltr" }, stem, end);
}

/** @param {string} path */
function parts(path) {
  const folder = path.slice(0, path.length - fileName(path).length);
  return [
    make("bdi", { class: "path-folder", dir: "ltr" }, readable(folder)),
    nameText(path, "path-name"),
  ];
}
