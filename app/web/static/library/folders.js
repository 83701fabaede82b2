// The folders that the files found lie in, as lists in lists: a level is fetched when it is opened, and written in
// parts, because a folder may hold thousands.

import { refusal } from "../lib/api.js";
import { around, byId, make } from "../lib/dom.js";
import { fileName, number, readable } from "../lib/words.js";
import { valueButton } from "./counted.js";
import { termOf, valuesOf } from "./terms.js";
import * as api from "./requests.js";

/** @import { FolderCount, FolderCounts } from "../lib/types.d.ts" */
/** @import { Waited } from "./requests.js" */

const FIRST = 20;
const MORE = 200;
const AT_MOST = 1_000; // that the server gives at once

/** @type {Map<string, number>} the folders that are open, and how many folders in each are shown */
const open = new Map();
/** @type {Set<string>} folders that were opened without a click; a person may close them */
const opened = new Set();
let q = "";

/** Prepares opening and closing. */
export function prepareFolders() {
  byId("facets").addEventListener("click", (event) => {
    const button = around(event, "[data-open], [data-rest]");
    if (button instanceof HTMLButtonElement && button.ariaBusy !== "true") attempt(button);
  });
}

/**
 * The folders of a search; null where they tell nothing. Those of which the search speaks are to be seen.
 *
 * @type {(search: string, options: Waited) => Promise<HTMLElement | null>}
 */
export async function folderTree(search, options) {
  const roots = await api.folders({ q: search, limit: FIRST }, options);
  q = search;
  const [first, ...others] = roots.folders;
  const named = valuesOf(q, "folder");
  if (!first || (!others.length && !first.opens && !named.length)) return null;
  for (const path of named) ancestorsOf(path).forEach(openOnce);
  if (!others.length) openOnce(first.path);
  return make("ul", { class: "levels" }, ...await linesOf(roots, "", options));
}

/** The folders above one, the root first. @param {string} path */
export const ancestorsOf = (path) =>
  path.split("/").slice(0, -1).map((_, at, names) => names.slice(0, at + 1).join("/"));

/** @param {string} path */
function openOnce(path) {
  if (!opened.has(path) && !open.has(path)) open.set(path, FIRST);
  opened.add(path);
}

/** @type {(inside: string, options?: Waited) => Promise<HTMLElement>} */
async function level(inside, options) {
  const counts = await api.folders({ q, inside, limit: Math.min(open.get(inside) ?? FIRST, AT_MOST) }, options);
  return make("ul", {}, ...await linesOf(counts, inside, options));
}

/** @type {(counts: FolderCounts, inside: string, options?: Waited) => Promise<HTMLElement[]>} */
async function linesOf({ folders, next, total }, inside, options) {
  const lines = await Promise.all(folders.map((folder) => line(folder, options)));
  return next === null ? lines : [...lines, rest(inside, next, total)];
}

/** @type {(folder: FolderCount, options?: Waited) => Promise<HTMLElement>} */
async function line({ path, files, opens }, options) {
  const below = opens && open.has(path) ? await level(path, options) : null;
  const turning = { "data-open": path, "aria-expanded": String(Boolean(below)) };
  return make(
    "li",
    {},
    make(
      "div",
      { class: "folder-line" },
      opens
        ? make("button", {
          type: "button",
          class: "bare turn",
          ...turning,
          "aria-label": `Folders in ${readable(path)}`,
        })
        : make("span", { class: "turn" }),
      valueButton({ term: termOf("folder", path), q, name: readable(fileName(path)), files }),
    ),
    below,
  );
}

/** @type {(inside: string, cursor: string, total: number) => HTMLElement} */
const rest = (inside, cursor, total) =>
  make(
    "li",
    { class: "rest" },
    make(
      "button",
      { type: "button", class: "quiet-button", "data-rest": cursor, "data-inside": inside },
      `More of ${number(total)}`,
    ),
  );

/** @param {HTMLButtonElement} button */
async function attempt(button) {
  button.ariaBusy = "true";
  try {
    await (button.dataset.open === undefined ? showMore(button) : turn(button, button.dataset.open));
  } catch (error) {
    button.after(make("small", { class: "quiet" }, refusal(error).message));
  } finally {
    button.ariaBusy = "false";
  }
}

/** @type {(button: HTMLButtonElement, path: string) => Promise<void>} */
async function turn(button, path) {
  const item = button.closest("li");
  if (open.delete(path)) item?.querySelector("ul")?.remove();
  else {
    const below = await level(path);
    open.set(path, FIRST);
    item?.append(below);
  }
  button.ariaExpanded = String(open.has(path));
}

/** @param {HTMLButtonElement} button */
async function showMore(button) {
  const { rest: cursor = "", inside = "" } = button.dataset;
  const counts = await api.folders({ q, inside, cursor, limit: MORE });
  const lines = await linesOf(counts, inside);
  open.set(inside, (open.get(inside) ?? FIRST) + counts.folders.length);
  button.closest("li")?.replaceWith(...lines);
  lines[0]?.querySelector("button")?.focus();
}
