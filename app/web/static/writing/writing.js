// The dialog that writes metadata: the differences first, then the button that writes them, and its undo.

import { refusal, request } from "../lib/api.js";
import { closable } from "../lib/dialogs.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { count, number, readable } from "../lib/words.js";
import { counted, MOST_ROWS, rows } from "./told.js";

/** @import { FileWritten, MetadataWritten, Writing } from "../lib/types.d.ts" */

/** @typedef {{ paths: string[] } | { q: string }} Meant */

/** @type {Meant} */
let meant = { paths: [] };
let asked = 0; // an answer to an older question is none
/** @type {string | null} */
let last = null; // what the undo takes back

/** @type {() => void} */
let wrote = () => {};

/** @returns {HTMLInputElement[]} */
const choices = () => [...byId("write-form").querySelectorAll("input")];
const to = () => choices().find((choice) => choice.checked)?.value ?? "sidecar_dir";

/** Opens it for some files; `done` is called when something was written. @type {(files: Meant, said: string, done?: () => void) => void} */
export function openWriting(files, said, done = () => {}) {
  meant = files;
  wrote = done;
  setText(byId("write-what"), `What you said of ${said}, and nothing else.`);
  byId("write-dialog").showModal();
  begin();
}

async function begin() {
  try {
    const writing = await know();
    for (const choice of choices()) {
      const target = writing.targets.find((one) => one.to === choice.value);
      choice.disabled = !target?.available;
      choice.title = target?.why_not ?? "";
      if (choice.disabled) choice.checked = false;
    }
    if (!choices().some((choice) => choice.checked)) {
      const first = choices().find((choice) => !choice.disabled);
      if (first) first.checked = true;
    }
    setText(byId("write-dir"), readable(writing.sidecar_dir));
    await look();
  } catch (error) {
    refuse(error);
  }
}

/** @returns {Promise<Writing>} */
async function know() {
  /** @type {Writing} */
  const writing = await request("GET", "/api/library/write");
  last = writing.last?.undo ?? null;
  byId("write-undo").hidden = last === null;
  setText(byId("write-undo"), `Undo the last write (${count(writing.last?.files ?? 0, "file")})`);
  return writing;
}

/** Asks what would change, and shows it. */
async function look() {
  const question = ++asked;
  byId("write-go").disabled = true;
  setMessage(byId("write-error"), "");
  setText(byId("write-found"), "Looking…");
  try {
    const answer = await write(true);
    if (question !== asked) return;
    show(answer);
    const files = answer.counts["would_write"] ?? 0;
    byId("write-go").disabled = !files;
    setText(byId("write-go"), files ? `Write ${count(files, "file")}` : "Write");
  } catch (error) {
    if (question === asked) refuse(error);
  }
}

/** @type {(dry: boolean) => Promise<MetadataWritten>} */
const write = (dry) => request("POST", "/api/library/write", { body: { ...meant, to: to(), dry_run: dry } });

/** @param {MetadataWritten} answer */
function show(answer) {
  const told = rows(answer.files);
  setText(byId("write-found"), counted(answer));
  byId("write-changes").hidden = !told.length;
  const more = told.length - MOST_ROWS;
  byId("write-rows").replaceChildren(
    ...told.slice(0, MOST_ROWS).map(([path = "", field = "", ...values]) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, readable(path)),
        values.length
          ? [field, ...values].map((text) => make("td", {}, readable(text, { lines: true })))
          : make("td", { colspan: 3 }, readable(field)),
      )
    ),
    ...(more > 0 ? [make("tr", {}, make("td", { colspan: 4 }, `And ${number(more)} more.`))] : []),
  );
}

/** @param {unknown} error */
function refuse(error) {
  const { message, cause } = refusal(error);
  setText(byId("write-found"), "");
  setMessage(byId("write-error"), message, cause);
}

async function go() {
  byId("write-go").disabled = true;
  setText(byId("write-found"), "Writing…");
  setMessage(byId("write-error"), "");
  try {
    show(await write(false));
    await know();
    wrote();
  } catch (error) {
    refuse(error);
  }
}

async function undo() {
  byId("write-undo").disabled = true;
  setMessage(byId("write-error"), "");
  try {
    /** @type {{ changed: number, refused: FileWritten[] }} */
    const { changed, refused } = await request("POST", "/api/library/undo", { body: { undo: last } });
    await know();
    await look();
    const stayed = refused.length ? `, ${count(refused.length, "file")} not: ${refused[0]?.reason ?? ""}` : ".";
    setText(byId("write-found"), `${count(changed, "file")} as before${stayed}`);
    wrote();
  } catch (error) {
    refuse(error);
  } finally {
    byId("write-undo").disabled = false;
  }
}

closable(byId("write-dialog"));
byId("write-form").addEventListener("change", look);
byId("write-undo").addEventListener("click", undo);
byId("write-form").addEventListener("submit", (event) => {
  event.preventDefault();
  go();
});
