// Which files a person keeps of groups, which groups are ticked, and the steps to it: kept by this tab, kind by kind, over
// pages and reloads.

import { keep, read } from "../lib/storage.js";
import { atOtherDistance } from "./steps.js";

/** @import { AlikeAsked, AlikeBy, Judged, JudgedStep } from "../lib/types.d.ts" */

/** @typedef {{ judged: Judged, steps: JudgedStep[] }} Saved */
/** @typedef {Pick<AlikeAsked, "by" | "max_distance">} Asked */

const KEY = "media-ingest-duplicates";

/** @returns {Partial<Record<AlikeBy, Saved & Pick<AlikeAsked, "max_distance">>>} */
function saved() {
  try {
    const all = JSON.parse(read("sessionStorage", KEY) ?? "{}");
    return all instanceof Object ? all : {};
  } catch {
    return {};
  }
}

/** What was judged of a kind, without ticks from another distance; nothing where it cannot be read. @type {(asked: Asked) => Saved} */
export function savedJudged({ by, max_distance: distance }) {
  const { judged, steps = [], max_distance: then } = saved()[by] ?? {};
  const all = { judged: { kept: judged?.kept ?? {}, ticked: judged?.ticked ?? [] }, steps };
  return then === distance ? all : atOtherDistance(all);
}

/** @type {(asked: Asked, all: Saved) => void} */
export const saveJudged = ({ by, max_distance }, all) =>
  keep("sessionStorage", KEY, JSON.stringify({ ...saved(), [by]: { ...all, max_distance } }));
