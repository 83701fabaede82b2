// The page of proposals: asks for them, shows them as a table, and commits what is ticked in one go, with an undo for all.

import { refusal } from "../lib/api.js";
import { around, byId, make, setMessage, setText } from "../lib/dom.js";
import { count, number } from "../lib/words.js";
import { undoEdit } from "../saying/requests.js";
import { leftInWords } from "../saying/told.js";
import { add, boardOf, committed, editsOf, originsOf, rename, takenBack, tick, tickShown, wordsOf } from "./board.js";
import { AT_MOST, savedChosen } from "./chosen.js";
import * as api from "./requests.js";
import { ORIGIN, rowOf, wordLine } from "./rows.js";

/** @import { EditOfOne, Board, Origin } from "../lib/types.d.ts" */

const AT_ONCE = 100; // files of a request
const WORDS_SHOWN = 60;

/** @type {Board} */
let board = [];
/** @type {Set<Origin>} */
const hidden = new Set();
let allWords = false;
let edited = ""; // the word that is being written otherwise
let busy = false;
/** @type {{ id: number, edits: EditOfOne[], before: Board } | null} the last commit, as long as it can be undone */
let done = null;

/** @returns {Set<Origin>} */
const shown = () => new Set(/** @type {Origin[]} */ (Object.keys(ORIGIN)).filter((origin) => !hidden.has(origin)));

/** Shows another board: rows that are as they were stay. @type {(next: Board, how?: { all?: boolean }) => void} */
function show(next, { all = false } = {}) {
  const before = new Map(board.map((file) => [file.path, file]));
  board = next;
  const rows = new Map([...byId("proposal-rows").children].map((row) => [row.getAttribute("data-file"), row]));
  for (const file of board) {
    const row = rows.get(file.path);
    if (!row) byId("proposal-rows").append(rowOf(file, shown()));
    else if (all || before.get(file.path) !== file) redraw(row, file);
  }
  showWords();
  showSums();
}

/** @type {(row: Element, file: Board[number]) => void} */
function redraw(row, file) {
  const now = rowOf(file, shown());
  refocused(row, () => {
    for (const part of /** @type {const} */ (["th", ".proposed"])) {
      const [old, fresh] = [row.querySelector(part), now.querySelector(part)];
      if (old && fresh) old.replaceWith(fresh); // the picture stays
    }
  });
}

/** Draws something anew, with the focus where it was. @type {(around: Element, draw: () => void) => void} */
function refocused(around, draw) {
  const at = document.activeElement;
  const focus = at instanceof HTMLElement && around.contains(at) ? { ...at.dataset } : null;
  const own = at?.closest("form.own") !== null && focus !== null;
  draw();
  if (!focus) return;
  const same = [...around.querySelectorAll("[data-word], [data-all], [data-edit], [data-everywhere]")].find((one) =>
    one instanceof HTMLElement && Object.entries(focus).length > 0 &&
    Object.entries(focus).every(([name, value]) => one.dataset[name] === value)
  );
  const next = own ? around.querySelector("form.own input") : same ?? around.querySelector("input");
  if (next instanceof HTMLElement) next.focus({ preventScroll: true });
}

function showWords() {
  const words = wordsOf(board, shown());
  const some = allWords ? words : words.slice(0, WORDS_SHOWN);
  refocused(byId("words"), () => {
    byId("words").replaceChildren(...some.map((word) => wordLine(word, board.length, word.text === edited)));
  });
  byId("words-more").hidden = some.length === words.length;
  setText(byId("words-more"), `Show all ${number(words.length)} words`);
  const counts = originsOf(board);
  byId("origins").hidden = !counts.size;
  for (const box of byId("origins").querySelectorAll("input")) {
    const files = counts.get(/** @type {Origin} */ (box.value)) ?? 0;
    const label = box.closest("label");
    if (label) label.hidden = !files;
  }
}

function showSums() {
  const edits = editsOf(board);
  const words = edits.reduce((sum, edit) => sum + edit.add_keywords.length, 0);
  byId("commit").hidden = !board.length;
  setText(byId("commit-sum"), words ? `${count(words, "word")} ticked` : "Nothing ticked");
  setText(byId("commit-button"), edits.length ? `Commit to ${count(edits.length, "file")}` : "Commit");
  byId("commit-button").disabled = !edits.length || busy;
}

/** What the page says of the last thing that was done. @type {(sentence: string, how?: { bad?: boolean, undo?: boolean }) => void} */
function tell(sentence, { bad = false, undo = false } = {}) {
  setText(byId("commit-done"), sentence);
  byId("commit-done").classList.toggle("refused", bad);
  byId("commit-undo").hidden = !undo;
}

