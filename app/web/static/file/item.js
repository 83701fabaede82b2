// The page of one file of the library: large, with all that is known of it, and on to the others of the search.

import * as api from "../lib/api.js";
import { byId, inside, make, setText } from "../lib/dom.js";
import { showBoxes } from "./boxes.js";
import { showTrouble, tell } from "./account.js";
import { prepareDescribed, showDescribed } from "./described.js";
import { leaveEdit, prepareEdit } from "./edit.js";
import { leadOn } from "./leading.js";
import { libraryUrl, listOf, pageUrl } from "./requests.js";
import { prepareStage } from "./stage.js";
import { withoutHidden } from "../library/hidden.js";
import { neighbours } from "../library/requests.js";
import { knowChecked, onVeil } from "../shared/veil.js";
import { showSimilar } from "./similar.js";
import { offerToTake } from "./taking.js";
import { judgeVeil, prepareViewer, veilAnew, view } from "./viewer.js";
import { nextAfterScoring, pairsShown, saveJudged, saveSeen } from "../library/kept.js";
import { prepareKeys, showKeys } from "../saying/help.js";
import { isKey, isUndo, takesKeys, wordsOf } from "../saying/keys.js";
import { prepareUndoing, say } from "../saying/saying.js";
import { openWriting } from "../writing/writing.js";
import { fileName, number, readable } from "../lib/words.js";

/** @import { Beside, Words } from "../lib/types.d.ts" */

const PAIR = { live_photo: "Live Photo with", raw: "Taken with" };
const list = listOf(location.search);
let path = byId("file-page").dataset.path ?? "";
/** @type {Beside | null} */
let beside = null;
let besideIn = ""; // the search that it was asked of
/** @type {Promise<Beside | null>} what stands beside the file that is shown, once it is known */
let looking = Promise.resolve(null);

byId("write-metadata").addEventListener("click", () => {
  openWriting({ paths: [path] }, "this file", () => draw(path));
});
const stage = prepareStage({ swiped: (step) => go(step) });
prepareViewer(stage.redraw);

/** Draws what is known of a file. @type {(of: string) => Promise<void>} */
function draw(of) {
  showDescribed(of);
  return tell(of, (_, known) => {
    offerToTake(known);
    if (known && !byId("explain-copies").hidden) linkCopies(of);
  }, (error) => showTrouble(of, error));
}

/** Leads to the copies of a file, side by side. @param {string} of */
function linkCopies(of) {
  const href = `/duplicates?${new URLSearchParams({ by: "bytes", path: of })}`;
  inside(byId("explain-copies"), "ul").append(make("li", {}, make("a", { href }, "Side by side")));
}

/** Shows a file, and what stands beside it. @param {string} of */
async function show(of) {
  path = of;
  saveSeen(of);
  beside = null;
  const [name, drawn] = [readable(fileName(of)), draw(of)];
  showSimilar(of);
  setText(inside(byId("file-page"), "h1"), name);
  setText(inside(byId("file-page"), ".path"), readable(of));
  document.title = `${name} - Media Ingest`;
  looking = lookBeside(of);
  const [known] = await Promise.all([api.libraryFile(of).catch(() => null), looking]);
  if (of !== path) return; // another was asked for meanwhile
  view(known);
  showBoxes(known);
  stage.redraw();
  await drawn;
}

/** Asks which files stand beside a file: what is hidden is left out. @param {string} of */
async function lookBeside(of) {
  besideIn = withoutHidden(list.q);
  const found = await neighbours(of, { ...list, q: besideIn }).catch(() => null);
  if (of !== path) return found;
  beside = found;
  if (found) knowChecked(found.nsfw_checked);
  showBeside();
  return found;
}

function showBeside() {
  const steps = /** @type {const} */ ([["viewer-previous", beside?.previous], ["viewer-next", beside?.next]]);
  for (const [id, to] of steps) {
    const link = byId(id);
    if (to) link.href = pageUrl(to, list);
    else if (link === document.activeElement) byId("viewer-stage").focus();
    if (!to) link.removeAttribute("href");
  }
  const pairs = beside?.pairs ?? [];
  byId("viewer-pairs").replaceChildren(
    ...pairs.map(({ path: other, kind }) =>
      make("a", { href: pageUrl(other, list) }, `${PAIR[kind]} ${readable(fileName(other))}`)
    ),
  );
  const place = beside?.position ?? null;
  setText(byId("viewer-position"), place === null ? "" : `${number(place + 1)} of ${number(beside?.total ?? 0)}`);
}

/** Goes to the next file of the search, or to the one before. @param {1 | -1} step */
function go(step) {
  const to = step === 1 ? beside?.next : beside?.previous;
  if (!to || !leaveEdit()) return;
  history.replaceState(null, "", pageUrl(to, list)); // so that Back leads to where the search is
  show(to);
}

/**
 * Says something of the file, and of those that are one picture with it where one stands for them, once they are known.
 *
 * @param {Words} words
 */
function judge(words) {
  if (!leaveEdit()) return;
  const [of, known, one] = [path, looking, pairsShown() === "one"];
  const meant = async () => ({ paths: [of, ...(one ? (await known)?.pairs ?? [] : []).map((other) => other.path)] });
  say(words, meant, () => judged(of));
  if (words.set && "score" in words.set && nextAfterScoring()) known.then(() => of === path && go(1));
}

/** Something was said of a file, or undone: it is drawn as it is now, beside those that it stood beside. @param {string} of */
async function judged(of) {
  saveJudged();
  if (of !== path) return;
  const [known] = await Promise.all([api.libraryFile(of).catch(() => null), draw(of)]);
  if (of !== path || !known) return;
  judgeVeil(known);
  stage.redraw();
}

/** Back to the library: to where it was left, if it was left for this page. */
function back() {
  if (!leaveEdit()) return;
  const from = URL.canParse(document.referrer) ? new URL(document.referrer) : null;
  if (from?.origin === location.origin && from.pathname === "/library" && history.length > 1) history.back();
  else location.assign(libraryUrl(list));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const { target, key } = event;
  if (takesKeys(target) && key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (isUndo(event)) {
    event.preventDefault();
    if (leaveEdit()) undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !(target instanceof Element)) return;
  if (key === "Escape") back();
  else if (target.closest("input, select, textarea, video")) return;
  else if (stage.key(event)) event.preventDefault();
  else if (isKey(event, "?")) showKeys();
  else if (isKey(event, "e") && !byId("edit").hidden) {
    event.preventDefault();
    byId("edit").click();
  } else if (wordsOf(event)) judge(wordsOf(event) ?? {});
  else if (key === "ArrowRight" || key === "ArrowLeft") go(key === "ArrowRight" ? 1 : -1);
}

/** A click that opens nothing beside this page. @type {(act: () => void) => (event: MouseEvent) => void} */
const here = (act) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  act();
};

const undo = prepareUndoing(() => judged(path));
prepareKeys();
prepareDescribed(judge);
prepareEdit((of) => {
  saveJudged();
  return draw(of);
});
leadOn(() => path);
byId("viewer-back").href = libraryUrl(list);
byId("viewer-back").addEventListener("click", here(back));
byId("viewer-previous").addEventListener("click", here(() => go(-1)));
byId("viewer-next").addEventListener("click", here(() => go(1)));
document.addEventListener("keydown", onKey);
onVeil(() => {
  veilAnew();
  stage.redraw();
  if (besideIn !== withoutHidden(list.q)) looking = lookBeside(path);
});
show(path);
