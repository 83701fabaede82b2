// Tells a page that the library may have changed: while a session runs, as its files come, and when one came and went.

import * as api from "../lib/api.js";
import { SessionStream } from "../lib/events.js";
import { whileSeen } from "../lib/watch.js";
import { hasEnded } from "../lib/words.js";

const LOOK_FOR_SESSION_MS = 5_000;

/** @type {Set<() => void>} */
const listeners = new Set();
let processed = "";
/** @type {string | null} */
let newest = null; // the session that the page of taking in would show, and how it stands

const stream = new SessionStream({
  onStatus: (status) => {
    const now = `${status.session_id} ${status.status} ${status.processed_files}`;
    if (now !== processed) tell();
    processed = now;
    if (hasEnded(status)) stream.stop();
  },
  onRow: () => undefined,
  onConnection: () => undefined,
});

/** Calls back whenever the library may have changed. @param {() => void} changed */
export function onChange(changed) {
  if (!listeners.size) {
    follow();
    whileSeen(follow, LOOK_FOR_SESSION_MS);
  }
  listeners.add(changed);
}

/** Follows the session that runs, if one does; one that came and ended meanwhile is seen as well. */
async function follow() {
  if (stream.sessionId !== null) return;
  const answer = await api.activeSession().catch(() => null);
  if (!answer) return;
  const { session_id: id, status } = answer;
  if (newest !== null && newest !== `${id} ${status}`) tell();
  newest = `${id} ${status}`;
  if (id === null || status === null || hasEnded({ status })) return;
  stream.follow(id, (await api.status(id).catch(() => null))?.last_event_id ?? 0);
}

function tell() {
  for (const changed of listeners) changed();
}
