// The lists under the page: sessions that wait for their turn, and earlier ones to look at again or to forget.

import * as api from "../lib/api.js";
import { ask } from "../shared/confirm.js";
import { byId, make, setText } from "../lib/dom.js";
import { count, day, folders, hasEnded, number, statusLabel } from "../lib/words.js";

let cursor = null;
let ended = [];
let shownId = null;
let handlers = null; // { open(id), changed() }

/** Fetches the first page again and draws both lists; the session on show is left out of them. */
export async function showSessions(sessionId) {
  shownId = sessionId;
  if (byId("configure").dataset.databaseEnabled !== "true") return;
  const page = await api.sessions().catch(() => null);
  if (!page) return;
  const others = page.sessions.filter((session) => session.session_id !== shownId);
  showQueue(others.filter((session) => !hasEnded(session)));
  ended = others.filter(hasEnded);
  cursor = page.next ?? null;
  showHistory();
}

function showQueue(sessions) {
  byId("queue").hidden = sessions.length === 0;
  byId("queue-list").replaceChildren(...sessions.map((session) => row(session, progress(session), "Cancel", cancel)));
}

function showHistory() {
  byId("history").hidden = ended.length === 0;
  byId("history-more").hidden = cursor === null;
  byId("history-list").replaceChildren(...ended.map((session) => row(session, summary(session), "Forget", forget)));
}

/** A session with one line about it, the way to it, and how to be rid of it. */
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
      make("button", { type: "button", class: "quiet-button danger", onclick: () => end(session) }, label),
    ),
  );
}

const describe = (session, line) =>
  make(
    "div",
    {},
    make("span", { class: "path" }, folders(session.parameters)),
    make(
      "small",
      { class: "quiet" },
      session.parameters.retry_of ? "Retry · " : "",
      line,
      " · ",
      make("time", { datetime: session.created_at }, day(session.ended_at ?? session.created_at)),
    ),
  );

function progress({ status, processed_files: processed, total_files: total }) {
  const label = statusLabel(status);
  return total === null ? label : `${label} · ${number(processed)} of ${count(total, "file")}`;
}

function summary({ status, committed_files: committed, outcomes }) {
  const failed = outcomes?.failed ? `, ${number(outcomes.failed)} failed` : "";
  return `${statusLabel(status)} · ${number(committed)} committed${failed}`;
}

async function cancel(session) {
  const yes = await ask({
    title: "Cancel?",
    text: "What is committed stays. The session does not run any further.",
    yes: "Cancel the session",
    no: "Keep it",
  });
  if (yes) change(() => api.cancel(session.session_id));
}

async function forget(session) {
  const yes = await ask({
    title: "Forget this session?",
    text: "Its record is removed from the list. The media it took in stay in the library.",
    yes: "Forget it",
    no: "Keep it",
  });
  if (yes) change(() => api.forget(session.session_id));
}

async function change(action) {
  try {
    await action();
  } catch (error) {
    handlers.failed(error.message, error.cause);
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

/** `open(id)` shows a session, `changed()` follows a cancel or a forget, `failed(sentence, cause)` says why one did not work. */
export function prepareHistory(callbacks) {
  handlers = callbacks;
  byId("history-more").addEventListener("click", loadMore);
}
