// The list under the page: other sessions that have not ended. Those that have are listed on a page of their own.

import * as api from "../lib/api.js";
import { ask } from "../shared/confirm.js";
import { byId, make, setText } from "../lib/dom.js";
import { count, day, folders, hasEnded, number, statusLabel } from "../lib/words.js";

/** @import { Session } from "../lib/types.d.ts" */

/**
 * `open(id)` shows a session, `changed()` follows a cancel, `failed` says why one did not work, `listed` hears of the
 * newest sessions.
 *
 * @typedef {object} Handlers
 * @property {(id: string) => void} open
 * @property {() => void} changed
 * @property {(sentence: string, cause: string) => void} failed
 * @property {(sessions: Session[]) => void} listed
 */

/** @type {Handlers} */
let handlers = { open: () => {}, changed: () => {}, failed: () => {}, listed: () => {} };

/**
 * Fetches the newest sessions again and lists those under way; the session on show is left out.
 *
 * @param {string | null} sessionId
 */
export async function showQueue(sessionId) {
  if (byId("configure").dataset.databaseEnabled !== "true") return;
  const page = await api.sessions().catch(() => null);
  if (!page) return;
  handlers.listed(page.sessions);
  const others = page.sessions.filter((session) => session.session_id !== sessionId && !hasEnded(session));
  byId("queue").hidden = others.length === 0;
  byId("queue-list").replaceChildren(...others.map(row));
}

/**
 * The line of a session under way follows its newest status, as everything else on the page does.
 *
 * @param {Session} status
 */
export function followQueue(status) {
  for (const line of byId("queue-list").querySelectorAll("[data-line]")) {
    if (line instanceof HTMLElement && line.dataset.line === status.session_id) setText(line, progress(status));
  }
}

/**
 * A session with how far it is, the way to it, and how to end it.
 *
 * @param {Session} session
 */
function row(session) {
  const show = () => handlers.open(session.session_id);
  return make(
    "li",
    {},
    describe(session),
    make(
      "div",
      { class: "actions" },
      make("button", { type: "button", class: "quiet-button", onclick: show }, "Show"),
      make(
        "button",
        { type: "button", class: "quiet-button danger", "data-acts": true, onclick: () => cancel(session) },
        "Cancel",
      ),
    ),
  );
}

/** @param {Session} session */
const describe = (session) =>
  make(
    "div",
    {},
    make("span", { class: "path" }, folders(session.parameters)),
    make(
      "small",
      { class: "quiet" },
      session.parameters.retry_of ? "Retry · " : "",
      make("span", { "data-line": session.session_id }, progress(session)),
      " · ",
      make("time", { datetime: session.created_at }, day(session.created_at)),
    ),
  );

/** @param {Session} session */
function progress({ status, processed_files: processed, total_files: total }) {
  const label = statusLabel(status);
  return total === null ? label : `${label} · ${number(processed)} of ${count(total, "file")}`;
}

/** @param {Session} session */
async function cancel(session) {
  const yes = await ask({
    title: "Cancel?",
    text: "What is committed stays. The session does not run any further.",
    yes: "Cancel the session",
    no: "Keep it",
  });
  if (!yes) return;
  try {
    await api.cancel(session.session_id);
  } catch (error) {
    const { message, cause } = api.refusal(error);
    handlers.failed(message, cause);
  }
  handlers.changed();
}

/** @param {Handlers} callbacks */
export function prepareQueue(callbacks) {
  handlers = callbacks;
}
