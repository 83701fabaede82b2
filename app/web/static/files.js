// The dialog that lists the files behind a number, page by page, with thumbnails and reasons.

import { byId, closable, make, setMessage, setText } from "./dom.js";
import { prepareBlur, thumbnail } from "./thumbs.js";
import { bytes, capital, classLabel, fileName, glyph, number, readable } from "./words.js";

const PAGES_AT_ONCE = 5;

// A picture is asked for only where there can be one: a needless 404 shows as an error in the browser's console.
const WITHOUT_PICTURE = new Set(["failed", "vanished"]);
const VIDEO = /\.(mp4|mov|m4v|webm|mkv|avi)$/i;

let list = null; // { load, keep, thumbnails, cursor, shown }

/**
 * Opens the list. `load(cursor)` resolves to `{files, next}`; `keep(file)` narrows a page to the class in question;
 * `thumbnails` says whether the library can hold pictures of these files at all.
 */
export function openFiles({ title, note = "", load, keep = () => true, thumbnails = false }) {
  list = { load, keep, thumbnails, cursor: null, shown: 0 };
  setText(byId("files-title"), title);
  setMessage(byId("files-note"), note);
  byId("files-blur").hidden = !thumbnails;
  byId("files").replaceChildren();
  byId("files-dialog").showModal();
  loadMore();
}

async function loadMore() {
  const current = list;
  const more = byId("files-more");
  more.hidden = true;
  setMessage(byId("files-message"), current.shown ? "" : "Loading…");
  try {
    let rows = [];
    for (let page = 0; page < PAGES_AT_ONCE && !rows.length; page += 1) {
      const answer = await current.load(current.cursor);
      if (current !== list) return; // another list was opened meanwhile
      rows = answer.files.filter(current.keep);
      current.cursor = answer.next ?? null;
      if (!current.cursor) break;
    }
    current.shown += rows.length;
    byId("files").append(...rows.map((file) => fileRow(file, current.thumbnails)));
    setMessage(byId("files-message"), current.shown || current.cursor ? "" : "No files.");
    more.hidden = !current.cursor;
  } catch (error) {
    if (current !== list) return;
    setMessage(byId("files-message"), error.message);
    setText(more, "Try again");
    more.hidden = false;
    return;
  }
  setText(more, `Load more (${number(current.shown)} shown)`);
}

/** One file: what it looks like, what it is called, what became of it and why. */
export function fileRow(file, thumbnails) {
  const video = VIDEO.test(file.path);
  const inLibrary = thumbnails && !WITHOUT_PICTURE.has(file.outcome);
  const hasPicture = inLibrary && !video && file.stage !== "thumbnail";
  return make("li", {},
    hasPicture ? thumbnail(file) : make("span", { class: "thumb none", "aria-hidden": "true" }, video ? "▶" : glyph(file.outcome)),
    make("div", {}, pathElement(file.path), make("small", { class: "quiet" }, details(file, inLibrary)), reasonElement(file)));
}

function details(file, inLibrary) {
  const parts = [];
  if (file.outcome) parts.push(capital(file.outcome));
  if (file.why) parts.push(capital(classLabel(file.why)));
  if (Number.isFinite(file.size)) parts.push(bytes(file.size));
  if (Number.isFinite(file.ms)) parts.push(`${number(Math.round(file.ms))} ms`);
  const nsfw = nsfwMark(file, inLibrary);
  if (nsfw) parts.push(nsfw);
  return parts.join(" · ");
}

/** "NSFW 0.93", and "NSFW not checked" of a file of the library: what nobody looked at must not look safe. */
function nsfwMark({ is_nsfw: detected, nsfw_probability: probability }, inLibrary) {
  if (detected) return `NSFW ${probability.toFixed(2)}`;
  return inLibrary && detected === null ? "NSFW not checked" : "";
}

/** Stage, cause and the sentence of what went wrong; null where nothing did. */
export function reasonElement(file) {
  if (!file.cause && !file.reason) return null;
  const where = [file.stage, file.cause?.replaceAll("_", " ")].filter(Boolean).join(": ");
  return make("p", { class: "reason" }, where ? make("span", { class: "cause" }, where) : null, " ", readable(file.reason ?? ""));
}

/** A path whose folder is quiet and whose name stands out; both readable, whatever characters they hold. */
export function pathElement(path) {
  const name = fileName(path);
  return make("span", { class: "path", title: readable(path) },
    make("bdi", { class: "path-folder", dir: "ltr" }, readable(path.slice(0, path.length - name.length))),
    make("bdi", { class: "path-name", dir: "ltr" }, readable(name)));
}

export function prepareFiles() {
  closable(byId("files-dialog"));
  prepareBlur();
  byId("files-dialog").addEventListener("close", () => { list = null; });
  byId("files-more").addEventListener("click", loadMore);
}
