// The library's totals in the header. They follow the session on show: about a second behind while it runs, of a very large
// library a few, and exact whenever it rests or has ended.

import * as api from "../lib/api.js";
import { byId, setText } from "../lib/dom.js";
import { bytes, clock, isRunning, number } from "../lib/words.js";

/** @import { Session } from "../lib/types.d.ts" */

const REST_MS = 1_000; // between two questions while a session runs
const SHARE = 4; // of the time at most, where a large library needs long to answer: one in so many

/** @type {{ name: "images" | "videos" | "sessions", noun: string }[]} */
const COUNTED = [
  { name: "images", noun: "Image" },
  { name: "videos", noun: "Video" },
  { name: "sessions", noun: "Session" },
];

let followed = ""; // what of the session's status the totals rest on
let asked = 0;
let shown = 0; // the question whose answer is on show
let askedAt = 0; // in ms
let neededMs = 0; // for the last answer
/** @type {number | undefined} */
let next;

/**
 * A status came: asks again where the library has changed with it.
 *
 * @param {Session} status
 */
export function followTotals(status) {
  const running = isRunning(status);
  const changing = JSON.stringify([status.session_id, status.status, status.committed_files]);
  if (changing === followed || (running && document.hidden)) return;
  followed = changing;
  if (running) next ??= setTimeout(showTotals, Math.max(0, askedAt + Math.max(REST_MS, SHARE * neededMs) - Date.now()));
  else showTotals();
}

/** Fetches and shows them; where they cannot be had, the header stays as it is. */
export async function showTotals() {
  clearTimeout(next);
  next = undefined;
  const since = Date.now();
  askedAt = since;
  const mine = (asked += 1);
  const totals = await api.summary().catch(() => null);
  neededMs = Date.now() - since;
  if (!totals || mine < shown) return; // an answer to a later question is on show
  shown = mine;
  for (const { name, noun } of COUNTED) {
    const value = totals[name];
    const element = byId(`total-${name}`);
    setText(element, number(value));
    if (element.previousElementSibling) setText(element.previousElementSibling, value === 1 ? noun : `${noun}s`);
  }
  setText(byId("total-bytes"), bytes(totals.bytes));
  byId("totals").title = `As of ${clock(new Date())}`;
  byId("totals").hidden = false;
}
