// The line above the form: another session that is under way, with a way to it, or one sentence that went wrong.

import { byId, setText } from "../lib/dom.js";
import { isGone } from "../lib/presence.js";
import { hasEnded, number } from "../lib/words.js";

/** @import { Session, Standing } from "../lib/types.d.ts" */

/** @type {Partial<Record<Standing, string>>} */
const STANDS = {
  queued: "A session waits for its turn",
  planning: "A session is running",
  paused: "A session is paused",
  interrupted: "A session was interrupted",
  attention: "A session needs attention",
};

/**
 * A session of this tab or of another one; one button shows it.
 *
 * @param {Session} status
 */
export function notice(status) {
  const counts = `(${number(status.processed_files)} of ${number(status.total_files)})`;
  const text = hasEnded(status)
    ? "A session has ended"
    : STANDS[status.status] ?? `A session ${isGone() ? "was" : "is"} running ${counts}`;
  show(`${text}.`, "", true);
}

/**
 * What did not work, without a session behind it. `cause` is the server's code, where it gave one.
 *
 * @param {string} sentence
 */
export function say(sentence, cause = "") {
  show(sentence, cause, false);
}

export function hideNotice() {
  show("", "", false);
}

/** @type {(text: string, cause: string, leads: boolean) => void} */
function show(text, cause, leads) {
  setText(byId("notice-text"), text);
  byId("notice").dataset.cause = cause;
  byId("notice").hidden = !text;
  byId("notice-show").hidden = !leads;
}
