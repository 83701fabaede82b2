// The lists under the page: sessions that wait for their turn, and earlier ones to look at again or to forget.

import * as api from "../lib/api.js";
import { ask } from "../shared/confirm.js";
import { countsOf } from "../lib/counts.js";
import { ending } from "./ending.js";
import { byId, make, setText } from "../lib/dom.js";
import { count, day, folders, hasEnded, number, statusLabel } from "../lib/words.js";

/** @import { Session } from "../lib/types.d.ts" */

/**
 * `open(id)` shows a session, `changed()` follows a cancel or a forget, `failed` says why one did not work, `listed`
 * hears of the newest sessions.
 *
 * @typedef {object} Handlers
 * @property {(id: string) => void} open
 * @property {() => void} changed
 * @property {(sentence: string, cause: string) => void} failed
 * @property {(sessions: Session[]) => void} listed
 */

/** @type {string | null} */
let cursor = null;
/** @type {Session[]} */
let ended = [];
/** @type {string | null} */
let shownId = null;
/** @type {Handlers} */
let handlers = { open: () => {}, changed: () => {}, failed: () => {}, listed: () => {} };

/**
 * Fetches the first page again and draws both lists; the session on show is left out of them.
 *
 * @param {string | null} sessionId
 */
export async function showSessions(sessionId) {
  shownId = sessionId;
  if (byId("configure").dataset.databaseEnabled !== "true") return;
  const page = await api.sessions().catch(() => null);
  if (!page) return;
  handlers.listed(page.sessions);
  const others = page.sessions.filter((session) => session.session_id !== shownId);
  showQueue(others.filter((session) => !hasEnded(session)));
  ended = others.filter(hasEnded);
  cursor = page.next ?? null;
  showHistory();
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

/** @param {Session[]} sessions */
function showQueue(sessions) {
  byId("queue").hidden = sessions.length === 0;
  byId("queue-list").replaceChildren(...sessions.map((session) => row(session, progress(session), "Cancel", cancel)));
}

function showHistory() {
  byId("history").hidden = ended.length === 0;
  byId("history-more").hidden = cursor === null;
  byId("history-list").replaceChildren(...ended.map((session) => row(session, summary(session), "Forget", forget)));
}

/**
 * A session with one line about it, the way to it, and how to be rid of it.
 *
 * @type {(session: Session, line: string, label: string, end: (session: Session) => void) => HTMLElement}
 */
function row(session, line, label, end) {
  const show = () => handlers.open(session.session_id);
  return make(
    "li",
    {},
    describe(session, line),
    make(
      "div",
      { class: "actions" },
      make("button", { type: "button", class: "quiet-button", onclick: show }, "Show"),
      make(
        "button",
        { type: "button", class: "quiet-button danger", "data-acts": true, onclick: () => end(session) },
        label,
      ),
    ),
  );
}

/** @type {(session: Session, line: string) => HTMLElement} */
const describe = (session, line) =>
  make(
    "div",
    {},
    make("span", { class: "path" }, folders(session.parameters)),
    make(
      "small",
      { class: "quiet" },
      session.parameters.retry_of ? "Retry · " : "",
      make("span", { "data-line": session.session_id }, line),
      " · ",
      make("time", { datetime: session.created_at }, day(session.ended_at ?? session.created_at)),
    ),
  );

/** @param {Session} session */
function progress({ status, processed_files: processed, total_files: total }) {
  const label = statusLabel(status);
  return total === null ? label : `${label} · ${number(processed)} of ${count(total, "file")}`;
}

/** @param {Session} session */
function summary(session) {
  const { committed, failed } = countsOf(session);
  return `${ending(session).title} · ${number(committed)} committed${failed ? `, ${number(failed)} failed` : ""}`;
}

/** @param {Session} session */
async function cancel(session) {
  const yes = await ask({
    title: "Cancel?",
    text: "What is committed stays. The session does not run any further.",
    yes: "Cancel the session",
    no: "Keep it",
  });
  if (yes) change(() => api.cancel(session.session_id));
}

/** @param {Session} session */
async function forget(session) {
  const yes = await ask({
    title: "Forget this session?",
    text: "Its record is removed from the list. The media it took in stay in the library.",
    yes: "Forget it",
    no: "Keep it",
  });
  if (yes) change(() => api.forget(session.session_id));
}

/** @param {() => Promise<unknown>} action */
async function change(action) {
  try {
    await action();
  } catch (error) {
    const { message, cause } = api.refusal(error);
    handlers.failed(message, cause);
  }
  handlers.changed();
}

async function loadMore() {
  const page = await api.sessions(cursor).catch(() => null);
  if (!page) return;
  ended = [...ended, ...page.sessions.filter((session) => hasEnded(session) && session.session_id !== shownId)];
  cursor = page.next ?? null;
  showHistory();
  setText(byId("announcer"), `${count(ended.length, "earlier session")} shown.`);
}

/** @param {Handlers} callbacks */
export function prepareHistory(callbacks) {
  handlers = callbacks;
  byId("history-more").addEventListener("click", loadMore);
}
