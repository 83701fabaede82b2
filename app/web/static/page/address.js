// The address of what is shown: a session has one of its own, and Configure has that of the page. Back and forward
// lead from one to the other. What dialogs add to it is theirs (dialogs.js).

import { forgetDialogs } from "../lib/dialogs.js";

const OF_A_SESSION = /^\/sessions\/([0-9a-f-]{36})$/i;
const OF_THE_PAGE = "/ingest-v2";

/** The session that the address names; null where it names none. */
export const addressed = () => OF_A_SESSION.exec(location.pathname)?.[1]?.toLowerCase() ?? null;

/** The search that the address asks about instead of folders; null where it names none. */
export const searched = () => new URLSearchParams(location.search).get("q");

let place = addressed(); // that the page shows

/**
 * Notes what a person came to, so that Back leads to what was before; null is Configure.
 *
 * @param {string | null} sessionId
 */
export function cameTo(sessionId) {
  if (sessionId === addressed()) return forgetDialogs();
  place = sessionId;
  history.pushState(null, "", sessionId ? `/sessions/${sessionId}` : OF_THE_PAGE);
}

/**
 * Calls back with the session of the address, null for none, whenever a person went back or forward to another.
 *
 * @param {(sessionId: string | null) => void} went
 */
export function prepareAddress(went) {
  window.addEventListener("popstate", () => {
    if (place === addressed()) return;
    place = addressed();
    went(place);
  });
}
