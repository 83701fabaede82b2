// What happens to one session, told to this tab: by its stream, and by asking again and again where no frame comes through.
// Owns what is known of the connection; draws nothing.

import * as api from "./api.js";
import { heard, heardFrom, isGone, look, onPresence, unheard } from "./presence.js";
import { SharedSource } from "./sharing.js";
import { Source } from "./source.js";

/** @import { Connection, Frame, Session } from "./types.d.ts" */

const TICK_MS = 1_000;
const QUIET_MS = 3_000; // the server says at least every 2 s that the stream is open
const BLOCKED_MS = 5_000;
const ASK_EVERY_MS = 2_000;
const RENEW_EVERY_MS = 15_000;

/**
 * Who is told: `onStatus` gets each whole status (the truth for every counter), `onRow` each frame that is a row of the
 * log, `onConnection` the state and the moment of the last sign of life.
 *
 * @typedef {object} Handlers
 * @property {(status: Session) => void} onStatus
 * @property {(frame: Frame) => void} onRow
 * @property {(state: Connection, since: Date) => void} onConnection
 */

/**
 * How a session is followed: `quietMs` since the last frame, `begun` once there was one, `troubled` while the stream is
 * broken, `answered` where the last question for the status had an answer, `gone` where the server answers nothing.
 *
 * @param {{ gone: boolean, quietMs: number, begun: boolean, troubled: boolean, answered: boolean }} known
 * @returns {Connection}
 */
export function connectionOf({ gone, quietMs, begun, troubled, answered }) {
  if (gone) return "gone";
  if (quietMs >= BLOCKED_MS) return answered ? "polling" : "reconnecting";
  if (troubled) return "reconnecting";
  return begun ? "live" : "connecting";
}

/**
 * Tells the rows of the log of a session that has ended, after the event `after`, once.
 *
 * @type {(sessionId: string, after: number, onRow: (frame: Frame) => void) => void}
 */
export function replay(sessionId, after, onRow) {
  new Source(sessionId, () => after, {
    frame: (frame) => {
      if (frame.name !== "session" && frame.name !== "heartbeat") onRow(frame);
    },
    trouble: (source) => source.close(),
    bye: (source) => source.close(),
  });
}

/** Follows one session at a time. */
export class SessionStream {
  /** @type {SharedSource | null} */
  #shared = null;
  /** @type {number | undefined} */
  #ticker;
  #tickedAt = 0;
  #frameAt = 0;
  #askedAt = 0;
  #renewedAt = 0;
  #newest = 0; // the event that the newest status contains
  #begun = false;
  #troubled = false;
  #answered = false;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    /** @type {string | null} */
    this.sessionId = null;
    onPresence((gone) => {
      if (!gone) this.hurry();
      this.#show();
    });
  }

  /**
   * Follows this session from after `lastEventId` on; the frames after it are replayed.
   *
   * @param {string} sessionId
   * @param {number} lastEventId
   */
  follow(sessionId, lastEventId) {
    this.stop();
    this.sessionId = sessionId;
    this.#tickedAt = this.#frameAt = this.#renewedAt = Date.now();
    this.#askedAt = this.#newest = 0;
    this.#begun = this.#troubled = this.#answered = false;
    this.#shared = new SharedSource(sessionId, lastEventId, {
      frame: (frame) => this.#take(frame),
      trouble: () => this.#lost(),
    });
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#show();
  }

  stop() {
    this.sessionId = null;
    clearInterval(this.#ticker);
    this.#shared?.close();
    this.#shared = null;
  }

  /** The server is known to answer again: a broken stream does not wait any longer. */
  hurry() {
    if (this.#troubled) this.#renew();
  }

  #renew() {
    this.#renewedAt = Date.now();
    this.#shared?.renew();
  }

  /** @param {Frame} frame */
  #take(frame) {
    heard();
    this.#frameAt = Date.now();
    this.#begun = true;
    this.#troubled = false;
    this.#show();
    if (frame.name === "session") this.#tell(frame.data);
    else if (frame.name !== "heartbeat") this.handlers.onRow(frame);
  }

  /**
   * What was held back on its way never takes the place of what is newer.
   *
   * @param {Session} status
   */
  #tell(status) {
    if (status.session_id !== this.sessionId || status.last_event_id < this.#newest) return;
    this.#newest = status.last_event_id;
    this.handlers.onStatus(status);
  }

  #lost() {
    this.#troubled = true;
    this.#show();
    look();
  }

  #tick() {
    const now = Date.now();
    // After a sleep of the machine nothing is known yet: it begins with a question.
    if (now - this.#tickedAt > 3 * TICK_MS) this.#frameAt = Math.max(this.#frameAt, now - QUIET_MS);
    this.#tickedAt = now;
    const quiet = now - this.#frameAt;
    if (quiet >= QUIET_MS && now - this.#askedAt >= ASK_EVERY_MS) this.#ask();
    if (quiet >= BLOCKED_MS && now - this.#renewedAt >= RENEW_EVERY_MS) this.#renew();
    this.#show();
  }

  async #ask() {
    const id = this.sessionId;
    if (id === null) return;
    this.#askedAt = Date.now();
    try {
      const status = await api.status(id, AbortSignal.timeout(ASK_EVERY_MS));
      if (id !== this.sessionId) return;
      this.#answered = true;
      this.#show();
      this.#tell(status);
    } catch (error) {
      if (api.isTimeout(error)) unheard();
      if (id === this.sessionId) this.#answered = false;
    }
  }

  #show() {
    if (this.sessionId === null) return;
    const known = { begun: this.#begun, troubled: this.#troubled, answered: this.#answered };
    this.handlers.onConnection(
      connectionOf({ ...known, gone: isGone(), quietMs: Date.now() - this.#frameAt }),
      heardFrom(),
    );
  }
}
