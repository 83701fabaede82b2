// The stream of one session. Owns the EventSource, its reconnecting and what is known of the connection; draws nothing.

import { eventsUrl } from "./api.js";

/** @import { Answer, Connection, Session } from "./types.d.ts" */

const STALE_AFTER_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Who is told: `onStatus` gets each whole status (the truth for every counter), `onFiles` what was answered for since
 * the frame before, `onConnection` the state and, once it is stale, the moment of the last sign of life.
 *
 * @typedef {object} Handlers
 * @property {(status: Session) => void} onStatus
 * @property {(files: Answer[]) => void} onFiles
 * @property {(state: Connection, since: Date | null) => void} onConnection
 */

/** Follows one session at a time. */
export class SessionStream {
  /** @type {EventSource | null} */
  #source = null;
  /** @type {number | undefined} */
  #retry;
  /** @type {number | null} */
  #staleTimer = null;
  #failures = 0;
  #lastEventId = 0;
  /** @type {Date | null} */
  #lastSeen = null;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    /** @type {string | null} */
    this.sessionId = null;
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
    this.#lastEventId = lastEventId;
    this.#failures = 0;
    this.#lastSeen = new Date();
    this.handlers.onConnection("connecting", null);
    this.#open();
  }

  stop() {
    this.sessionId = null;
    this.#close();
    clearTimeout(this.#retry);
    this.#seen();
  }

  /** The server is known to answer again: the next try does not wait any longer. */
  hurry() {
    if (this.sessionId === null || this.#staleTimer === null) return;
    this.#close();
    clearTimeout(this.#retry);
    this.#failures = 0;
    this.#open();
  }

  #close() {
    this.#source?.close();
    this.#source = null;
  }

  #open() {
    if (this.sessionId === null) return;
    const source = new EventSource(eventsUrl(this.sessionId, this.#lastEventId));
    this.#source = source;
    source.onopen = () => this.#alive();
    source.onerror = () => {
      // The browser tries again by itself after a lost connection, but gives up for good on an answer such as 503.
      if (source.readyState === EventSource.CLOSED) this.#reopen();
      else this.#lost();
    };
    source.addEventListener("session", (event) => this.#take(event, (status) => this.handlers.onStatus(status)));
    source.addEventListener(
      "file_complete",
      (event) => this.#take(event, (frame) => this.handlers.onFiles(frame.files ?? [frame])),
    );
    // The next `session` frame says the same, whole.
    for (const name of ["stage_start", "stage_progress", "stage_complete"]) {
      source.addEventListener(name, (event) => this.#take(event, () => {}));
    }
    source.addEventListener("bye", () => {
      this.#close();
      if (this.sessionId) this.#reopen();
    });
  }

  /** @type {(event: MessageEvent, deliver: (frame: any) => void) => void} */
  #take(event, deliver) {
    this.#alive();
    if (event.lastEventId) this.#lastEventId = Number(event.lastEventId);
    deliver(JSON.parse(event.data));
  }

  #alive() {
    this.#failures = 0;
    this.#lastSeen = new Date();
    this.#seen();
    this.handlers.onConnection("live", null);
  }

  #seen() {
    if (this.#staleTimer !== null) clearTimeout(this.#staleTimer);
    this.#staleTimer = null;
  }

  #lost() {
    if (this.#staleTimer !== null) return;
    this.handlers.onConnection("reconnecting", null);
    this.#staleTimer = setTimeout(() => this.handlers.onConnection("stale", this.#lastSeen), STALE_AFTER_MS);
  }

  #reopen() {
    this.#close();
    this.#lost();
    clearTimeout(this.#retry);
    const wait = Math.min(500 * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#open(), wait);
  }
}
