// The page of descriptions: a picture beside what a model said of it, judged by keys or buttons, one after the other.

import { refusal } from "../lib/api.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { count, fileName, number, readable } from "../lib/words.js";
import { withoutHidden } from "../library/hidden.js";
import { withTerm } from "../library/terms.js";
import { prepareKeys, showKeys } from "../saying/help.js";
import { isKey, isUndo, takesKeys } from "../saying/keys.js";
import { prepareUndoing, say } from "../saying/saying.js";
import { ask } from "../shared/confirm.js";
import { markAlone, onVeil } from "../shared/veil.js";
import * as api from "./requests.js";
import { others } from "./said.js";
import { accepting, ALL, NONE, waits, writtenOf } from "./verdict.js";

/** @import { FileDescribed, Words } from "../lib/types.d.ts" */

const AT_ONCE = 100;
const NEAR_END = 20;
const asked = withTerm(new URLSearchParams(location.search).get("q") ?? "", "is:proposed");
let listed = asked; // without what is hidden
const FIELDS = /** @type {const} */ (["title", "caption", "keywords"]);

/** @type {FileDescribed[]} */
let files = [];
let at = 0;
/** @type {string | null} */
let next = null;
let total = 0;
/** @type {Promise<void> | null} */
let loading = null;
/** @type {Map<string, string>} how files were judged here: "Accepted", "Rejected" */
const judged = new Map();
/** @type {Map<number, string>} the file of each edit of this page */
const edited = new Map();

/** Asks for the first files, or for more of them. */
async function load({ anew = false } = {}) {
  listed = withoutHidden(asked);
  const page = await api.described(listed, anew ? null : next, AT_ONCE);
  if (anew) {
    [files, at] = [[], 0];
    judged.clear();
  }
  const there = new Set(files.map(({ path }) => path));
  files.push(...page.files.filter(({ path }) => !there.has(path)));
  next = page.next;
  total = page.total + judged.size;
  show();
}

/** Loads, and tells what was refused. @param {{ anew?: boolean }} [how] */
function loadMore(how) {
  loading ??= load(how).then(() => setMessage(byId("review-error")))
    .catch((error) => setMessage(byId("review-error"), refusal(error).message, refusal(error).cause))
    .finally(() => loading = null);
  return loading;
}

/** What is said now, where a file has a title or keywords already. @type {(file: FileDescribed, field: typeof FIELDS[number]) => string} */
function nowInWords(file, field) {
  if (field === "keywords") return file.keywords.length ? `Has ${readable(file.keywords.join(", "))}` : "";
  const text = file[field];
  if (file.own.includes(field)) return text === null ? "Yours: none" : `Yours stays: ${readable(text)}`;
  return text === null ? "" : `Instead of: ${readable(text)}`;
}

function show() {
  const file = files[at];
  byId("review-none").hidden = Boolean(file);
  byId("review").hidden = !file;
  if (!file) return;
  const [name, written] = [readable(fileName(file.path)), writtenOf(file)];
  setText(byId("review-place"), `${number(at + 1)} of ${number(Math.max(total, files.length))}`);
  setText(byId("review-name"), name);
  byId("review-name").href = `/file?${new URLSearchParams({ path: file.path })}`;
  showPicture(file, name);
  for (const field of FIELDS) {
    byId(`review-${field}`).value = written[field];
    byId(`review-${field}`).readOnly = !waits(file);
    const now = waits(file) ? nowInWords(file, field) : "";
    setText(byId(`review-${field}-now`), now);
    byId(`review-${field}-now`).hidden = !now;
  }
  byId("review-others").replaceChildren(...others(file));
  const state = judged.get(file.path) ?? "";
  setText(byId("review-state"), state);
  byId("review-state").hidden = !state;
  byId("review-accept").disabled = byId("review-reject").disabled = !waits(file);
  byId("review-previous").disabled = at === 0;
  byId("review-next").disabled = at === files.length - 1;
  const left = total - judged.size;
  setText(byId("review-all"), `Accept all ${number(left)}`);
  byId("review-all").disabled = left < 1;
  if (next && at > files.length - NEAR_END) loadMore();
}

