// The dialog that lists the files behind a number, page by page, with thumbnails and reasons.

import { chooseBox, offerChoice, prepareChoice, showChoice } from "./choosing.js";
import { refusal } from "../lib/api.js";
import { closable, openDialog } from "../lib/dialogs.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { pathButton } from "./paths.js";
import { thumbnail } from "./thumbs.js";
import { bytes, capital, causeLabel, classLabel, day, glyph, number, readable } from "../lib/words.js";

/** @import { Choice, Listed, Page } from "../lib/types.d.ts" */

const PAGES_AT_ONCE = 5;
const WAIT_FOR_LIST_MS = 5_000;

// A picture is asked for only where there can be one: a needless 404 shows as an error in the browser's console.
/** @type {Set<string | null | undefined>} */
const WITHOUT_PICTURE = new Set(["failed", "vanished"]);
const VIDEO = /\.(mp4|mov|m4v|webm|mkv|avi|3gp|3g2|ts|mts|m2ts|mpe?g|vob|wmv|asf|flv|ogv|insv|360|lrv)$/i;
/** @param {string} path */
export const isVideo = (path) => VIDEO.test(path);

/**
 * What a list shows: `keep` narrows a page to the class in question, `thumbnails` says whether the library can hold
 * pictures of these files at all, `row` draws another line than that of a file, `choice` is what can be done with those
 * that a person chose (choosing.js). `list` is what the address calls it: the `data-list` of the number that opens it.
 *
 * @template [Row=Listed]
 * @typedef {object} Content
 * @property {string} title
 * @property {string} [note]
 * @property {(cursor: string | null) => Promise<Page<Row>>} load
 * @property {(file: Row) => boolean} [keep]
 * @property {boolean} [thumbnails]
 * @property {(file: Row) => HTMLElement} [row]
 * @property {Choice | null} [choice]
 * @property {string} [list]
 */

/** @type {Required<Pick<Content<any>, "load" | "keep" | "row">> & { cursor: string | null, shown: number } | null} */
let list = null; // that is open

/**
 * Opens the list.
 *
 * @template [Row=Listed]
 * @param {Content<Row>} content
 */
export function openFiles(content) {
  const { title, note = "", load, keep = () => true, thumbnails = false, choice = null, list: name } = content;
  /** @param {any} file */
  const plain = (file) => fileRow(file, thumbnails);
  const { row = plain } = content;
  list = { load, keep, row, cursor: null, shown: 0 };
  setText(byId("files-title"), title);
  setMessage(byId("files-note"), note);
  byId("files-veil").hidden = !thumbnails;
  byId("files").replaceChildren();
  offerChoice(choice);
  openDialog(byId("files-dialog"), name ? ["list", name] : null, () => openFiles(content));
  loadMore();
}

/**
 * Opens the list that an address names, as soon as its number is there; false where it does not come.
 *
 * @param {string} name
 * @returns {Promise<boolean>}
 */
export function openList(name) {
  const press = () => {
    /** @type {NodeListOf<HTMLButtonElement>} */
    const numbers = document.querySelectorAll(`button[data-list="${CSS.escape(name)}"]:enabled`);
    const number = [...numbers].find((button) => !button.closest("[hidden]"));
    number?.click();
    return Boolean(number);
  };
  if (press()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const drawn = new MutationObserver(() => press() && end(true));
    const timer = setTimeout(() => end(false), WAIT_FOR_LIST_MS);
    /** @param {boolean} found */
    const end = (found) => {
      drawn.disconnect();
      clearTimeout(timer);
      resolve(found);
    };
    drawn.observe(document.body, { childList: true, subtree: true, attributeFilter: ["hidden", "disabled"] });
  });
}

async function loadMore() {
  const current = list;
  if (!current) return;
  const more = byId("files-more");
  more.hidden = true;
  setMessage(byId("files-message"), current.shown ? "" : "Loading…");
  try {
    /** @type {unknown[]} */
    let rows = [];
    for (let page = 0; page < PAGES_AT_ONCE && !rows.length; page += 1) {
      const answer = await current.load(current.cursor);
      if (current !== list) return; // another list was opened meanwhile
      rows = answer.files.filter(current.keep);
      current.cursor = answer.next ?? null;
      if (!current.cursor) break;
    }
    current.shown += rows.length;
    byId("files").append(...rows.map(current.row));
    showChoice();
    setMessage(byId("files-message"), current.shown || current.cursor ? "" : "No files.");
    more.hidden = !current.cursor;
  } catch (error) {
    if (current !== list) return;
    setMessage(byId("files-message"), refusal(error).message);
    setText(more, "Try again");
    more.hidden = false;
    return;
  }
  setText(more, `Load more (${number(current.shown)} shown)`);
}

/**
 * One file: what it looks like, what it is called, what became of it and why.
 *
 * @param {Listed} file
 * @param {boolean} thumbnails
 */
export function fileRow(file, thumbnails) {
  const video = isVideo(file.path);
  const inLibrary = thumbnails && !WITHOUT_PICTURE.has(file.outcome);
  const hasPicture = inLibrary && (file.has_thumbnail ?? file.stage !== "thumbnail");
  return make(
    "li",
    {},
    chooseBox(file.path) ?? (hasPicture ? thumbnail(file) : make(
      "span",
      { class: "thumb none", "aria-hidden": "true" },
      video ? "▶" : glyph(file.missing_at ? "vanished" : file.outcome),
    )),
    make(
      "div",
      {},
      pathButton(file.path),
      make("small", { class: "quiet" }, details(file, inLibrary)),
      reasonElement(file),
    ),
  );
}

/** @type {(file: Listed, inLibrary: boolean) => string} */
function details(file, inLibrary) {
  const parts = [];
  if (file.outcome) parts.push(capital(file.outcome));
  if (file.why) parts.push(capital(classLabel(file.why)));
  if (file.missing_at) parts.push(`Missing since ${day(file.missing_at)}`);
  if (typeof file.size === "number") parts.push(bytes(file.size));
  if (typeof file.ms === "number") parts.push(`${number(Math.round(file.ms))} ms`);
  const nsfw = nsfwMark(file, inLibrary);
  if (nsfw) parts.push(nsfw);
  return parts.join(" · ");
}

/**
 * "NSFW 0.93", and "NSFW not checked" of a file of the library: what nobody looked at must not look safe.
 *
 * @type {(file: Listed, inLibrary: boolean) => string}
 */
function nsfwMark({ is_nsfw: detected, nsfw_probability: probability }, inLibrary) {
  if (detected && typeof probability === "number") return `NSFW ${probability.toFixed(2)}`;
  return inLibrary && detected === null ? "NSFW not checked" : "";
}

/**
 * Stage, cause and the sentence of what went wrong; null where nothing did.
 *
 * @param {Pick<Listed, "stage" | "cause" | "reason">} file
 */
export function reasonElement(file) {
  if (!file.cause && !file.reason) return null;
  const where = [file.stage, causeLabel(file.cause ?? "")].filter(Boolean).join(": ");
  return make(
    "p",
    { class: "reason" },
    where ? make("span", { class: `cause ${file.cause}` }, where) : null,
    " ",
    readable(file.reason ?? ""),
  );
}

export function prepareFiles() {
  closable(byId("files-dialog"));
  prepareChoice();
  byId("files-dialog").addEventListener("close", () => {
    list = null;
  });
  byId("files-more").addEventListener("click", loadMore);
}
