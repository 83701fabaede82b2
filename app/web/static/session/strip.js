// The last pictures that a running session took in.

import * as api from "../lib/api.js";
import { byId, make, spoken } from "../lib/dom.js";
import { thumbnail } from "../shared/thumbs.js";
import { knowChecked } from "../shared/veil.js";
import { fileName, readable } from "../lib/words.js";

/** @import { Listed, Session } from "../lib/types.d.ts" */

const SHOWN = 12;
const EVERY_MS = 2_000;
const AT_ONCE = 4; // pictures: what a browser asks for in a row must not hold up what a person asks for
const LOOKED_AT = 60; // rows of the log, of which some are checkpoints

let fetchedAt = 0; // in ms
let fetchedFor = ""; // the session and its newest event
let shownOf = ""; // the session
/** @type {Map<string, HTMLElement>} by path, the newest first */
let shown = new Map();

/**
 * Follows a session: the strip is there while it runs.
 *
 * @param {Session} status
 */
export async function showStrip({ session_id: id, status, last_event_id: newest, committed_files: committed, stats }) {
  if (stats.nsfw_checked) knowChecked(stats.nsfw_checked);
  const runs = status === "processing";
  byId("strip").hidden = !runs; // there from the start, so that nothing moves when the first picture comes
  if (id !== shownOf) {
    shownOf = id;
    shown = new Map();
    byId("strip-list").replaceChildren();
  }
  const key = `${id} ${newest}`;
  if (
    !runs || !committed || document.hidden || key === fetchedFor || Date.now() - fetchedAt < EVERY_MS || isBusy()
  ) return;
  fetchedAt = Date.now();
  fetchedFor = key;
  const cursor = String(Math.max(newest - LOOKED_AT, 0));
  const page = await api.sessionFiles(id, { cursor, limit: LOOKED_AT }).catch(() => null);
  if (!page || shownOf !== id) return;
  if (isBusy()) fetchedFor = "";
  else draw(page.files);
}

/**
 * It rests while a person is in it, who may be about to press a picture: one that moves would not be pressed. And until those
 * have loaded that are out of sight: they do when they come into it.
 */
function isBusy() {
  const list = byId("strip-list");
  return list.matches(":hover") || [...list.querySelectorAll("img")].some((image) => !image.complete);
}

/** @param {Listed[]} files oldest first */
function draw(files) {
  const fresh = files.filter((file) => file.has_thumbnail && !shown.has(file.path)).slice(-AT_ONCE).reverse();
  const first = fresh.map((file) => /** @type {[string, HTMLElement]} */ ([file.path, item(file)]));
  shown = new Map([...first, ...shown].slice(0, SHOWN));
  byId("strip-list").replaceChildren(...shown.values());
}

/** @param {Listed} file */
const item = (file) =>
  make("li", { title: readable(file.path) }, thumbnail(file), spoken(readable(fileName(file.path))));
