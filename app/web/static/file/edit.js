// What a person says of a file: score, title, caption and keywords of their own. It is kept whatever is read later.

import * as api from "../lib/api.js";
import { byId, setMessage, setText } from "../lib/dom.js";
import { sentenceList } from "../lib/words.js";

/** @import { Edit, LibraryFile } from "../lib/types.d.ts" */

const FIELDS = /** @type {const} */ (["score", "title", "caption"]);
const ALL = /** @type {const} */ ([...FIELDS, "keywords"]);

/** @typedef {typeof ALL[number]} Field */

/** @type {LibraryFile | null} */
let known = null; // the file that is shown
/**
 * What each field showed when the form was opened: what a field cannot show as it is stays as it is.
 *
 * @type {Partial<Record<Field, string>>}
 */
let before = {};
/** @type {(path: string) => void | Promise<void>} */
let saved = () => {}; // called with its path when it was changed
let note = ""; // for the file when it is shown anew, which is then what was edited

/** @param {Field} name */
const field = (name) => byId(`edit-${name}`);
const isOpen = () => !byId("edit-form").hidden;
const changed = () => ALL.filter((name) => field(name).value !== before[name]);
const own = () => FIELDS.filter((name) => known?.sources[name] === "person");

/**
 * The button stands where there is a file; the form is closed. Where it has just been saved, the focus goes on there.
 *
 * @param {LibraryFile | null} file
 */
export function offerEdit(file) {
  const wasOpen = isOpen();
  known = file;
  toggle(false);
  setMessage(byId("edit-note"), note);
  note = "";
  if (wasOpen && file) byId("edit").focus();
}

/** Whether the file may be left: not while something is written and not saved. An unchanged form is closed instead. */
export function leaveEdit() {
  if (!isOpen()) return true;
  const [first] = changed();
  if (first) {
    refuse("Save what you wrote, or cancel it, first.", first);
    return false;
  }
  stop();
  return false;
}

function start() {
  for (const name of FIELDS) field(name).value = String(known?.[name] ?? "");
  const theirs = (known?.keywords ?? []).filter(({ source }) => source === "person");
  field("keywords").value = theirs.map(({ text }) => text).join("\n");
  before = Object.fromEntries(ALL.map((name) => [name, field(name).value]));
  accept();
  byId("edit-release").hidden = !own().length;
  setText(byId("edit-release"), `Give ${sentenceList(own())} back to the file`);
  toggle(true);
  field("score").focus();
}

function stop() {
  toggle(false);
  byId("edit").focus();
}

/** @param {boolean} open */
function toggle(open) {
  byId("edit-form").hidden = !open;
  byId("edit").hidden = open;
  byId("edit").setAttribute("aria-expanded", String(open));
}

/**
 * The fields that were changed; an emptied one says that there is none.
 *
 * @returns {Edit}
 */
function values() {
  return Object.fromEntries(changed().map((name) => [name, valueOf(name, field(name).value)]));
}

/** @type {(name: Field, text: string) => string | string[] | number | null} */
function valueOf(name, text) {
  if (name === "keywords") return text.split("\n").map((word) => word.trim()).filter(Boolean);
  if (text.trim() === "") return null;
  return name === "score" ? Number(text) : text;
}

/** @param {Edit} body */
async function save(body, said = "") {
  const path = known?.path;
  if (path === undefined || !Object.keys(body).length) {
    stop();
    return;
  }
  accept();
  busy(true);
  try {
    await api.editFile(path, body);
    if (known?.path === path && byId("edit-form").getClientRects().length) { // else another file was opened meanwhile, or none
      note = said;
      await saved(path);
    }
  } catch (error) {
    const { message, field: name, cause } = api.refusal(error);
    refuse(message, name, cause);
  } finally {
    busy(false);
  }
}

/** @param {boolean} isBusy */
function busy(isBusy) {
  byId("edit-save").disabled = isBusy;
  byId("edit-release").disabled = isBusy;
}

function accept() {
  for (const name of ALL) field(name).removeAttribute("aria-invalid");
  setMessage(byId("edit-error"), "");
}

/** @type {(sentence: string, name: string | null, cause?: string) => void} */
function refuse(sentence, name, cause) {
  const named = ALL.find((each) => each === name);
  if (named) {
    field(named).setAttribute("aria-invalid", "true");
    field(named).focus();
  }
  setMessage(byId("edit-error"), sentence, cause);
}

function giveBack() {
  const release = own().filter((name) => !changed().includes(name));
  save({ ...values(), release }, "What was given back is read anew by the next session.");
}

/**
 * `onSaved(path)` shows the file anew, and resolves when it is shown.
 *
 * @param {(path: string) => void | Promise<void>} onSaved
 */
export function prepareEdit(onSaved) {
  saved = onSaved;
  byId("edit").addEventListener("click", start);
  byId("edit-cancel").addEventListener("click", stop);
  byId("edit-release").addEventListener("click", giveBack);
  byId("edit-form").addEventListener("submit", (event) => {
    event.preventDefault();
    save(values());
  });
}
