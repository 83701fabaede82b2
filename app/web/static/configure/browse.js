// The dialog for choosing folders: a tree whose badges follow the commits. It is loaded when it is first opened.

import * as api from "../lib/api.js";
import { closable, openDialog } from "../lib/dialogs.js";
import { byId, setMessage, setText } from "../lib/dom.js";
import { whileSeen } from "../lib/watch.js";
import { isRunning, number, readable } from "../lib/words.js";
import { FolderTree } from "./tree.js";

const FOLLOW_EVERY_MS = 1000;

/** @type {FolderTree | null} */
let tree = null;
/** @type {string[]} */
let chosen = [];
/** @type {(paths: string[]) => void} */
let onSelect = () => {};
/** @type {string | null} */
let lastState = null; // of the session that was active at the last look
let stopFollowing = () => {};

/**
 * Opens with these folders chosen, as far as they are there. `select(paths)` gets those that are chosen at the end, at
 * least one.
 *
 * @type {(paths: string[], select: (paths: string[]) => void) => Promise<void>}
 */
export async function openBrowse(paths, select) {
  tree ??= prepare();
  onSelect = select;
  lastState = null;
  openDialog(byId("browse-dialog"), ["browse", ""], () => openBrowse(paths, select));
  setMessage(byId("browse-message"), "");
  byId("folders").setAttribute("aria-busy", "true");
  try {
    await tree.show(paths);
  } catch (error) {
    setMessage(byId("browse-message"), api.refusal(error).message);
  } finally {
    byId("folders").removeAttribute("aria-busy");
  }
  stopFollowing(); // of an opening before this one, which was closed while it loaded
  if (!byId("browse-dialog").open) return;
  follow();
  stopFollowing = whileSeen(follow, FOLLOW_EVERY_MS);
}

/** @param {string[]} paths */
function showChosen(paths) {
  chosen = paths;
  offerComparison(paths);
  const button = byId("select-directory");
  button.disabled = paths.length === 0;
  setText(button, paths.length > 1 ? `Select ${number(paths.length)} Directories` : "Select This Directory");
  setText(
    byId("browse-here"),
    paths.length ? paths.map((path) => readable(path)).join(", ") : "Nothing is chosen yet.",
  );
}

/** Leads to the comparison of the one folder that is chosen. @param {string[]} paths */
function offerComparison([path, ...others]) {
  const link = byId("browse-compare");
  link.hidden = path === undefined || others.length > 0;
  if (path !== undefined) link.href = `/compare?${new URLSearchParams({ directory: path })}`;
}

/** While the dialog is open: commits of any session, started here, in another tab or by a program, show at once. */
async function follow() {
  const active = await api.activeSession().catch(() => null);
  if (!active) return;
  const state = `${active.session_id} ${active.status}`;
  const moved = isRunning(active) || (lastState !== null && state !== lastState);
  lastState = state;
  if (moved) await tree?.refresh();
}

function select() {
  byId("browse-dialog").close();
  if (chosen.length) onSelect(chosen);
}

function prepare() {
  closable(byId("browse-dialog"));
  byId("browse-dialog").addEventListener("close", () => stopFollowing());
  byId("select-directory").addEventListener("click", select);
  return new FolderTree(byId("folders"), {
    load: (path, cursor) => api.directories(path, cursor),
    changed: showChosen,
    enter: select,
    failed: (error) => setMessage(byId("browse-message"), api.refusal(error).message),
  });
}
