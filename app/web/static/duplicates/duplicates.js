// The page of duplicates: asks for the groups of a kind, shows them side by side, and hands on what the kept file gets. Which
// groups there are is the server's word; a distance only filters what it has computed.

import { isAbort, refusal } from "../lib/api.js";
import { around, byId, setMessage, setText } from "../lib/dom.js";
import { fileName, readable } from "../lib/words.js";
import { prepareAbsence } from "../shared/absence.js";
import { afterWords } from "../saying/after.js";
import { prepareKeys, showKeys } from "../saying/help.js";
import { isKey, isUndo, takesKeys } from "../saying/keys.js";
import { doAndTell, prepareUndoing } from "../saying/saying.js";
import { handedOnInWords } from "../saying/told.js";
import { groupCard } from "./cards.js";
import {
  addressOf,
  askedBy,
  canPlan,
  distanceInWords,
  foundInWords,
  nameOf,
  noneInWords,
  planAsked,
  planInWords,
  saidAfter,
  sameGroups,
  staying,
} from "./groups.js";
import { savedJudged, saveJudged } from "./judged.js";
import * as api from "./requests.js";
import { makeRest, showCoverage } from "./rest.js";
import {
  atOtherDistance,
  changes,
  keeping,
  takenBack,
  tickedInWords,
  ticking,
  untickedInWords,
  unticking,
  withStep,
} from "./steps.js";

/** @import { AlikeGroup, AlikeGroups, Judged, JudgedStep, Words } from "../lib/types.d.ts" */

const REST_MS = 120; // after the last move of the slider
const INDEXING_MS = 2_000;

const slider = document.querySelector("input#distance");
const widest = slider instanceof HTMLInputElement ? Number(slider.max) : 0;
let asked = askedBy(location.search, widest);
let { judged, steps } = savedJudged(asked);
/** @type {AlikeGroup[]} */
let groups = [];
let total = 0;
/** @type {AbortController | null} */
let loading = null;
/** @type {number | undefined} */
let soon;
/** @type {Map<number, AlikeGroup>} the groups before the edits of this page */
const before = new Map();

/** Asks for the groups; those that are shown stay until the others come. `again` is for what is shown, and not told. */
async function load({ again = false } = {}) {
  clearTimeout(soon);
  loading?.abort();
  const mine = loading = new AbortController();
  byId("groups-trouble").hidden = true;
  if (!again) {
    byId("groups").setAttribute("aria-busy", "true");
    setText(byId("groups-found"), "Comparing…");
  }
  try {
    const found = await api.groups(asked, { signal: mine.signal });
    if (mine === loading) show(found);
  } catch (error) {
    if (isAbort(error) || mine !== loading) return;
    const { message, cause } = refusal(error);
    setText(byId("groups-found"), "");
    setMessage(byId("groups-error"), message, cause);
    byId("groups-trouble").hidden = false;
  } finally {
    if (mine === loading) byId("groups").removeAttribute("aria-busy");
  }
}

/** @param {AlikeGroups} found */
function show(found) {
  const same = sameGroups(groups, found.groups);
  [groups, total] = [found.groups, found.total];
  setText(byId("groups-found"), asked.path ? "The group of" : foundInWords(found));
  setMessage(byId("groups-of"), asked.path && readable(asked.path));
  if (!same) drawAll();
  setMessage(byId("groups-none"), groups.length ? "" : noneInWords(found.coverage, asked.path !== null));
  showCoverage(asked.by, found);
  showPages(found.next);
  showPlan();
  showCount(asked.by, found);
  if (found.coverage.missing.indexing) soon = setTimeout(() => load({ again: true }), INDEXING_MS);
}

/** @param {string | null} next */
function showPages(next) {
  const links =
    /** @type {const} */ ([["groups-first", asked.cursor || asked.path, null], ["groups-next", next, next]]);
  for (const [id, shown, cursor] of links) {
    byId(id).hidden = !shown;
    byId(id).href = addressOf({ ...asked, path: null, cursor });
  }
  setText(byId("groups-first"), asked.path ? "All groups" : "First page");
  byId("groups-pages").hidden = !next && !asked.cursor && !asked.path;
}

