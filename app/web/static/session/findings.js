// What else a completed session came to know: copies, moves, and files that are gone or back. Each line opens its files.

import * as api from "../lib/api.js";
import { byId, make } from "../lib/dom.js";
import { openFiles } from "../shared/files.js";
import { pathButton } from "../shared/paths.js";
import { thumbnail } from "../shared/thumbs.js";
import { bytes, classLabel, count, number } from "../lib/words.js";

/** @import { Copies, LibraryFile, Session } from "../lib/types.d.ts" */

const PAGE = 1000;
const GROUPS = 20;

/** @type {string | null} */
let shown = null; // the session whose findings are being fetched; an older answer is dropped

/** @type {(files: number, one: string, many: string) => string} */
const numbered = (files, one, many) => `${number(files)} ${files === 1 ? one : many}`;

/** @param {Session} status */
export async function showFindings(status) {
  const { session_id: id, outcomes, stats, marked_missing: gone } = status;
  shown = id;
  draw([]);
  const [same, maybe] = await Promise.all([sameBytes(status), maybeMoved(status)]);
  if (shown !== id) return;
  const lines = [];
  if (same) {
    const text = numbered(same, "has the same bytes as another file", "have the same bytes as another file");
    lines.push(line("same", text, () => openSame(id, same)));
  }
  if (outcomes.moved) {
    lines.push(
      line("moved_here", numbered(outcomes.moved, "was moved", "were moved"), () => openMoved(id, outcomes.moved)),
    );
  }
  if (maybe) lines.push(line("perhaps_moved", `${maybe} may have been moved`, () => openMaybe(id, maybe)));
  if (stats.returned) {
    const text = `${number(stats.returned)} ${classLabel("returned")}`;
    lines.push(line("returned", text, () => openReturned(id, text)));
  }
  if (gone) {
    const text = numbered(gone, "file of the library is gone", "files of the library are gone");
    lines.push(line("missing", `${text} from disk: kept, and marked missing`, openMissing));
  }
  draw(lines);
}

/** @param {HTMLElement[]} lines */
function draw(lines) {
  byId("findings").hidden = !lines.length;
  byId("findings").replaceChildren(...lines);
}

/** @type {(list: string, text: string, open: () => void) => HTMLElement} */
const line = (list, text, open) =>
  make("li", {}, make("button", { type: "button", class: "quiet-button", "data-list": list, onclick: open }, text));

/**
 * How many files it wrote whose bytes another has; 0 where that cannot be told now.
 *
 * @param {Session} status
 */
async function sameBytes({ session_id: id, committed_files: committed }) {
  if (!committed) return 0;
  const answer = await api.sameBytes(id, { limit: 1 }).catch(() => null);
  return answer?.files ?? 0;
}

/**
 * "3", "1,000+", and "" for none.
 *
 * @param {Session} status
 */
async function maybeMoved({ session_id: id, outcomes }) {
  if (!outcomes.added) return "";
  const answer = await api.sessionFiles(id, { cause: "ambiguous_move", limit: PAGE }).catch(() => null);
  return answer?.files.length ? `${number(answer.files.length)}${answer.next ? "+" : ""}` : "";
}

/** @type {(id: string, files: number) => void} */
function openSame(id, files) {
  openFiles({
    list: "same",
    title: `${number(files)} with the same bytes as another file`,
    note: "Each group is one content under several names. All of them are in the library.",
    load: (cursor) => groups(id, cursor),
    row: groupRow,
    thumbnails: true,
  });
}

/**
 * A group with what the library knows of its first file.
 *
 * @typedef {Copies & { first: LibraryFile | null }} Group
 */

/**
 * A page of groups, each with whether its picture counts as NSFW.
 *
 * @type {(id: string, cursor: string | null) => Promise<{ files: Group[], next: string | null }>}
 */
async function groups(id, cursor) {
  const { groups: found, next } = await api.sameBytes(id, { cursor, limit: GROUPS });
  const known = found.map(async (group) => {
    const [first] = group.files;
    return { ...group, first: first === undefined ? null : await api.libraryFile(first).catch(() => null) };
  });
  return { files: await Promise.all(known), next };
}

/** @param {Group} group */
function groupRow({ files, count: all, size, first }) {
  return make(
    "li",
    {},
    first?.kind === "image" ? thumbnail(first) : make("span", { class: "thumb none", "aria-hidden": "true" }, "▶"),
    make(
      "div",
      {},
      make("small", { class: "quiet" }, `${count(all, "file")} of ${bytes(size)}`),
      make("ul", { class: "same" }, files.map((path) => make("li", {}, pathButton(path)))),
      all > files.length ? make("small", { class: "quiet" }, `and ${count(all - files.length, "other")}`) : null,
    ),
  );
}

/** @type {(id: string, files: number) => void} */
function openMoved(id, files) {
  openFiles({
    list: "moved_here",
    title: numbered(files, "was moved", "were moved"),
    thumbnails: true,
    load: (cursor) => api.sessionFiles(id, { outcome: "moved", cursor, limit: 100 }),
  });
}

/** @type {(id: string, title: string) => void} */
function openReturned(id, title) {
  openFiles({
    list: "returned",
    title,
    thumbnails: true,
    load: (cursor) => api.sessionFiles(id, { returned: true, cursor, limit: 100 }),
  });
}

/** @type {(id: string, files: string) => void} */
function openMaybe(id, files) {
  openFiles({
    list: "perhaps_moved",
    title: `${files} may have been moved`,
    note: "Each was taken in as new, because it cannot be told which file that is gone it was.",
    thumbnails: true,
    load: (cursor) => api.sessionFiles(id, { cause: "ambiguous_move", cursor, limit: 100 }),
  });
}

function openMissing() {
  openFiles({
    list: "missing",
    title: "Gone from disk",
    note:
      "All files of the library that are marked missing, whichever session noticed it. One that comes back counts again.",
    load: (cursor) => api.missing(cursor),
  });
}
