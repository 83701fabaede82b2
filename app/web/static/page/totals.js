// The library's totals in the header. While a session runs they are a little behind its own counts, and say of when.

import * as api from "../lib/api.js";
import { byId, setText } from "../lib/dom.js";
import { bytes, clock, number } from "../lib/words.js";

const EVERY_MS = 5_000;

/** @type {{ name: "images" | "videos" | "sessions", noun: string }[]} */
const COUNTED = [
  { name: "images", noun: "Image" },
  { name: "videos", noun: "Video" },
  { name: "sessions", noun: "Session" },
];

let fetchedAt = 0; // in ms

/** Keeps them true while files are being committed, at a rest of a few seconds. */
export function keepTotals() {
  if (!document.hidden && Date.now() - fetchedAt >= EVERY_MS) showTotals();
}

/** Fetches and shows them; where they cannot be had, the header stays as it is. */
export async function showTotals() {
  fetchedAt = Date.now();
  const totals = await api.summary().catch(() => null);
  if (!totals) return;
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
