// Saying something of files, and undoing it: one after the other, in the order of the keys, each told in one line.

import { refusal } from "../lib/api.js";
import { fileName, readable } from "../lib/words.js";
import * as api from "./requests.js";
import { prepareToast, tell } from "./toast.js";
import { ownUndoneInWords, saidInWords, undoneInWords } from "./told.js";

/** @import { LastEdit, Meant, Words } from "../lib/types.d.ts" */

/** @typedef {{ edit: number | null, sentence: string, takeBack: () => unknown }} Own */

const KEPT = 100; // edits that the server keeps

/** @type {Map<number, string>} how the edits of this page were told */
const told = new Map();
/** @type {Promise<unknown>} */
let turn = Promise.resolve();

/** When all that was asked for until now is done. */
export const settled = () => turn;

/** Does it when all that was asked for before is done; what is refused is told. @param {() => Promise<void>} work */
function inTurn(work) {
  const mine = turn.then(work).catch((error) => tell(refusal(error).message, { bad: true }));
  turn = mine;
  return mine;
}

/**
 * Does an edit when its turn comes, tells it in its sentence, and then calls `done` with its id, null where nothing was changed.
 *
 * @type {(work: () => Promise<{ undo: number | null, sentence: string }>, done: (undo: number | null) => unknown) => Promise<unknown>}
 */
export const doAndTell = (work, done) =>
  inTurn(async () => {
    const { undo, sentence } = await work();
    if (undo !== null) told.set(undo, sentence);
    tell(sentence, { undo });
    await done(undo);
  });

/**
 * Says something of the files that `meant` tells when its turn comes, then calls `said` with the edit's id, null where
 * nothing was changed.
 *
 * @type {(words: Words, meant: () => Meant | Promise<Meant>, said: (undo: number | null) => unknown) => Promise<unknown>}
 */
export const say = (words, meant, said) =>
  doAndTell(async () => {
    const files = await meant();
    const done = await api.sayOf(files, words);
    const [path, ...others] = "paths" in files ? files.paths : [];
    const name = path !== undefined && !others.length ? readable(fileName(path)) : null;
    return { undo: done.undo, sentence: saidInWords(words, done, name) };
  }, said);

/**
 * Prepares undoing. `undone` is called with the id of an edit that was undone; all of it is done inside of `during`.
 *
 * `newest` tells what the page itself undoes before the newest edit: its edit if that made one, its sentence, and how it is
 * taken back where no edit is undone by it: there is none, it does not stand any more, or newer words forbid it.
 *
 * @param {(id: number) => unknown} undone
 * @param {{ during?: (work: () => Promise<void>) => Promise<void>, newest?: () => Own | null }} page
 */
export function prepareUndoing(undone, { during = (work) => work(), newest = () => null } = {}) {
  /** @param {LastEdit} edit */
  const undoEdit = (edit) =>
    during(async () => {
      await api.undoEdit(edit.id);
      tell(undoneInWords(told.get(edit.id), edit));
      await undone(edit.id);
    });

  /** @param {Own} own */
  async function undoOwn({ edit: wanted, sentence, takeBack }) {
    const edit = wanted === null ? null : (await api.edits(KEPT)).edits.find(({ id }) => id === wanted);
    if (edit?.undone_at === null) {
      told.set(edit.id, sentence);
      return undoEdit(edit).catch((error) => {
        if (refusal(error).cause === "newer_words") takeBack();
        throw error;
      });
    }
    takeBack();
    tell(ownUndoneInWords(sentence, { old: edit === undefined }));
  }

  /** Undoes an edit, or the newest that stands. @param {number} [wanted] */
  const undo = (wanted) =>
    inTurn(async () => {
      const own = wanted === undefined ? newest() : null;
      if (own) return undoOwn(own);
      const { edits } = await api.edits(KEPT);
      const edit = edits.find(({ id, undone_at: at }) => wanted === undefined ? at === null : id === wanted);
      if (!edit) return tell(wanted === undefined ? "There is nothing to undo." : "This is too old to be undone.");
      await undoEdit(edit);
    });
  prepareToast(undo);
  return () => undo();
}