/** The number of groups on the tab of a kind. @type {(kind: string, found: Pick<AlikeGroups, "total">) => void} */
function showCount(kind, found) {
  const place = document.querySelector(`[data-kind="${kind}"] span`);
  if (place) setText(place, found.total.toLocaleString("en"));
}

async function showCounts() {
  for (const tab of document.querySelectorAll("[data-kind]")) {
    const other = askedBy(tab instanceof HTMLAnchorElement ? tab.search : "");
    if (other.by === asked.by) continue;
    const found = await api.groups(other, { limit: 1 }).catch(() => null);
    if (found) showCount(other.by, found);
  }
}

function showPlan() {
  byId("plan-bar").hidden = !total || asked.path !== null;
  byId("untick").hidden = !judged.ticked.length;
  setText(byId("plan-of"), planInWords(asked, judged, total));
  for (const id of /** @type {const} */ (["plan-sh", "plan-csv"])) byId(id).disabled = !canPlan(asked, judged);
}

const cards = () => /** @type {HTMLElement[]} */ ([...byId("groups").children]);
const marked = () => cards().find(({ tabIndex }) => tabIndex === 0);
/** @param {Element | null | undefined} card */
const groupOf = (card) => groups.find((group) => nameOf(group) === card?.getAttribute("data-group"));

/** Marks the one group that Tab leads to; the first where none has the name. */
/** @type {(name: string | null, how?: { focus?: boolean }) => void} */
function mark(name, { focus = false } = {}) {
  const card = cards().find((one) => one.dataset.group === name) ?? cards()[0];
  for (const one of cards()) one.tabIndex = one === card ? 0 : -1;
  if (focus) card?.focus();
}

/** Draws a group as it is now, with the focus where it was. @param {AlikeGroup} group */
function redraw(group) {
  const old = cards().find((one) => one.dataset.group === nameOf(group));
  if (!old) return;
  const now = groupCard(group, asked.by, judged);
  const focused = placeIn(old);
  now.tabIndex = old.tabIndex;
  old.replaceWith(now);
  focusOn(now, focused);
}

/** Draws all groups, with the focus where it was; if its group is gone, no other one gets it. */
function drawAll() {
  const name = cards().find((card) => card.contains(document.activeElement))?.dataset.group;
  const [stood, focused] = [marked()?.dataset.group, placeIn(byId("groups"))];
  byId("groups").replaceChildren(...groups.map((group) => groupCard(group, asked.by, judged)));
  mark(name ?? stood ?? null);
  const card = cards().find((one) => one.dataset.group === name);
  if (name !== undefined && card) focusOn(card, focused);
}

/** What finds the place of the focus again once it is drawn anew; null where it is elsewhere. */
/** @param {HTMLElement} drawn */
function placeIn(drawn) {
  const focused = document.activeElement;
  if (!focused || !drawn.contains(focused)) return null;
  if (focused instanceof HTMLInputElement) return "input";
  const [path, href] = [focused.getAttribute("data-keep"), focused.getAttribute("href")];
  if (path !== null) return `[data-keep="${CSS.escape(path)}"]`;
  return href === null ? "article" : `.${focused.className}[href="${CSS.escape(href)}"]`;
}

/** Gives the focus to a place of a card, or to the card where that is gone. @type {(card: HTMLElement, place: string | null) => void} */
function focusOn(card, place) {
  const found = place === null ? null : card.querySelector(place) ?? card;
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}

/** Judges anew, as a step that can be taken back. */
/** @type {(now: Judged, told: { edit: number | null, sentence: string }) => void} */
function judge(now, told) {
  steps = withStep(steps, judged, now, told);
  const step = steps.at(-1);
  judged = now;
  if (step) showJudged(step);
}