/** Does something with the server, once at a time; a refusal is told. @param {() => Promise<void>} work */
async function act(work) {
  if (busy) return;
  busy = true;
  showSums();
  try {
    await work();
  } catch (error) {
    tell(refusal(error).message, { bad: true, undo: done !== null });
  } finally {
    busy = false;
    showSums();
  }
}

const commit = () =>
  act(async () => {
    const [before, edits] = [board, editsOf(board)];
    const { changed, undo, left = [] } = await api.commit(edits);
    done = undo === null ? null : { id: undo, edits, before };
    show(committed(board, edits));
    const out = left.length ? `; left out: ${leftInWords(left)}` : "";
    tell(`Committed to ${count(changed, "file")}${out}.`, { undo: undo !== null });
    if (done) byId("commit-undo").focus();
  });

const undo = () =>
  act(async () => {
    if (!done) return;
    const { changed } = await undoEdit(done.id);
    show(takenBack(board, done.edits, done.before));
    done = null;
    tell(`Taken back from ${count(changed, "file")}. The ticks are as they were.`);
    byId("commit-button").focus();
  });

async function begin() {
  const { paths, from } = savedChosen();
  byId("proposing-back").href = from;
  byId("nothing-chosen").hidden = paths.length > 0;
  byId("proposing").hidden = !paths.length;
  setText(
    byId("proposing-files"),
    paths.length ? `For ${count(paths.length, "file")}. Nothing is changed before you commit.` : "",
  );
  try {
    for (let start = 0; start < Math.min(paths.length, AT_MOST); start += AT_ONCE) {
      setText(byId("proposing-progress"), `Looking at ${number(start)} of ${count(paths.length, "file")}…`);
      const { files } = await api.proposals(paths.slice(start, start + AT_ONCE));
      show([...board, ...boardOf(files)]);
    }
    const words = wordsOf(board, shown()).length;
    setText(byId("proposing-progress"), paths.length ? `${count(words, "word")} proposed.` : "");
  } catch (error) {
    const { message, cause } = refusal(error);
    setText(byId("proposing-progress"), "");
    setMessage(byId("proposing-error"), message, cause);
  }
}

document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  const { word, path, all } = target.dataset;
  if (word !== undefined) show(tick(board, word, target.checked, path));
  else if (all !== undefined) show(tick(board, all, target.checked));
  else if (target.closest("#origins")) {
    const origin = /** @type {Origin} */ (target.value);
    if (target.checked) hidden.delete(origin);
    else hidden.add(origin);
    show(board, { all: true });
  }
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  const field = form.querySelector("input");
  if (!field) return;
  event.preventDefault();
  const text = field.value;
  field.value = "";
  if (form.dataset.rename !== undefined) {
    edited = "";
    show(rename(board, form.dataset.rename, text));
    focusWord(text);
  } else show(add(board, text, form.dataset.own));
});
byId("words").addEventListener("click", (event) => {
  const { edit, everywhere } = around(event, "button")?.dataset ?? {};
  if (everywhere !== undefined) show(add(board, everywhere));
  if (edit === undefined) return;
  edited = edit;
  showWords();
  const field = byId("words").querySelector("form input");
  if (!(field instanceof HTMLInputElement)) return;
  field.focus();
  field.select();
});
byId("words").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !edited) return;
  const before = edited;
  edited = "";
  showWords();
  focusWord(before);
});

/** @param {string} text */
function focusWord(text) {
  const button = [...byId("words").querySelectorAll("[data-edit]")].find((one) =>
    one.getAttribute("data-edit") === text
  );
  if (button instanceof HTMLElement) button.focus();
}

byId("words-more").addEventListener("click", () => {
  allWords = true;
  showWords();
  byId("words").querySelector("input")?.focus();
});
byId("tick-all").addEventListener("click", () => show(tickShown(board, shown(), true)));
byId("tick-none").addEventListener("click", () => show(tickShown(board, shown(), false)));
byId("commit-button").addEventListener("click", commit);
byId("commit-undo").addEventListener("click", undo);
addEventListener("beforeunload", (event) => {
  if (editsOf(board).length) event.preventDefault(); // what is ticked and not committed would be lost
});
byId("origins-list").replaceChildren(
  ...Object.entries(ORIGIN).map(([origin, label]) =>
    make("label", {}, make("input", { type: "checkbox", value: origin, checked: true }), label)
  ),
);
begin();
