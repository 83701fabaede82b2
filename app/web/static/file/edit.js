// What a person says of a file: score, title, caption and keywords of their own. It is kept whatever is read later.

import * as api from "../lib/api.js";
import { byId, setMessage, setText } from "../lib/dom.js";
import { sentenceList } from "../lib/words.js";

const FIELDS = ["score", "title", "caption"];
const ALL = [...FIELDS, "keywords"];

let known = null; // the file that is shown
let before = {}; // what each field showed when the form was opened: what a field cannot show as it is stays as it is
let saved = null; // called with its path when it was changed
let note = ""; // for the file when it is shown anew, which is then what was edited

const field = (name) => byId(`edit-${name}`);
const isOpen = () => !byId("edit-form").hidden;
const changed = () => ALL.filter((name) => field(name).value !== before[name]);
const own = () => FIELDS.filter((name) => known.sources?.[name] === "person");

/** The button stands where there is a file; the form is closed. Where it has just been saved, the focus goes on there. */
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
  for (const name of FIELDS) field(name).value = known[name] ?? "";
  field("keywords").value = (known.keywords ?? []).filter(({ source }) => source === "person").map(({ text }) => text)
    .join("\n");
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

function toggle(open) {
  byId("edit-form").hidden = !open;
  byId("edit").hidden = open;
  byId("edit").setAttribute("aria-expanded", String(open));
}

/** The fields that were changed; an emptied one says that there is none. */
function values() {
  return Object.fromEntries(changed().map((name) => [name, valueOf(name, field(name).value)]));
}

function valueOf(name, text) {
  if (name === "keywords") return text.split("\n").map((word) => word.trim()).filter(Boolean);
  if (text.trim() === "") return null;
  return name === "score" ? Number(text) : text;
}

async function save(body, said = "") {
  const { path } = known;
  if (!Object.keys(body).length) {
    stop();
    return;
  }
  accept();
  busy(true);
  try {
    await api.editFile(path, body);
    if (known.path === path && byId("explain-dialog").open) { // else another file was opened meanwhile, or none
      note = said;
      await saved(path);
    }
  } catch (error) {
    refuse(error.message, error.field, error.cause);
  } finally {
    busy(false);
  }
}

function busy(isBusy) {
  for (const id of ["edit-save", "edit-release"]) byId(id).disabled = isBusy;
}

function accept() {
  for (const name of ALL) field(name).removeAttribute("aria-invalid");
  setMessage(byId("edit-error"), "");
}

function refuse(sentence, name, cause) {
  if (ALL.includes(name)) {
    field(name).setAttribute("aria-invalid", "true");
    field(name).focus();
  }
  setMessage(byId("edit-error"), sentence, cause);
}

/** `onSaved(path)` shows the file anew, and resolves when it is shown. */
export function prepareEdit(onSaved) {
  saved = onSaved;
  byId("edit").addEventListener("click", start);
  byId("edit-cancel").addEventListener("click", stop);
  byId("edit-release").addEventListener(
    "click",
    () =>
      save(
        { ...values(), release: own().filter((name) => !changed().includes(name)) },
        "What was given back is read anew by the next session.",
      ),
  );
  byId("edit-form").addEventListener("submit", (event) => {
    event.preventDefault();
    save(values());
  });
}
