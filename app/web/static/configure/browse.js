// The dialog for choosing a folder: one level at a time, with badges that follow the commits. It is loaded when it is first opened.

import * as api from "../lib/api.js";
import { byId, closable, make, setMessage, spoken } from "../lib/dom.js";
import { whileSeen } from "../lib/watch.js";
import { isRunning, number, readable } from "../lib/words.js";

/** @import { Folder, Listing } from "../lib/types.d.ts" */

const FOLLOW_EVERY_MS = 1000;

/** @type {Listing | null} */
let here = null; // the listing shown, its directories as loaded so far
let request = 0; // the newest request; an older answer is dropped
/** @type {(path: string) => void} */
let onSelect = () => {};
/** @type {string | null} */
let lastState = null; // of the session that was active at the last look
let stopFollowing = () => {};
let prepared = false;

/**
 * Opens at this path; where it cannot be listed, at the roots. `select(path)` gets the chosen directory.
 *
 * @type {(path: string, select: (path: string) => void) => void}
 */
export function openBrowse(path, select) {
  if (!prepared) prepare();
  onSelect = select;
  here = null;
  lastState = null;
  byId("browse-dialog").showModal();
  go(path || null, { fallback: true });
  follow();
  stopFollowing = whileSeen(follow, FOLLOW_EVERY_MS);
}

/** @type {(path: string | null, options?: { fallback?: boolean, focus?: string | null }) => Promise<void>} */
async function go(path, { fallback = false, focus = null } = {}) {
  request += 1;
  const mine = request;
  byId("folders").setAttribute("aria-busy", "true");
  try {
    const listing = await api.directories(path);
    if (mine !== request) return;
    here = listing;
    show(listing);
    focusRow(listing, focus);
  } catch (error) {
    if (mine !== request) return;
    if (fallback && path) go(null);
    else setMessage(byId("browse-message"), api.refusal(error).message);
  } finally {
    if (mine === request) byId("folders").removeAttribute("aria-busy");
  }
}

/** @param {Listing} listing */
function show(listing) {
  setMessage(byId("browse-message"), listing.warning ?? "");
  showBreadcrumb(listing);
  showHere(listing);
  byId("folders").replaceChildren(...listing.directories.map(row));
  setMessage(byId("folders-empty"), listing.directories.length ? "" : "No folders inside.");
  byId("folders-more").hidden = !listing.next;
  byId("select-directory").disabled = !listing.path;
}

/** @param {Listing} listing */
function showHere(listing) {
  const place = byId("browse-here");
  place.hidden = !listing.path;
  place.replaceChildren();
  if (!listing.path) return;
  const counts = badge(wholeOf(listing)) ?? make("span", { class: "quiet" }, nothingYet(listing));
  place.append(make("span", {}, "This folder: "), counts);
}

/** @param {Listing} listing */
const nothingYet = ({ ingest_stats: stats, path }) =>
  !stats.total_files ? `no media directly in ${readable(path)}` : `${number(stats.total_files)}, none ingested yet`;

/** @param {Listing} listing */
function showBreadcrumb({ path: whole }) {
  const parts = whole ? whole.split("/") : [];
  /** @type {{ label: string, path: string | null }[]} */
  const crumbs = [
    { label: "Media roots", path: null },
    ...parts.map((part, index) => ({ label: readable(part), path: parts.slice(0, index + 1).join("/") })),
  ];
  byId("breadcrumb").replaceChildren(
    ...crumbs.map(({ label, path }, index) =>
      make(
        "li",
        {},
        index === crumbs.length - 1 ? make("span", { "aria-current": "true" }, label) : make("button", {
          type: "button",
          onclick: () => go(path, { focus: crumbs[index + 1]?.path ?? null }),
        }, label),
      )
    ),
  );
}

/** @param {Folder} directory */
function row(directory) {
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", class: "folder", onclick: () => go(directory.path) },
      make("span", { class: "folder-icon", "aria-hidden": "true" }),
      make(
        "span",
        { class: "folder-name" },
        make("bdi", { dir: "ltr" }, readable(directory.name)),
        directory.warning ? make("small", { class: "warning" }, directory.warning) : null,
      ),
      badge(directory),
    ),
  );
}

/**
 * What a badge says: `shown` in figures, `words` for screen readers, `whole` where everything here and below is in the
 * library; null where nothing is yet.
 *
 * @param {Pick<Folder, "ingest_stats" | "recursive_stats" | "has_children">} folder
 */
