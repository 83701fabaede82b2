// How far each stage of a session is: what its card says, from one status. Pure.

import { countsOf } from "../lib/counts.js";
import { capital, isRunning, statusLabel } from "../lib/words.js";

/** @import { Card, Parameters, Session, Stage } from "../lib/types.d.ts" */

/** @type {Stage[]} */
const STAGES = ["identify", "metadata", "keywords", "score", "thumbnail", "nsfw"];

/** What switches a stage on or off. @type {Partial<Record<string, keyof Parameters>>} */
const SWITCH = {
  metadata: "extract_metadata",
  keywords: "extract_keywords",
  score: "import_scores",
  thumbnail: "generate_thumbnails",
  nsfw: "enable_nsfw_detection",
  barcodes: "read_barcodes",
  detect: "detect_objects",
  describe: "describe",
};

/** @param {string} name */
export const stageLabel = (name) => (name === "nsfw" ? "NSFW" : capital(name));

/**
 * The cards of a session: one for each stage, of optional ones if they were asked for, and `commit` from the outcomes.
 *
 * @param {Session} status
 * @returns {Card[]}
 */
export function cardsOf(status) {
  const others = Object.keys(status.stages)
    .filter((name) => !STAGES.some((stage) => stage === name) && !isOff(name, status));
  return [...[...STAGES, ...others].map((name) => stageCard(name, status)), commitCard(status)];
}

/** @type {(name: string, status: Session) => boolean} */
function isOff(name, { parameters }) {
  const switched = SWITCH[name];
  return Boolean(switched && !parameters[switched]);
}

const NOTHING = { total: 0, done: 0, failed: 0, skipped: 0, not_reached: 0, pending: 0, seconds: 0 };

/** @type {(name: string, status: Session) => Card} */
function stageCard(name, status) {
  const off = isOff(name, status);
  const counts = off ? NOTHING : status.stages[name] ?? NOTHING;
  const { total, done, failed, skipped, seconds, not_reached: notReached, pending } = counts;
  const why = off ? "" : status.unavailable[/** @type {Stage} */ (name)] ?? "";
  const ms = done + failed ? (1000 * seconds) / (done + failed) : null;
  const state = off ? "off" : why && !done ? "unavailable" : standing(status, pending, done + failed + skipped);
  return { name, state, word: wordOf(state, status), why, total, done, failed, skipped, notReached, pending, ms };
}

/**
 * Of the card `commit` the files that were skipped are unchanged, and those that it did not reach have vanished.
 *
 * @param {Session} status
 * @returns {Card}
 */
function commitCard(status) {
  const { processed, committed, failed, unchanged, vanished } = countsOf(status);
  const total = status.total_files ?? 0;
  const pending = Math.max(total - processed, 0);
  const state = standing(status, pending, processed);
  const counts = { total, done: committed, failed, skipped: unchanged, notReached: vanished, pending };
  const ms = processed ? (1000 * status.active_seconds) / processed : null;
  return { name: "commit", state, word: wordOf(state, status), why: "", ...counts, ms };
}

/** @type {(status: Session, pending: number, ended: number) => Card["state"]} */
function standing(status, pending, ended) {
  if (status.total_files !== null && !pending) return "complete";
  if (status.status === "processing") return "processing";
  return ended && !isRunning(status) ? "stopped" : "waiting";
}

/** @type {(state: Card["state"], status: Session) => string} */
function wordOf(state, { status }) {
  if (state === "stopped") return statusLabel(status).toLowerCase();
  return state === "off" ? "switched off" : state;
}
