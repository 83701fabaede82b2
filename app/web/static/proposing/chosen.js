// The files that the library hands over to the page of proposals: kept by this tab, so that a reload finds them again.

import { keep, read } from "../lib/storage.js";

const KEY = "media-ingest-proposing";
export const AT_MOST = 1_000;
/** @typedef {{ paths: string[], from: string }} Chosen the files, and the address of the list that they were chosen in */

/** @param {Chosen} chosen */
export function saveChosen(chosen) {
  keep("sessionStorage", KEY, JSON.stringify(chosen));
}

/** The files that were chosen last; none where nothing was, or it cannot be read. @returns {Chosen} */
export function savedChosen() {
  try {
    const { paths, from } = JSON.parse(read("sessionStorage", KEY) ?? "{}");
    const whole = Array.isArray(paths) && typeof from === "string" && from.startsWith("/library");
    return whole ? { paths: paths.map(String), from } : { paths: [], from: "/library" };
  } catch {
    return { paths: [], from: "/library" };
  }
}
