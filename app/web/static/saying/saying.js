// Saying something of files, and undoing it: one after the other, in the order of the keys, each told in one line.

import { refusal } from "../lib/api.js";
import { fileName, readable } from "../lib/words.js";
import * as api from "./requests.js";
import { prepareToast, tell, tellSlow } from "./toast.js";
import { ownUndoneInWords, saidInWords, undoneInWords } from "./told.js";

/** @import { LastEdit, Meant, OwnStep, Words } from "../lib/types.d.ts" */

const KEPT = 100; // edits that the server keeps

/** @type {Map<number, string>} how the edits of this page were told */
const told = new Map();
/** @type {Promise<unknown>} */
let turn = Promise.resolve();

/** When all that was asked for until now is done. */
export const settled = () => turn;

/** Does it when all that was asked for before is done; what is refused is told. @param {() => Promise<void>} work */
function inTurn(work) {
  const mine = turn.then(() => {
    tellSlow();
    return work();
  }).catch((error) => tell(refusal(error).message, { bad: true }));
  turn = mine;
  return mine;
}

/**
 * Does something when its turn comes, and tells it in its sentence, with what undoes it.
 *
 * @type {(work: () => Promise<{ undo: number | OwnStep | null, sentence: string }>) => Promise<unknown>}
 */
export const doAndTell = (work) =>
  inTurn(async () => {
    const { undo, sentence } = await work();
    tell(sentence, { undo });
  });

/**
 * Says something of the files that `meant` tells when its turn comes, then calls `said` with the edit's id, null where
 * nothing was changed.
 *
 * @type {(words: Words, meant: () => Meant | Promise<Meant>, said: (undo: number | null) => unknown) => Promise<unknown>}
 */
export const say = (words, meant, said) =>
  inTurn(async () => {
    const files = await meant();
    const done = await api.sayOf(files, words);
    const [path, ...others] = "paths" in files ? files.paths : [];
    const name = path !== undefined && !others.length ? readable(fileName(path)) : null;
    const sentence = saidInWords(words, done, name);
    if (done.undo !== null) told.set(done.undo, sentence);
    tell(sentence, { undo: done.undo });
    await said(done.undo);
  });

/**
 * Prepares undoing. `undone` is called with the id of an edit that was undone; all of it is done inside of `during`.
 *
 * `newest` tells what the page itself undoes before the newest edit.
 *
 * @param {(id: number) => unknown} undone
 * @param {{ during?: (work: () => Promise<void>) => Promise<void>, newest?: () => OwnStep | null }} page
 */
export function prepareUndoing(undone, { during = (work) => work(), newest = () => null } = {}) {
  /** @param {LastEdit} edit */
  const undoEdit = (edit) =>
    during(async () => {
      await api.undoEdit(edit.id);
      tell(undoneInWords(told.get(edit.id), edit));
      await undone(edit.id);
    });

  /** @param {OwnStep} own */
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

  /** Undoes an edit or a step of the page, or the newest that stands. @param {number | OwnStep} [wanted] */
  const undo = (wanted) =>
    inTurn(async () => {
      const own = typeof wanted === "object" ? wanted : wanted === undefined ? newest() : null;
      if (own) return undoOwn(own);
      const { edits } = await api.edits(KEPT);
      const edit = edits.find(({ id, undone_at: at }) => wanted === undefined ? at === null : id === wanted);
      if (!edit) return tell(wanted === undefined ? "There is nothing to undo." : "This is too old to be undone.");
      await undoEdit(edit);
    });
  prepareToast(undo);
  return () => undo();
}
