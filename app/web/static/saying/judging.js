// What a person says of files in the library, by keys on the list or by the dialog, and how the list follows: it stays as it
// is, and files that the search does not find any more are held in it. After an edit of more than `HELD_AT_MOST` files, or an
// undo of one from elsewhere, the search is asked anew instead.

import { byId } from "../lib/dom.js";
import { nextAfterScoring } from "../library/kept.js";
import { size } from "../library/selection.js";
import { openBulk, prepareBulk } from "./bulk.js";
import { afterWords } from "./after.js";
import { prepareKeys, showKeys } from "./help.js";
import { isKey, isUndo, takesKeys, wordsOf } from "./keys.js";
import { prepareUndoing, say, settled } from "./saying.js";

/** @import { Followed, FoundFile, Meant, Range, ShownList, Slices, Words } from "../lib/types.d.ts" */

const HELD_AT_MOST = 1_000;

/**
 * Prepares it. `shown` tells the list that is shown, `chosen` which of its files are meant, `goOn` marks the next one,
 * `followed` is called with what the search finds after an edit, `findAgain` asks it anew.
 *
 * @param {{
 *   shown: () => ShownList | null,
 *   chosen: () => Range[],
 *   goOn: () => void,
 *   followed: (now: Followed) => void,
 *   findAgain: () => unknown,
 * }} page
 */
export function prepareJudging({ shown, chosen, goOn, followed, findAgain }) {
  /** @type {WeakMap<Slices, Map<number, Map<number, FoundFile>>>} the files of each edit of a list, as they were before it */
  const before = new WeakMap();

  /** The files that are meant, and those of them that are to be followed. @type {(list: ShownList, ranges: Range[]) => Promise<{ meant: Meant, files: Map<number, FoundFile> | null }>} */
  async function aim(list, ranges) {
    const many = size(ranges) > HELD_AT_MOST;
    if (many && size(ranges) === list.size) return { meant: { q: list.q }, files: null };
    const files = list.slices.there(ranges) ?? await later(list, ranges);
    return { meant: { paths: pathsOf([...files.values()], list.pairs) }, files: many ? null : files };
  }

  /** The files of places that are not there yet: once the edits before are followed, for those may move them. @type {(list: ShownList, ranges: Range[]) => Promise<Map<number, FoundFile>>} */
  async function later(list, ranges) {
    await settled();
    if (shown()?.slices !== list.slices) {
      throw new Error("The search was asked anew meanwhile: choose the files again.");
    }
    return list.slices.filesIn(ranges);
  }

  /** @type {(list: ShownList, changed: Map<number, FoundFile> | null) => Promise<void>} */
  async function follow(list, changed) {
    if (!changed || shown()?.slices !== list.slices) return void findAgain();
    const now = await list.slices.follow(changed);
    if (now && shown()?.slices === list.slices) followed(now);
  }

  /** @type {(words: Words, list: ShownList, aimed: ReturnType<typeof aim>) => Promise<void>} */
  async function judge(words, list, aimed) {
    const meant = async () => {
      const { meant: files } = await aimed;
      list.slices.unsettle();
      return files;
    };
    await say(words, meant, async (undo) => {
      const { files } = await aimed;
      if (undo === null) return;
      if (!files) return follow(list, null);
      const edits = before.get(list.slices) ?? new Map();
      before.set(list.slices, edits.set(undo, files));
      await follow(list, new Map([...files].map(([index, file]) => [index, afterWords(file, words)])));
    });
    list.slices.settle();
  }

  /** @param {number} id */
  async function undone(id) {
    const list = shown();
    if (list) await follow(list, before.get(list.slices)?.get(id) ?? null);
  }

  /** Opens the dialog for some files of the list. @param {Range[]} ranges */
  function edit(ranges) {
    const list = shown();
    if (!list || !ranges.length) return;
    const aimed = aim(list, ranges);
    aimed.catch(() => {}); // the dialog says so when it asks
    openBulk({
      files: size(ranges),
      meant: async () => (await aimed).meant,
      apply: (words) => judge(words, list, aimed),
    });
  }

  const undo = prepareUndoing(undone, {
    during: async (work) => {
      const list = shown();
      list?.slices.unsettle();
      await work().finally(() => list?.slices.settle());
    },
  });
  prepareKeys();
  prepareBulk();
  byId("edit-all").addEventListener("click", () => {
    const list = shown();
    if (list?.size) edit([[0, list.size - 1]]);
  });
  byId("selected-edit").addEventListener("click", () => edit(chosen()));
  byId("grid").addEventListener("keydown", (event) => {
    const [words, list, ranges] = [wordsOf(event), shown(), chosen()];
    if (isKey(event, "e")) edit(ranges);
    else if (words && list && ranges.length) {
      const scores = words.set !== undefined && "score" in words.set;
      judge(words, list, aim(list, ranges));
      if (scores && byId("selected").hidden && nextAfterScoring()) goOn();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (takesKeys(event.target) || document.querySelector("dialog[open]")) return;
    if (isUndo(event)) undo();
    else if (isKey(event, "?")) showKeys();
    else return;
    event.preventDefault();
  });
}

/** What is said of a tile is said of all files that it stands for. @type {(files: FoundFile[], pairs: "one" | "both") => string[]} */
export const pathsOf = (files, pairs) => [
  ...new Set(
    files.flatMap(({ path, pairs: others }) => [path, ...(pairs === "one" ? others.map((one) => one.path) : [])]),
  ),
];
