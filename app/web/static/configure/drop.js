// Files that are dropped on the page, or chosen with a button: they go to the inbox, then a session takes them in.

import * as api from "../lib/api.js";
import { byId, setMessage } from "../lib/dom.js";
import { say } from "../shared/notice.js";
import { count, number, readable } from "../lib/words.js";

const UNDER_WAY = "The files are in the inbox. A session over it has not ended yet: start another when it has.";

let sending = false;

/**
 * Sends the files one after another, then starts a session over the inbox; those that were refused are named.
 *
 * @param {Iterable<File>} files
 * @param {string} directory
 * @param {(id: string) => void | Promise<void>} begun
 */
async function send(files, directory, begun) {
  const all = [...files];
  if (sending || !all.length) return;
  sending = true;
  setMessage(byId("drop-error"), "");
  let sent = 0;
  try {
    for (const [at, file] of all.entries()) {
      setMessage(
        byId("drop-progress"),
        `Sending ${number(at + 1)} of ${count(all.length, "file")}: ${readable(file.name)}`,
      );
      sent += await sendOne(file);
    }
    setMessage(byId("drop-progress"), "");
    if (!sent) return;
    await begun((await api.start({ directories: [directory] })).session_id);
    say(byId("drop-error").textContent); // the form is out of sight
  } catch (error) {
    const { message, cause, sessionId } = api.refusal(error);
    refuse(sessionId ? UNDER_WAY : message, cause);
  } finally {
    setMessage(byId("drop-progress"), "");
    sending = false;
  }
}

/**
 * Whether a file is in the inbox now. One that cannot be media is named, and the others are sent; other trouble ends it.
 *
 * @param {File} file
 */
async function sendOne(file) {
  try {
    await api.drop(file);
    return 1;
  } catch (error) {
    const { message, cause, status } = api.refusal(error);
    if (status !== 422) throw error;
    const name = readable(file.name);
    refuse(message.startsWith(name) ? message : `${name}: ${message}`, cause);
    return 0;
  }
}

/** @type {(sentence: string, cause: string) => void} */
function refuse(sentence, cause) {
  const before = byId("drop-error").textContent;
  setMessage(byId("drop-error"), [before, sentence].filter(Boolean).join(" "), cause);
}

/** @param {DragEvent} event */
const holdsFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;

/**
 * `begun(id)` gets the session over the inbox. Where the server has none, nothing can be dropped.
 *
 * @param {{ begun: (id: string) => void | Promise<void> }} callbacks
 */
export function prepareDrop({ begun }) {
  const { inbox } = byId("configure").dataset;
  if (!inbox) return;
  const input = byId("drop-files");
  const choose = byId("drop-choose");
  choose.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    await send(input.files ?? [], inbox, begun);
    input.value = "";
  });
  const over = (/** @type {boolean} */ yes) => document.body.classList.toggle("dropping", yes);
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(false);
    send(event.dataTransfer?.files ?? [], inbox, begun);
  });
  choose.disabled = false;
}
