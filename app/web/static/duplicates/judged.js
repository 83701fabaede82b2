// Which files a person keeps of groups, which groups are ticked, and the steps to it: kept by this tab, kind by kind, over
// pages and reloads.

import { keep, read } from "../lib/storage.js";

/** @import { AlikeBy, Judged, JudgedStep } from "../lib/types.d.ts" */

/** @typedef {{ judged: Judged, steps: JudgedStep[] }} Saved */

const KEY = "media-ingest-duplicates";

/** @returns {Partial<Record<AlikeBy, Saved>>} */
function saved() {
  try {
    const all = JSON.parse(read("sessionStorage", KEY) ?? "{}");
    return all instanceof Object ? all : {};
  } catch {
    return {};
  }
}

/** What was judged of a kind; nothing where that cannot be read. @type {(by: AlikeBy) => Saved} */
export function savedJudged(by) {
  const { judged, steps } = saved()[by] ?? {};
  return { judged: { kept: judged?.kept ?? {}, ticked: judged?.ticked ?? [] }, steps: steps ?? [] };
}

/** @type {(by: AlikeBy, all: Saved) => void} */
export const saveJudged = (by, all) => keep("sessionStorage", KEY, JSON.stringify({ ...saved(), [by]: all }));
