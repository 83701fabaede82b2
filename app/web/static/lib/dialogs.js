// Open dialogs and the browser's history. Each that is open has an entry of its own, on top of that of the page: Back closes
// it, Forward opens it again, and what can be told by a name stands in the address, so that it can be kept and reloaded.

import { around } from "./dom.js";

/**
 * An entry: `dialog` is its id, `place` what it shows as the name and value of a query field, null where no address tells
 * it. Each of them has those of all dialogs that are open below it.
 *
 * @typedef {{ key: string, dialog: string, place: [name: string, value: string] | null }} Entry
 */
/** @typedef {{ dialog: string, open: (value: string) => unknown }} Opener opens one by a value; false where it cannot be had */

const REMEMBERED = 50;

/** @type {Entry[]} */
let open = []; // the lowest first
/** @type {Map<string, () => unknown>} */
const remembered = new Map(); // by the keys of entries of this load
/** @type {WeakMap<HTMLDialogElement, () => boolean>} */
const leave = new WeakMap(); // whether a dialog may be closed now
/** @type {Record<string, Opener>} */
let openers = {};
let settled = Promise.resolve(); // once the browser has gone where it was sent

/** @returns {Entry[]} */
const wanted = () => history.state?.dialogs ?? [];
/** @param {string} id */
const element = (id) => /** @type {HTMLDialogElement} */ (document.getElementById(id));
/** @type {(one: unknown, other: unknown) => boolean} */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** @param {number} steps */
function go(steps) {
  if (!steps) return;
  settled = new Promise((resolve) => addEventListener("popstate", () => resolve(), { once: true }));
  history.go(steps);
}

/**
 * The page's own address with what these dialogs show.
 *
 * @param {Entry[]} entries
 */
function address(entries) {
  const fields = new URLSearchParams(location.search);
  for (const name of Object.keys(openers)) fields.delete(name);
  for (const { place } of entries) if (place) fields.set(...place);
  return `${location.pathname}${fields.size ? `?${fields}` : ""}`;
}

/**
 * Opens a dialog on top of those that are open, or notes that it shows something else; `again` shows the same later.
 *
 * @type {(dialog: HTMLDialogElement, place: Entry["place"], again: () => unknown) => void}
 */
export function openDialog(dialog, place, again) {
  const shown = dialog.open && open.at(-1)?.dialog === dialog.id;
  if (!dialog.open) dialog.showModal();
  if (shown) open.pop();
  const next = wanted()[open.length];
  const known = next?.dialog === dialog.id && same(next.place, place);
  const entry = known ? next : { key: `${Math.random()}`, dialog: dialog.id, place };
  open.push(entry);
  remembered.delete(entry.key);
  remembered.set(entry.key, again);
  for (const key of [...remembered.keys()].slice(0, -REMEMBERED)) remembered.delete(key);
  if (known) openNext();
  else settled.then(() => note([...open], shown));
}

/** @type {(entries: Entry[], replace: boolean) => void} */
function note(entries, replace) {
  history[replace ? "replaceState" : "pushState"]({ dialogs: entries }, "", address(entries));
}

/** Opens the next dialog of the entry of now; what cannot be had any more is skipped. */
async function openNext() {
  const entry = wanted()[open.length];
  if (!entry) return;
  const opener = entry.place && openers[entry.place[0]];
  const again = remembered.get(entry.key) ?? (opener && (() => opener.open(entry.place?.[1] ?? "")));
  const had = again ? await again() : false;
  if (had === false && same(wanted()[open.length], entry)) go(open.length - wanted().length);
}

/** A person went back or forward: what is open follows. */
function follow() {
  const entries = wanted();
  let kept = 0;
  while (kept < open.length && same(open[kept], entries[kept])) kept += 1;
  const closing = open.slice(kept).reverse();
  if (closing.some(({ dialog }) => !(leave.get(element(dialog)) ?? (() => true))())) {
    go(closing.length); // it stays, and so does its entry
    return;
  }
  open = open.slice(0, kept);
  for (const { dialog } of closing) element(dialog).close();
  openNext();
}

/** The page shows something else: closes every dialog. Their entries stay, and Back leads to them. */
export function leaveDialogs() {
  open = [];
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}

/** The page stayed where it was after all: goes back below the dialogs that were left. */
export function forgetDialogs() {
  go(-wanted().length);
}

/**
 * Every `[data-close]` button, a click on the backdrop, Escape and Back close the dialog, where `may()` does not object.
 *
 * @param {HTMLDialogElement} dialog
 */
export function closable(dialog, may = () => true) {
  leave.set(dialog, may);
  dialog.addEventListener("click", (event) => {
    if ((event.target === dialog || around(event, "[data-close]")) && may()) dialog.close();
  });
  dialog.addEventListener("cancel", (event) => {
    if (event.target === dialog && !may()) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    const at = open.findIndex((entry) => entry.dialog === dialog.id);
    if (at < 0 || dialog.open) return;
    go(at - open.length);
    open = open.slice(0, at);
  });
}

/**
 * Opens what the address of a load names: `opening` has what each query field opens.
 *
 * @param {Record<string, Opener>} opening
 */
export function prepareDialogs(opening) {
  openers = opening;
  addEventListener("popstate", follow);
}

/** The page is there: opens what its address names. Where it was come to from outside, Back leads to the page alone. */
export function restoreDialogs() {
  if (!wanted().length) {
    /** @type {Entry[]} */
    const named = [...new URLSearchParams(location.search)].filter(([name]) => name in openers)
      .map(([name, value]) => ({ key: `${Math.random()}`, dialog: openers[name]?.dialog ?? "", place: [name, value] }));
    if (!named.length) return;
    history.replaceState(null, "", address([]));
    named.forEach((_, index) => note(named.slice(0, index + 1), false));
  }
  openNext();
}
