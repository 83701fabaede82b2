// The stream of one session. Owns the EventSource, its reconnecting and what is known of the connection; draws nothing.

import { eventsUrl } from "./api.js";

const STALE_AFTER_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Follows one session at a time.
 *
 * `onStatus(status)` gets each whole status (the truth for every counter), `onFiles(files)` what was answered for since
 * the frame before, `onConnection(state, since)` one of `connecting`, `live`, `reconnecting` and `stale` (with the moment
 * of the last sign of life), `onBye()` the end that the server announces.
 */
export class SessionStream {
  #source = null;
  #retry = null;
  #staleTimer = null;
  #failures = 0;
  #lastEventId = 0;
  #lastSeen = null;

  constructor(handlers) {
    this.handlers = handlers;
    this.sessionId = null;
  }

  /** Follows this session from after `lastEventId` on; the frames after it are replayed. */
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
    clearTimeout(this.#staleTimer);
    this.#staleTimer = null;
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
    for (const name of ["stage_start", "stage_progress", "stage_complete"]) {
      source.addEventListener(name, (event) => this.#take(event, () => {})); // the next `session` frame says the same, whole
    }
    source.addEventListener("bye", () => {
      this.#close();
      this.handlers.onBye();
      if (this.sessionId) this.#reopen();
    });
  }

  #take(event, deliver) {
    this.#alive();
    if (event.lastEventId) this.#lastEventId = event.lastEventId;
    deliver(JSON.parse(event.data));
  }

  #alive() {
    this.#failures = 0;
    this.#lastSeen = new Date();
    clearTimeout(this.#staleTimer);
    this.#staleTimer = null;
    this.handlers.onConnection("live", null);
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
