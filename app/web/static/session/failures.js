// Whether a session that is at rest has failures to show, and which; they are drawn by causes.js.

import * as api from "../lib/api.js";
import { countsOf } from "../lib/counts.js";
import { byId, setMessage } from "../lib/dom.js";
import { hasEnded, isAtRest } from "../lib/words.js";

/** @import { Session } from "../lib/types.d.ts" */

let shown = ""; // of which session, and how many failures; an older answer is dropped

/**
 * Shows the failures of this session, unless it is under way; null shows none.
 *
 * @param {Session | null} status
 */
export async function showFailures(status) {
  const counts = status && (hasEnded(status) || isAtRest(status)) ? countsOf(status) : null;
  const rests = counts !== null && counts.failed + counts.incomplete > 0;
  const key = rests ? JSON.stringify([status?.session_id, counts.failed, counts.incomplete]) : "";
  if (key === shown) return;
  shown = key;
  byId("failures").hidden = true;
  if (!rests || !status) return;
  byId(hasEnded(status) ? "complete-failures" : "process-failures").append(byId("failures"));
  const id = status.session_id;
  try {
    const { draw, incompleteGroups } = await import("./causes.js");
    const failed = counts.failed ? await api.failures(id, true) : { files: 0, causes: [] };
    const incomplete = counts.incomplete ? await incompleteGroups(id) : [];
    if (key === shown) draw(id, failed, incomplete, status.stages["describe"]?.failed ?? 0);
  } catch (error) {
    if (key !== shown) return;
    byId("failures").hidden = false;
    const { message, cause } = api.refusal(error);
    setMessage(byId("retry-error"), message, cause);
  }
}
