// The page of a folder against the library: begins a comparison, follows it, and shows the sum; each number opens its list.
// The server keeps the comparison, so a reload finds it again.

import { refusal } from "../lib/api.js";
import { prepareDialogs, restoreDialogs } from "../lib/dialogs.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { whileSeen } from "../lib/watch.js";
import { bytes, clock, count, number, readable } from "../lib/words.js";
import { leadOn } from "../file/leading.js";
import { prepareAbsence } from "../shared/absence.js";
import { openFiles, openList, prepareFiles } from "../shared/files.js";
import { pathButton } from "../shared/paths.js";
import { classesOf } from "./classes.js";
import * as api from "./requests.js";

/** @import { Compared, ComparedFile, Comparing, Holding } from "../lib/types.d.ts" */

const LOOK_MS = 700;
const NAMED = 10; // files of a class that stand on the page itself
const LIST_PAGE = 100;

let following = ""; // the folder of the comparison that is followed
let stopFollowing = () => {};

const addressed = () => new URLSearchParams(location.search).get("directory") ?? "";
let place = addressed();

/** Looks what the server has for the folder of the address, and shows it. */
async function open() {
  place = addressed();
  if (place) byId("compare-directory").value = place;
  show(null);
  try {
    const { last } = await api.lastComparison();
    if (last && (!place || last.directory === place)) take(last);
    else if (last?.comparing) {
      const other = make("a", { href: addressOf(last.directory) }, readable(last.directory));
      note([other, " is being compared now: comparing another folder ends that."]);
    }
  } catch (error) {
    refused(error);
  }
}

/** @param {string} directory */
const addressOf = (directory) => `/compare?${new URLSearchParams({ directory })}`;

/** What the server says of a comparison. @param {Compared | Comparing} told */
function take(told) {
  following = told.directory;
  byId("compare-directory").value = told.directory;
  byId("compare-rehash").checked = told.rehashed;
  if (place !== told.directory) {
    place = told.directory;
    history.pushState(null, "", addressOf(place));
  }
  if (!told.comparing) {
    stopFollowing();
    show(told);
    return;
  }
  show(null);
  byId("comparing").hidden = false;
  setText(byId("comparing-title"), `Reading ${readable(told.directory)}`);
  const bar = byId("comparing-bar");
  if (told.of) [bar.max, bar.value] = [told.of, told.done];
  else bar.removeAttribute("value");
  setText(byId("comparing-text"), told.of ? `${number(told.done)} of ${count(told.of, "file")}` : "Counting files…");
}

function follow() {
  stopFollowing();
  stopFollowing = whileSeen(look, LOOK_MS);
}

/** Looks how far it is; what is no more is said. */
async function look() {
  try {
    const { last } = await api.lastComparison();
    if (last?.directory === following) take(last);
    else lost(last ? "Another folder is being compared by now." : "This comparison was ended.");
  } catch (error) {
    const { cause, message } = refusal(error);
    if (cause !== "unreachable") lost(message); // that the server does not answer is said above
  }
}

/** @param {string} why */
function lost(why) {
  stopFollowing();
  show(null);
  note([why]);
}

/** @param {(string | HTMLElement)[]} parts */
function note(parts) {
  byId("compare-note").replaceChildren(...parts);
  byId("compare-note").hidden = !parts.length;
}

/** @param {unknown} error */
function refused(error) {
  const { message, cause } = refusal(error);
  setMessage(byId("compare-error"), message, cause);
  byId("compare-directory").setAttribute("aria-invalid", "true");
}

/** Shows an answer, or none. @param {Compared | null} answer */
function show(answer) {
  const focused = byId("comparing").contains(document.activeElement);
  note([]);
  byId("comparing").hidden = true;
  byId("compared").hidden = !answer;
  byId("compared-lists").replaceChildren();
  if (!answer) return;
  const said = byId("compared-answer");
  setText(said, answer.sentence);
  const allIn = answer.files > 0 && answer.in_library === answer.files;
  said.className = `banner compared-answer ${answer.safe ? "good" : allIn ? "warn" : "bad"}`;
  const at = clock(new Date(Date.now() - answer.age_seconds * 1000));
  setText(byId("compared-of"), `${readable(answer.directory)}, compared at ${at}`);
  byId("compared-sum").replaceChildren(...classesOf(answer).map(([name, label]) => line(answer, name, label)));
  setText(byId("compared-files"), number(answer.files));
  setText(byId("compared-beside"), besideOf(answer));
  for (const [name, label] of classesOf(answer)) {
    if (name !== "in_library" && answer[name]) nameFirst(answer, name, label);
  }
  if (focused) said.focus();
}