export function badgeOf({ ingest_stats: own, recursive_stats: all, has_children: deeper }) {
  const { total_files: total, ingested_files: ingested, failed_files: failed } = all ?? own;
  if (!ingested && !failed) return null;
  const below = { total: total - own.total_files, ingested: ingested - own.ingested_files };
  const failures = failed ? [`${number(failed)} failed`] : [];
  const figures = (/** @type {number} */ of, /** @type {number} */ all) => `${number(of)}/${number(all)}`;
  const said = (/** @type {number} */ of, /** @type {number} */ all) => `${number(of)} of ${number(all)} ingested`;
  const shown = [
    ...(own.total_files ? [`(${figures(own.ingested_files, own.total_files)})`] : []),
    ...(below.total ? [`${figures(below.ingested, below.total)} below`] : []),
    ...failures,
  ];
  const words = [
    ...(own.total_files ? [`${said(own.ingested_files, own.total_files)} here`] : []),
    ...(below.total ? [`${said(below.ingested, below.total)} in the folders below`] : []),
    ...failures,
  ];
  const whole = ingested === total && (all !== undefined || !deeper);
  return { shown: shown.join(", "), words: `${whole ? "Complete: " : ""}${words.join(", ")}`, whole };
}

/** @param {Parameters<typeof badgeOf>[0]} folder */
function badge(folder) {
  const said = badgeOf(folder);
  if (!said) return null;
  const tone = said.whole ? "whole" : folder.ingest_stats.total_files ? "partial" : "below";
  return make(
    "span",
    { class: `badge ${tone}` },
    make("span", { "aria-hidden": "true" }, said.shown),
    spoken(said.words),
  );
}

/**
 * The counts of the folder that is listed, with what is below where all of it is known.
 *
 * @param {Listing} listing
 */
function wholeOf({ ingest_stats: own, directories, next }) {
  const below = directories.map(({ recursive_stats: stats }) => stats);
  if (next || !below.length || below.includes(undefined)) {
    return { ingest_stats: own, has_children: directories.length > 0 };
  }
  const all = { ...own };
  for (const stats of below) {
    all.total_files += stats?.total_files ?? 0;
    all.ingested_files += stats?.ingested_files ?? 0;
    all.failed_files += stats?.failed_files ?? 0;
  }
  return { ingest_stats: own, recursive_stats: all, has_children: true };
}

const rows = () => [...byId("folders").querySelectorAll("button")];

/** @type {(listing: Listing, path: string | null) => void} */
function focusRow(listing, path) {
  const buttons = rows();
  const wanted = listing.directories.findIndex((directory) => directory.path === path);
  (buttons[wanted] ?? buttons[0] ?? byId("select-directory")).focus();
}

async function loadMore() {
  const button = byId("folders-more");
  const shown = here;
  if (!shown) return;
  button.disabled = true;
  try {
    const page = await api.directories(shown.path, shown.next);
    const now = here; // whose badges may have moved on
    if (!now || now.path !== shown.path || now.next !== shown.next) return; // another folder was opened meanwhile
    const from = now.directories.length;
    here = { ...now, directories: [...now.directories, ...page.directories], next: page.next };
    byId("folders").append(...page.directories.map(row));
    byId("folders-more").hidden = !page.next;
    rows()[from]?.focus();
  } catch (error) {
    setMessage(byId("browse-message"), api.refusal(error).message);
  } finally {
    button.disabled = false;
  }
}

/** While the dialog is open: commits of any session, started here, in another tab or by a program, show at once. */
async function follow() {
  const active = await api.activeSession().catch(() => null);
  if (!active) return;
  const state = `${active.session_id} ${active.status}`;
  const moved = isRunning(active) || (lastState !== null && state !== lastState);
  lastState = state;
  if (moved) await refreshBadges();
}

/** Draws anew only what differs, so that a click or the focus on a row is not lost. */
async function refreshBadges() {
  const shown = here;
  if (!shown) return;
  const fresh = await api.directories(shown.path).catch(() => null);
  if (!fresh || here !== shown) return;
  const known = new Map(fresh.directories.map((directory) => [directory.path, directory]));
  const directories = shown.directories.map((old) => known.get(old.path) ?? old);
  here = { ...shown, ingest_stats: fresh.ingest_stats, directories };
  showHere(here);
  const buttons = rows();
  directories.forEach((directory, index) => {
    if (JSON.stringify(directory) === JSON.stringify(shown.directories[index])) return;
    buttons[index]?.querySelector(".badge")?.remove();
    buttons[index]?.append(badge(directory) ?? "");
  });
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const buttons = rows();
  const index = buttons.findIndex((button) => button === document.activeElement);
  /** @type {Record<string, number>} */
  const moves = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1 };
  const move = moves[event.key];
  if (move !== undefined && buttons.length) buttons[Math.min(Math.max(move, 0), buttons.length - 1)]?.focus();
  else if (event.key === "ArrowRight" && index >= 0) buttons[index]?.click();
  else if ((event.key === "Backspace" || event.key === "ArrowLeft") && here?.path) {
    go(here.parent, { focus: here.path });
  } else return;
  event.preventDefault();
}

function prepare() {
  prepared = true;
  closable(byId("browse-dialog"));
  byId("browse-dialog").addEventListener("keydown", onKey);
  byId("browse-dialog").addEventListener("close", () => stopFollowing());
  byId("folders-more").addEventListener("click", loadMore);
  byId("select-directory").addEventListener("click", () => {
    byId("browse-dialog").close();
    if (here?.path) onSelect(here.path);
  });
}