/** Takes a step back, whichever it is. @param {JudgedStep} step */
function takeBack(step) {
  judged = takenBack(judged, step);
  steps = steps.filter((one) => one !== step);
  showJudged(step);
  const group = groups.find((one) => changes(step, one));
  if (group) mark(nameOf(group), { focus: true });
}

/** Saves what was judged, and shows what a step changed. @param {JudgedStep} step */
function showJudged(step) {
  saveJudged(asked, { judged, steps });
  for (const group of groups) if (changes(step, group)) redraw(group);
  showPlan();
}

/** @type {(group: AlikeGroup, tick: boolean) => void} */
const tick = (group, tick) => judge(ticking(judged, group, tick), { edit: null, sentence: tickedInWords(group, tick) });

/** Keeps one file of a group: it gets what the others have, as one edit. @type {(group: AlikeGroup, path: string) => unknown} */
function keep(group, path) {
  const shown = asked; // by the time that it is its turn, others may be
  return doAndTell(async () => {
    const { undo: edit, handed_on: handedOn } = await api.keepOne(shown, path);
    const now = groups.find((one) => nameOf(one) === nameOf(group)) ?? group;
    if (edit !== null) before.set(edit, now);
    replace(withWords(now, path, handedOn));
    const told = { edit, sentence: handedOnInWords(handedOn, readable(fileName(path))) };
    const others = steps;
    judge(keeping(judged, group, path), told);
    const drawn = groups.find((one) => nameOf(one) === nameOf(group));
    if (drawn) redraw(drawn); // what it got, where it was kept already
    const step = steps === others ? null : steps.at(-1);
    return { undo: step ? own(step) : null, sentence: told.sentence };
  });
}

/** A group in which one file got something. @type {(group: AlikeGroup, path: string, words: Words["set"] & Words) => AlikeGroup} */
function withWords(group, path, { add_keywords: added = [], ...set }) {
  const files = group.files.map((one) =>
    one.file.path === path
      ? { ...one, file: afterWords(one.file, { set, add_keywords: added }), said: saidAfter(one.said, set) }
      : one
  );
  return { ...group, files };
}

/** @param {AlikeGroup} group */
function replace(group) {
  groups = groups.map((one) => nameOf(one) === nameOf(group) ? group : one);
}

/** @param {number} id */
function undone(id) {
  const [stood, step] = [before.get(id), steps.find(({ edit }) => edit === id)];
  before.delete(id);
  if (stood) {
    replace(stood);
    redraw(stood);
  } else load({ again: true });
  if (step) takeBack(step);
}

/** How a step is undone, also at another distance, where it is another object. @param {JudgedStep} step */
function own({ edit, sentence, kept }) {
  const again = () => {
    const step = steps.find((one) => one.kept === kept);
    if (step) takeBack(step);
    if (edit !== null) load({ again: true });
  };
  return { edit, sentence, takeBack: again };
}

/** What is undone before any edit of the library. */
function newest() {
  const step = steps.at(-1);
  return step ? own(step) : null;
}

/** Goes so many groups on. @param {number} steps */
function go(steps) {
  const [all, now] = [cards(), marked()];
  const here = document.activeElement?.closest("[data-group]") ? all.indexOf(now ?? all[0] ?? document.body) : -1;
  const to = here < 0 ? 0 : Math.min(Math.max(here + steps, 0), all.length - 1);
  mark(all[to]?.dataset.group ?? null, { focus: true });
  all[to]?.scrollIntoView({ block: "nearest" });
}

