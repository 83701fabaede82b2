// Which files a person keeps of groups, and which groups are ticked: kept by this tab, kind by kind, over pages and reloads.

import { keep, read } from "../lib/storage.js";

/** @import { AlikeBy, Judged } from "../lib/types.d.ts" */

const KEY = "media-ingest-duplicates";

/** @returns {Partial<Record<AlikeBy, Judged>>} */
function saved() {
  try {
    const all = JSON.parse(read("sessionStorage", KEY) ?? "{}");
    return all instanceof Object ? all : {};
  } catch {
    return {};
  }
}

/** What was judged of a kind; nothing where it cannot be read. @type {(by: AlikeBy) => Judged} */
export function savedJudged(by) {
  const { kept, ticked } = saved()[by] ?? {};
  return { kept: texts(kept), ticked: texts(ticked) };
}

/** @type {(by: AlikeBy, judged: Judged) => void} */
export const saveJudged = (by, judged) => keep("sessionStorage", KEY, JSON.stringify({ ...saved(), [by]: judged }));

/** @param {unknown} value */
const texts = (value) => Array.isArray(value) ? value.map(String) : [];
