// How far each stage of a session is: what its card says, from one status. Pure.

import { countsOf } from "../lib/counts.js";
import { capital, isRunning, statusLabel } from "../lib/words.js";

/** @import { Parameters, Session, Stage } from "../lib/types.d.ts" */

/** @type {Stage[]} */
const STAGES = ["identify", "metadata", "keywords", "score", "thumbnail", "nsfw"];

/** Those that have a card only where a person asked for them. @type {Partial<Record<string, keyof Parameters>>} */
const OPTIONAL = { barcodes: "read_barcodes", detect: "detect_objects" };

/** What switches a stage off. @type {Partial<Record<string, keyof Parameters>>} */
const SWITCH = {
  metadata: "extract_metadata",
  keywords: "extract_keywords",
  score: "import_scores",
  thumbnail: "generate_thumbnails",
  nsfw: "enable_nsfw_detection",
};

/** @param {string} name */
export const stageLabel = (name) => (name === "nsfw" ? "NSFW" : capital(name));

/**
 * What a card says. `total = done + failed + skipped + notReached + pending`; `word` is how it stands, `why` a sentence
 * where it cannot run, `ms` the mean time for a file, null where there is none.
 *
 * @typedef {object} Card
 * @property {string} name
 * @property {"waiting" | "processing" | "complete" | "stopped" | "off" | "unavailable"} state
 * @property {string} word
 * @property {string} why
 * @property {number} total
 * @property {number} done
 * @property {number} failed
 * @property {number} skipped
 * @property {number} notReached
 * @property {number} pending
 * @property {number | null} ms
 */

/**
 * The cards of a session: one for each stage, and `commit`, which is drawn from the outcomes.
 *
 * @param {Session} status
 * @returns {Card[]}
 */
export function cardsOf(status) {
  /** @param {string} name */
  const unasked = (name) => OPTIONAL[name] !== undefined && !status.parameters[OPTIONAL[name]];
  const others = Object.keys(status.stages)
    .filter((name) => !STAGES.some((stage) => stage === name) && !unasked(name));
  return [...[...STAGES, ...others].map((name) => stageCard(name, status)), commitCard(status)];
}

const NOTHING = { total: 0, done: 0, failed: 0, skipped: 0, not_reached: 0, pending: 0, seconds: 0 };

/** @type {(name: string, status: Session) => Card} */
function stageCard(name, status) {
  const switched = SWITCH[name];
  const off = Boolean(switched && !status.parameters[switched]);
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