/** @type {(answer: Compared, name: Holding, label: string) => HTMLElement} */
function line(answer, name, label) {
  const files = answer[name];
  const open = () => openClass(answer, name, label);
  const told = files
    ? make("button", { type: "button", class: "quiet-button", "data-list": name, onclick: open }, number(files))
    : "0";
  return make(
    "tr",
    { class: files && name !== "in_library" ? "bad" : null },
    make("th", { scope: "row" }, label),
    make("td", {}, told),
  );
}

/** @param {Compared} answer */
function besideOf({ in_library: files, read_again: again, rehashed, sidecars }) {
  return [
    rehashed && files ? `Of ${number(again)} of ${number(files)} in the library the copy was read again.` : "",
    sidecars ? `${count(sidecars, "sidecar")} ${sidecars === 1 ? "counts" : "count"} with their pictures.` : "",
  ].filter(Boolean).join(" ");
}

/** Names the first files of a class below the sum. @type {(answer: Compared, name: Holding, label: string) => Promise<void>} */
async function nameFirst(answer, name, label) {
  const list = make("ul", { class: "files" });
  const title = make("h2", { class: "small" }, label);
  byId("compared-lists").append(make("section", { class: "card" }, title, list));
  try {
    const { files } = await pageOf(answer, name, null, NAMED);
    list.replaceChildren(...files.map(row));
  } catch (error) {
    list.replaceChildren(make("li", {}, refusal(error).message));
  }
  const all = answer[name];
  if (all <= NAMED) return;
  const open = () => openClass(answer, name, label);
  list.after(make("button", { type: "button", class: "plain", onclick: open }, `All ${number(all)}`));
}

/** @type {(answer: Compared, name: Holding, label: string) => void} */
function openClass(answer, name, label) {
  openFiles({
    list: name,
    title: `${label}: ${number(answer[name])}`,
    load: (cursor) => pageOf(answer, name, cursor, LIST_PAGE),
    row,
  });
}

/** A page of a class of the answer that is shown, as long as the server has it. */
/** @type {(answer: Compared, name: Holding, cursor: string | null, limit: number) => ReturnType<typeof api.comparedFiles>} */
async function pageOf(answer, name, cursor, limit) {
  const { last } = await api.lastComparison();
  const same = last && !last.comparing && last.directory === answer.directory && last.rehashed === answer.rehashed;
  if (!same) throw new Error("The server has forgotten the lists of this answer: compare the folder again.");
  return api.comparedFiles({ directory: answer.directory, rehash: answer.rehashed }, name, cursor, limit);
}

/** @param {ComparedFile} file */
function row({ path, reason, size, sidecars, copy }) {
  const facts = [size === null ? "" : bytes(size), sidecars ? `and ${count(sidecars, "sidecar")}` : ""];
  return make(
    "li",
    { class: "compared-file" },
    make(
      "div",
      {},
      pathButton(path),
      make("small", { class: "quiet" }, facts.filter(Boolean).join(" ")),
      reason ? make("p", { class: "reason" }, readable(reason)) : null,
      copy ? make("div", { class: "copy" }, make("span", { class: "quiet" }, "Held against "), pathButton(copy)) : null,
    ),
  );
}

byId("compare-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const directory = byId("compare-directory").value.trim();
  setMessage(byId("compare-error"), "");
  byId("compare-directory").removeAttribute("aria-invalid");
  stopFollowing();
  try {
    const told = await api.compare({ directory, rehash: byId("compare-rehash").checked });
    take(told);
    if (told.comparing) follow();
  } catch (error) {
    show(null);
    refused(error);
  }
});
byId("comparing-cancel").addEventListener("click", async () => {
  stopFollowing();
  try {
    await api.endComparison(following);
    lost("The comparison was cancelled. Nothing was changed.");
  } catch (error) {
    refused(error);
  }
  byId("compare-start").focus();
});
addEventListener("popstate", () => {
  if (place !== addressed()) begin();
});

async function begin() {
  stopFollowing();
  await open();
  if (!byId("comparing").hidden) follow();
}

byId("compare-start").disabled = false; // what it was pressed for before would be lost
prepareAbsence({ changed: () => {} });
prepareFiles();
leadOn(() => "");
prepareDialogs({ list: { dialog: "files-dialog", open: openList } });
begin().then(restoreDialogs);