/** @type {(file: FileDescribed, name: string) => void} the picture stays while its file does */
function showPicture(file, name) {
  const figure = byId("review-picture");
  if (figure.dataset.path === file.path) return;
  figure.dataset.path = file.path;
  const src = `/api/library/preview?${new URLSearchParams({ path: file.path })}`;
  const image = make("img", { src, alt: name, decoding: "async" });
  const shown = file.is_nsfw === false ? image : make("span", { class: "veiled-thumb" }, image);
  markAlone(shown, file);
  image.addEventListener("error", () => shown.replaceWith(make("p", { class: "quiet" }, "No picture of it.")));
  figure.replaceChildren(shown);
}

/** @param {1 | -1} step */
function go(step) {
  if (!files[at + step]) return;
  at += step;
  show();
}

/** Goes on to the next file that waits, of those behind, then of those before. */
function goOn() {
  const waiting = files.flatMap((file, index) => waits(file) && !judged.has(file.path) ? [index] : []);
  at = waiting.find((index) => index > at) ?? waiting[0] ?? at;
  show();
}

/** Says what was decided of the file that is shown, and goes on at once. @type {(words: Words, state: string) => void} */
function judge(words, state) {
  const file = files[at];
  if (!file || !waits(file) || judged.has(file.path)) return;
  const { path } = file;
  judged.set(path, state);
  goOn();
  const meant = () => ({ paths: [path] });
  say(words, meant, (undo) => undo !== null && edited.set(undo, path)).then(() => refresh(path));
}

/** Asks for one file again, and shows it where it is looked at. @param {string} path */
async function refresh(path) {
  const [index, file] = [files.findIndex((one) => one.path === path), await api.describedFile(path).catch(() => null)];
  if (index < 0 || !file) return;
  files[index] = file;
  if (waits(file)) judged.delete(path);
  if (index === at) show();
}

/** An edit was undone: its file is shown again; of one from elsewhere, all are asked for anew. @param {number} id */
async function undone(id) {
  const path = edited.get(id);
  if (path === undefined) return loadMore({ anew: true });
  at = Math.max(0, files.findIndex((one) => one.path === path));
  await refresh(path);
}

async function acceptAll() {
  if (byId("review-all").classList.contains("moving")) return;
  const files = count(total - judged.size, "file");
  const yes = await ask({
    title: "Accept all?",
    text:
      `What is proposed for ${files} becomes yours. Titles and captions that are yours stay. It can be undone in one go.`,
    yes: `Accept for ${files}`,
    no: "Cancel",
  });
  if (!yes) return;
  const { classList } = byId("review-all");
  classList.add("moving");
  await say(ALL, () => ({ q: listed }), () => loadMore({ anew: true }));
  classList.remove("moving");
}

const accept = () => {
  const file = files[at];
  const written = Object.fromEntries(FIELDS.map((field) => [field, byId(`review-${field}`).value]));
  if (file) judge(accepting(file, /** @type {any} */ (written)), "Accepted");
};
const reject = () => judge(NONE, "Rejected");

/** @param {KeyboardEvent} event */
function onKey(event) {
  const { target, key, repeat } = event;
  if (document.querySelector("dialog[open]")) return;
  const writing = takesKeys(target) && target !== byId("review-q");
  const ends = event.ctrlKey || event.metaKey || target === byId("review-title"); // a title is one line
  if (writing && key === "Enter" && ends && !event.isComposing) repeat || accept();
  else if (writing && key === "Escape" && target instanceof HTMLElement) target.blur();
  else if (takesKeys(target)) return;
  else if (isUndo(event)) undo();
  else if (isKey(event, "?")) showKeys();
  else if (isKey(event, "e")) byId("review-title").focus();
  else if (isKey(event, "a") && !repeat) accept();
  else if (isKey(event, "r") && !repeat) reject();
  else if (isKey(event, "arrowright") || isKey(event, "arrowleft")) go(key === "ArrowRight" ? 1 : -1);
  else return;
  event.preventDefault();
}

const undo = prepareUndoing(undone);
prepareKeys();
byId("review-form").addEventListener("submit", (event) => {
  event.preventDefault();
  accept();
});
byId("review-reject").addEventListener("click", reject);
byId("review-all").addEventListener("click", acceptAll);
byId("review-previous").addEventListener("click", () => go(-1));
byId("review-next").addEventListener("click", () => go(1));
document.addEventListener("keydown", onKey);
onVeil(() => withoutHidden(asked) !== listed && loadMore({ anew: true }));
loadMore();
