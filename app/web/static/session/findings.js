// What else a completed session came to know: copies, moves, and files that are gone or back. Each line opens its files.

import * as api from "../lib/api.js";
import { byId, make } from "../lib/dom.js";
import { openFiles } from "../shared/files.js";
import { pathButton } from "../shared/paths.js";
import { thumbnail } from "../shared/thumbs.js";
import { bytes, classLabel, count, number } from "../lib/words.js";

const PAGE = 1000;
const GROUPS = 20;

let shown = null; // the session whose findings are being fetched; an older answer is dropped

const numbered = (files, one, many) => `${number(files)} ${files === 1 ? one : many}`;

export async function showFindings(status) {
  const { session_id: id, outcomes, stats, marked_missing: gone = 0 } = status;
  shown = id;
  draw([]);
  const [same, maybe] = await Promise.all([sameBytes(status), maybeMoved(status)]);
  if (shown !== id) return;
  draw([
    same && [numbered(same, "has the same bytes as another file", "have the same bytes as another file"), () => openSame(id, same)],
    outcomes.moved && [numbered(outcomes.moved, "was moved", "were moved"), () => openMoved(id, outcomes.moved)],
    maybe && [`${maybe} may have been moved`, () => openMaybe(id, maybe)],
    stats.returned && [`${number(stats.returned)} ${classLabel("returned")}`, () => openReturned(id, stats.returned)],
    gone && [numbered(gone, "file of the library is gone from disk: kept, and marked missing", "files of the library are gone from disk: kept, and marked missing"), openMissing],
  ].filter(Boolean));
}

function draw(lines) {
  byId("findings").hidden = !lines.length;
  byId("findings").replaceChildren(...lines.map(([text, open]) => make("li", {}, make("button", { type: "button", class: "quiet-button", onclick: open }, text))));
}

/** How many files it wrote whose bytes another has; 0 where that cannot be told now. */
async function sameBytes({ session_id: id, committed_files: committed }) {
  if (!committed) return 0;
  const answer = await api.sameBytes(id, { limit: 1 }).catch(() => null);
  return answer?.files ?? 0;
}

/** "3", "1,000+", and "" for none. */
async function maybeMoved({ session_id: id, outcomes }) {
  if (!outcomes.added) return "";
  const answer = await api.sessionFiles(id, { cause: "ambiguous_move", limit: PAGE }).catch(() => null);
  return answer?.files.length ? `${number(answer.files.length)}${answer.next ? "+" : ""}` : "";
}

function openSame(id, files) {
  openFiles({
    title: `${number(files)} with the same bytes as another file`,
    note: "Each group is one content under several names. All of them are in the library.",
    load: (cursor) => groups(id, cursor),
    row: groupRow,
    thumbnails: true,
  });
}

/** A page of groups, each with whether its picture counts as NSFW. */
async function groups(id, cursor) {
  const { groups: found, next } = await api.sameBytes(id, { cursor, limit: GROUPS });
  const firsts = await Promise.all(found.map((group) => api.libraryFile(group.files[0]).catch(() => null)));
  return { files: found.map((group, index) => ({ ...group, first: firsts[index] })), next };
}

function groupRow({ files, count: all, size, first }) {
  return make("li", {},
    first?.kind === "image" ? thumbnail(first) : make("span", { class: "thumb none", "aria-hidden": "true" }, "▶"),
    make("div", {},
      make("small", { class: "quiet" }, `${count(all, "file")} of ${bytes(size)}`),
      make("ul", { class: "same" }, files.map((path) => make("li", {}, pathButton(path)))),
      all > files.length ? make("small", { class: "quiet" }, `and ${count(all - files.length, "other")}`) : null));
}

function openMoved(id, files) {
  openFiles({ title: numbered(files, "was moved", "were moved"), thumbnails: true, load: (cursor) => api.sessionFiles(id, { outcome: "moved", cursor, limit: 100 }) });
}

function openReturned(id, files) {
  openFiles({ title: `${number(files)} ${classLabel("returned")}`, thumbnails: true, load: (cursor) => api.sessionFiles(id, { returned: true, cursor, limit: 100 }) });
}

function openMaybe(id, files) {
  openFiles({
    title: `${files} may have been moved`,
    note: "Each was taken in as new, because it cannot be told which file that is gone it was.",
    thumbnails: true,
    load: (cursor) => api.sessionFiles(id, { cause: "ambiguous_move", cursor, limit: 100 }),
  });
}

function openMissing() {
  openFiles({
    title: "Gone from disk",
    note: "All files of the library that are marked missing, whichever session noticed it. One that comes back counts again.",
    load: (cursor) => api.missing(cursor),
  });
}
