// How a session under way stands and what can be done with it: the banner, the buttons, why a move did not work.

import { byId, setMessage, setText } from "../lib/dom.js";
import { isGone } from "../lib/presence.js";
import { isAtRest, isRunning } from "../lib/words.js";

/** @import { ApiError } from "../lib/api.js" */
/** @import { Session, Standing } from "../lib/types.d.ts" */

/** @type {string | null} */
let pausing = null; // the session whose pause was accepted and comes when its planning or its file at work is done
let focusWaits = false; // a button had the focus when it went, and the one that takes its place is not there yet

/**
 * Whether somebody has to say that files are gone before it goes on.
 *
 * @param {Session} status
 */
const asksIfGone = ({ status, attention }) => status === "attention" && Boolean(attention?.needs_confirm);

/**
 * The banner of each status that is not plain running: what it means and what a person can do.
 *
 * @param {Session} status
 */
export function showState(status) {
  /** @type {Partial<Record<Standing, [heading: string, text: string, tone: string]>>} */
  const states = {
    queued: [
      "Waiting for its turn:",
      "another session is running. This one starts by itself when that has ended or is paused.",
      "",
    ],
    paused: ["What is committed stays.", "Resume goes on with the next file.", "warn"],
    interrupted: ["The server stopped.", "Nothing is lost: Resume goes on with the next file.", "warn"],
    attention: ["Something needs you.", attentionSentence(status), "bad"],
  };
  const [heading, text, tone] = states[status.status] ?? ["", "", ""];
  const banner = byId("state");
  banner.className = `banner ${tone}`;
  banner.hidden = !heading;
  setText(byId("state-title"), heading);
  setText(byId("state-text"), text);
}

/** @param {Session} status */
function attentionSentence(status) {
  if (!status.attention) return "";
  return `${status.attention.sentence}${
    status.attention.by_itself ? " It is tried again by itself, or now with Resume." : ""
  }`;
}

/** @param {Session} status */
export function showActions(status) {
  const working = isRunning(status);
  const asks = asksIfGone(status);
  const buttons = [byId("pause"), byId("resume"), byId("mark-missing")];
  /** @type {Element | null} */
  const active = document.activeElement;
  const focused = buttons.some((button) => button === active) ||
    (focusWaits && active === byId("process-title"));
  byId("pause").hidden = !working;
  byId("resume").hidden = !isAtRest(status);
  setText(byId("resume"), asks ? "Look again" : "Resume");
  byId("mark-missing").hidden = !asks;
  byId("show-gone").hidden = !asks;
  byId("close-tab").hidden = isGone() || (!working && status.status !== "queued");
  showPausing(status, working);
  const there = buttons.filter((button) => !button.hidden);
  focusWaits = focused && !there.length;
  if (focused && !there.some((button) => button === document.activeElement)) {
    (there[0] ?? byId("process-title")).focus();
  }
}

/**
 * A pause that the server took and that comes a little later: said, and not asked for twice.
 *
 * @type {(status: Session, working: boolean) => void}
 */
function showPausing(status, working) {
  if (!working && pausing === status.session_id) pausing = null;
  const waits = pausing === status.session_id;
  byId("pause").setAttribute("aria-disabled", String(waits || isGone()));
  setMessage(
    byId("pausing"),
    !waits ? "" : status.status === "planning" ? "Pausing when planning is done" : "Pausing after the file at work",
  );
}

/**
 * The server took the pause of this session.
 *
 * @param {string} sessionId
 */
export function pauseAsked(sessionId) {
  pausing = sessionId;
}

/**
 * Why a move did not work; null takes it away.
 *
 * @param {ApiError | null} error
 */
export function showActionError(error) {
  setMessage(byId("action-error"), error?.message, error?.cause);
}
