// The dialog for choosing a folder: one level at a time, with badges that follow the commits.

import * as api from "../lib/api.js";
import { byId, closable, make, setMessage, spoken } from "../lib/dom.js";
import { whileSeen } from "../lib/watch.js";
import { isRunning, number, readable } from "../lib/words.js";

const FOLLOW_EVERY_MS = 1000;

let here = null; // the listing shown: {path, parent, ...}, its directories as loaded so far
let request = 0; // the newest request; an older answer is dropped
let onSelect = null;
let lastState = null; // of the session that was active at the last look
let stopFollowing = () => {};

/** Opens at this path; where it cannot be listed, at the roots. */
export function openBrowse(path) {
  here = null;
  lastState = null;
  byId("browse-dialog").showModal();
  go(path || null, { fallback: true });
  follow();
  stopFollowing = whileSeen(follow, FOLLOW_EVERY_MS);
}

async function go(path, { fallback = false, focus = null } = {}) {
  request += 1;
  const mine = request;
  byId("folders").setAttribute("aria-busy", "true");
  try {
    const listing = await api.directories(path);
    if (mine !== request) return;
    here = listing;
    show();
    focusRow(focus);
  } catch (error) {
    if (mine !== request) return;
    if (fallback && path) go(null);
    else setMessage(byId("browse-message"), error.message);
  } finally {
    if (mine === request) byId("folders").removeAttribute("aria-busy");
  }
}

function show() {
  setMessage(byId("browse-message"), here.warning);
  showBreadcrumb();
  showHere();
  byId("folders").replaceChildren(...here.directories.map(row));
  setMessage(byId("folders-empty"), here.directories.length ? "" : "No folders inside.");
  byId("folders-more").hidden = !here.next;
  byId("select-directory").disabled = !here.path;
}

function showHere() {
  const place = byId("browse-here");
  place.hidden = !here.path;
  place.replaceChildren(
    ...(here.path
      ? [make("span", {}, "Files in this folder: "), badge(here) ?? make("span", { class: "quiet" }, nothingYet(here))]
      : []),
  );
}

const nothingYet = ({ ingest_stats: stats, path }) =>
  !stats?.total_files ? `no media directly in ${readable(path)}` : `${number(stats.total_files)}, none ingested yet`;

function showBreadcrumb() {
  const parts = here.path ? here.path.split("/") : [];
  const crumbs = [
    ["Media roots", null],
    ...parts.map((part, index) => [readable(part), parts.slice(0, index + 1).join("/")]),
  ];
  byId("breadcrumb").replaceChildren(
    ...crumbs.map(([label, path], index) =>
      make(
        "li",
        {},
        index === crumbs.length - 1
          ? make("span", { "aria-current": "true" }, label)
          : make("button", { type: "button", onclick: () => go(path, { focus: crumbs[index + 1][1] }) }, label),
      )
    ),
  );
}

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
      anyBadge(directory),
    ),
  );
}

const anyBadge = (directory) => [badge(directory) ?? recursiveBadge(directory)].filter(Boolean);

/** `(3/5), 1 failed`: files on disk that the library holds unchanged, of all; null where there is nothing yet. */
export function badge({ ingest_stats: stats }) {
  const { total_files: total = 0, ingested_files: ingested = 0, failed_files: failed = 0 } = stats ?? {};
  if (!total || (!ingested && !failed)) return null;
  const shown = `(${number(ingested)}/${number(total)})${failed ? `, ${number(failed)} failed` : ""}`;
  const words = `${number(ingested)} of ${number(total)} ingested${failed ? `, ${number(failed)} failed` : ""}`;
  return make(
    "span",
    { class: `badge ${ingested === total ? "whole" : "partial"}` },
    make("span", { "aria-hidden": "true" }, shown),
    spoken(words),
  );
}

function recursiveBadge({ ingest_stats: own, recursive_stats: below }) {
  if (!below?.total_files || own?.total_files || (!below.ingested_files && !below.failed_files)) return null;
  const failed = below.failed_files ? `, ${number(below.failed_files)} failed` : "";
  return make(
    "span",
    { class: "badge below" },
    make(
      "span",
      { "aria-hidden": "true" },
      `${number(below.ingested_files)}/${number(below.total_files)} below${failed}`,
    ),
    spoken(`${number(below.ingested_files)} of ${number(below.total_files)} ingested in the folders below${failed}`),
  );
}

const rows = () => [...byId("folders").querySelectorAll(".folder")];

function focusRow(path) {
  const buttons = rows();
  const wanted = here.directories.findIndex((directory) => directory.path === path);
  (buttons[wanted] ?? buttons[0] ?? byId("select-directory")).focus();
}

async function loadMore() {
  const button = byId("folders-more");
  button.disabled = true;
  const shown = here;
  try {
    const page = await api.directories(shown.path, shown.next);
    if (here !== shown) return;
    const from = here.directories.length;
    here = { ...here, directories: [...here.directories, ...page.directories], next: page.next ?? null };
    byId("folders").append(...page.directories.map(row));
    byId("folders-more").hidden = !here.next;
    rows()[from]?.focus();
  } catch (error) {
    setMessage(byId("browse-message"), error.message);
  } finally {
    button.disabled = false;
  }
}

/** While the dialog is open: commits of whatever session, started here, in another tab or by a program, show at once. */
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
  here = {
    ...shown,
    ingest_stats: fresh.ingest_stats,
    directories: shown.directories.map((old) => known.get(old.path) ?? old),
  };
  showHere();
  rows().forEach((button, index) => {
    if (JSON.stringify(here.directories[index]) === JSON.stringify(shown.directories[index])) return;
    button.querySelector(".badge")?.remove();
    button.append(...anyBadge(here.directories[index]));
  });
}

function onKey(event) {
  const buttons = rows();
  const index = buttons.indexOf(document.activeElement);
  const move = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (move !== undefined && buttons.length) buttons[Math.min(Math.max(move, 0), buttons.length - 1)].focus();
  else if (event.key === "ArrowRight" && index >= 0) buttons[index].click();
  else if ((event.key === "Backspace" || event.key === "ArrowLeft") && here?.path) {
    go(here.parent ?? null, { focus: here.path });
  } else return;
  event.preventDefault();
}

/** `select(path)` gets the chosen directory. */
export function prepareBrowse(select) {
  onSelect = select;
  closable(byId("browse-dialog"));
  byId("browse-dialog").addEventListener("keydown", onKey);
  byId("browse-dialog").addEventListener("close", () => stopFollowing());
  byId("folders-more").addEventListener("click", loadMore);
  byId("select-directory").addEventListener("click", () => {
    byId("browse-dialog").close();
    onSelect(here.path);
  });
}