/** What a key does in a group that has the focus. Returns whether it does anything. @type {(event: KeyboardEvent, group: AlikeGroup) => boolean} */
function keyIn(event, group) {
  const alone = event.target instanceof Element && event.target.matches("[data-group]");
  const path = /^[1-9]$/.test(event.key)
    ? group.files[Number(event.key) - 1]?.file.path
    : event.key === "Enter" && alone
    ? staying(group, judged)[0]
    : undefined;
  const ticks = event.key === " " && alone;
  if (event.repeat) return ticks || path !== undefined; // a key that is held judges once
  if (path !== undefined) {
    keep(group, path);
    go(1);
  } else if (ticks) tick(group, !judged.ticked.includes(nameOf(group)));
  return ticks || path !== undefined;
}

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (takesKeys(event.target) || document.querySelector("dialog[open]")) return;
  const group = groupOf(around(event, "[data-group]"));
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (isUndo(event)) undo();
  else if (isKey(event, "?")) showKeys();
  else if (isKey(event, "j") || isKey(event, "k")) go(isKey(event, "j") ? 1 : -1);
  else if (!group || !plain) return;
  else if (event.key in STEPS) go(STEPS[event.key] ?? 0);
  else if (!keyIn(event, group)) return;
  event.preventDefault();
}

/** The plan as a file of the browser's. @param {"sh" | "csv"} format */
async function takePlan(format) {
  setMessage(byId("plan-error"), "");
  byId("plan-bar").setAttribute("aria-busy", "true");
  try {
    const { name, content } = await api.plan(planAsked(asked, judged, format));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    const { message, cause } = refusal(error);
    setMessage(byId("plan-error"), message, cause);
  } finally {
    byId("plan-bar").removeAttribute("aria-busy");
  }
}

function prepareDistance() {
  const said = document.getElementById("distance-said");
  if (!(slider instanceof HTMLInputElement) || !said) return;
  const tell = () => {
    setText(said, distanceInWords(asked.by, asked.max_distance ?? widest));
    slider.setAttribute("aria-valuetext", said.textContent ?? "");
  };
  tell();
  slider.addEventListener("input", () => {
    const distance = Number(slider.value) < widest ? Number(slider.value) : null;
    asked = { ...asked, max_distance: distance, cursor: null };
    const ticked = groups.filter((group) => judged.ticked.includes(nameOf(group)));
    ({ judged, steps } = atOtherDistance({ judged, steps }));
    saveJudged(asked, { judged, steps });
    for (const group of ticked) redraw(group);
    tell();
    history.replaceState(null, "", addressOf(asked));
    clearTimeout(soon);
    soon = setTimeout(() => load(), REST_MS);
  });
}

const undo = prepareUndoing(undone, { newest });
prepareKeys();
prepareDistance();
prepareAbsence({
  changed: (gone) => {
    if (!gone && !byId("groups-trouble").hidden) load();
  },
});
byId("groups-again").addEventListener("click", () => load());
byId("make-rest").addEventListener("click", async () => {
  const button = byId("make-rest");
  if (button.classList.contains("moving")) return;
  button.classList.add("moving"); // not disabled, which would take the focus away
  await makeRest().catch((error) => setText(byId("coverage-rest"), refusal(error).message));
  button.classList.remove("moving");
});
byId("untick").addEventListener("click", () => {
  judge(unticking(judged, groups), { edit: null, sentence: untickedInWords(judged.ticked.length) });
  (byId("plan-sh").disabled ? marked() : byId("plan-sh"))?.focus();
});
byId("plan-bar").addEventListener("click", (event) => {
  const format = around(event, "[data-plan]")?.dataset.plan;
  if (format === "sh" || format === "csv") takePlan(format);
});
byId("groups").addEventListener("focusin", (event) => {
  const card = around(event, "[data-group]");
  for (const one of cards()) one.tabIndex = one === card ? 0 : -1;
});
byId("groups").addEventListener("change", (event) => {
  const group = groupOf(around(event, "[data-group]"));
  if (group && event.target instanceof HTMLInputElement) tick(group, event.target.checked);
});
byId("groups").addEventListener("click", (event) => {
  const [group, path] = [groupOf(around(event, "[data-group]")), around(event, "[data-keep]")?.dataset.keep];
  if (group && path !== undefined) keep(group, path);
});
document.addEventListener("keydown", onKey);
load().then(showCounts);
