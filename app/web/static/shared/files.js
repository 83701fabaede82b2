// The dialog that lists the files behind a number, page by page, with thumbnails and reasons.

import { chooseBox, offerChoice, prepareChoice, showChoice } from "./choosing.js";
import { byId, closable, make, setMessage, setText } from "../lib/dom.js";
import { pathButton } from "./paths.js";
import { prepareBlur, thumbnail } from "./thumbs.js";
import { bytes, capital, causeLabel, classLabel, day, glyph, number, readable } from "../lib/words.js";

const PAGES_AT_ONCE = 5;

// A picture is asked for only where there can be one: a needless 404 shows as an error in the browser's console.
const WITHOUT_PICTURE = new Set(["failed", "vanished"]);
const VIDEO = /\.(mp4|mov|m4v|webm|mkv|avi)$/i;
export const isVideo = (path) => VIDEO.test(path);

let list = null; // { load, keep, row, cursor, shown }

/**
 * Opens the list. `load(cursor)` resolves to `{files, next}`; `keep(file)` narrows a page to the class in question;
 * `thumbnails` says whether the library can hold pictures of these files at all, `row(file)` draws another line than
 * that of a file, `choice` is what can be done with chosen ones (choosing.js).
 */
export function openFiles(
  {
    title,
    note = "",
    load,
    keep = () => true,
    thumbnails = false,
    row = (file) => fileRow(file, thumbnails),
    choice = null,
  },
) {
  list = { load, keep, row, cursor: null, shown: 0 };
  setText(byId("files-title"), title);
  setMessage(byId("files-note"), note);
  byId("files-blur").hidden = !thumbnails;
  byId("files").replaceChildren();
  offerChoice(choice);
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
    byId("files").append(...rows.map(current.row));
    showChoice();
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
  const video = isVideo(file.path);
  const inLibrary = thumbnails && !WITHOUT_PICTURE.has(file.outcome);
  const hasPicture = inLibrary && (video ? Boolean(file.has_thumbnail) : file.stage !== "thumbnail");
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

function details(file, inLibrary) {
  const parts = [];
  if (file.outcome) parts.push(capital(file.outcome));
  if (file.why) parts.push(capital(classLabel(file.why)));
  if (file.missing_at) parts.push(`Missing since ${day(file.missing_at)}`);
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
  prepareBlur();
  prepareChoice();
  byId("files-dialog").addEventListener("close", () => {
    list = null;
  });
  byId("files-more").addEventListener("click", loadMore);
}
