// The numbers of a session, each from one status, so that none of them can contradict another. Pure.

/** @import { Counted, Outcome, Session } from "./types.d.ts" */

/** What counts as committed. @type {Outcome[]} */
export const COMMITTED = ["added", "updated", "moved"];

/**
 * `processed = committed + unchanged + failed + vanished`; `incomplete` are those of them that were taken in
 * (committed or unchanged) without one part.
 *
 * @param {Session} status
 * @returns {Record<Counted, number>}
 */
export function countsOf({ outcomes, stats }) {
  const { unchanged, failed, vanished } = outcomes;
  const committed = COMMITTED.reduce((sum, name) => sum + outcomes[name], 0);
  return {
    processed: committed + unchanged + failed + vanished,
    committed,
    unchanged,
    failed,
    vanished,
    incomplete: stats.incomplete,
  };
}
