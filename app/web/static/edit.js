// What a person says of a file: score, title, caption and keywords of their own. It is kept whatever is read later.

import * as api from "./api.js";
import { byId, setMessage, setText } from "./dom.js";
import { sentenceList } from "./words.js";

const FIELDS = ["score", "title", "caption"];

let known = null; // the file that is shown
let saved = null; // called with its path when it was changed

const field = (name) => byId(`edit-${name}`);
const ownKeywords = () => (known.keywords ?? []).filter(({ source }) => source === "person").map(({ text }) => text);
const own = () => [...FIELDS.filter((name) => known.sources?.[name] === "person")];

/** The button stands where there is a file; the form is closed. */
export function offerEdit(file) {
  known = file;
  close();
}

function open() {
  for (const name of FIELDS) field(name).value = known[name] ?? "";
  field("keywords").value = ownKeywords().join(", ");
  setMessage(byId("edit-error"), "");
  byId("edit-release").hidden = !own().length;
  setText(byId("edit-release"), `Give ${sentenceList(own())} back to the file`);
  toggle(true);
  field("score").focus();
}

function close() {
  toggle(false);
}

function toggle(isOpen) {
  byId("edit-form").hidden = !isOpen;
  byId("edit").hidden = isOpen;
  byId("edit").setAttribute("aria-expanded", String(isOpen));
}

/** What differs from what is known: an emptied field says that there is none. */
function changes() {
  const values = {};
  for (const name of FIELDS) {
    const text = field(name).value.trim();
    const value = text === "" ? null : name === "score" ? Number(text) : text;
    if (value !== (known[name] ?? null)) values[name] = value;
  }
  const words = field("keywords").value.split(",").map((word) => word.trim()).filter(Boolean);
  if (words.join("\n") !== ownKeywords().join("\n")) values.keywords = words;
  return values;
}

async function save(values) {
  const { path } = known;
  if (!Object.keys(values).length) {
    close();
    return;
  }
  try {
    await api.editFile(path, values);
    saved(path);
  } catch (error) {
    setMessage(byId("edit-error"), error.message, error.cause);
  }
}

/** `onSaved(path)` shows the file anew. */
export function prepareEdit(onSaved) {
  saved = onSaved;
  byId("edit").addEventListener("click", open);
  byId("edit-cancel").addEventListener("click", () => { close(); byId("edit").focus(); });
  byId("edit-release").addEventListener("click", () => save({ release: own() }));
  byId("edit-form").addEventListener("submit", (event) => {
    event.preventDefault();
    save(changes());
  });
}
