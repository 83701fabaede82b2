// The library's totals in the header.

import * as api from "./api.js";
import { byId, setText } from "./dom.js";
import { bytes, number } from "./words.js";

/** Fetches and shows them; where they cannot be had, the header stays as it is. */
export async function showTotals() {
  const totals = await api.summary().catch(() => null);
  if (!totals) return;
  for (const [id, value, noun] of [["images", totals.images, "Image"], ["videos", totals.videos, "Video"], ["sessions", totals.sessions, "Session"]]) {
    setText(byId(`total-${id}`), number(value));
    setText(byId(`total-${id}`).previousElementSibling, value === 1 ? noun : `${noun}s`);
  }
  setText(byId("total-bytes"), bytes(totals.bytes));
  byId("totals").hidden = false;
}
