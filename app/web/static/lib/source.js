// One EventSource on the frames of a session, opened again whenever it ends. Draws nothing.

import { eventsUrl } from "./api.js";

/** @import { Frame } from "./types.d.ts" */

const LONGEST_WAIT_MS = 15_000;
/** @type {Frame["name"][]} */
const NAMES = ["session", "file_complete", "stage_start", "stage_progress", "stage_complete", "heartbeat"];

/**
 * Who is told: `frame` each frame, `trouble` that the connection was lost or refused, `bye` that it ended on purpose, after
 * which it is opened again where nobody wants to know.
 *
 * @typedef {{ frame: (frame: Frame) => void, trouble: (source: Source) => void, bye?: (source: Source) => void }} Told
 */

export class Source {
  /** @type {EventSource | null} */
  #events = null;
  /** @type {number | undefined} */
  #retry;
  #failures = 0;
  #closed = false;

  /**
   * @param {string} sessionId
   * @param {() => number} after the id of the last event that is known
   * @param {Told} told
   */
  constructor(sessionId, after, told) {
    this.sessionId = sessionId;
    this.after = after;
    this.told = told;
    this.open();
  }

  /** Opens it anew, at once. */
  open() {
    this.#shut();
    if (this.#closed) return;
    const events = new EventSource(eventsUrl(this.sessionId, this.after()));
    this.#events = events;
    events.onopen = () => {
      this.#failures = 0;
    };
    events.onerror = () => {
      this.told.trouble(this);
      // The browser tries again by itself after a lost connection, but gives up for good on an answer such as 503.
      if (events.readyState === EventSource.CLOSED) this.#later();
    };
    for (const name of NAMES) {
      events.addEventListener(
        name,
        ({ data, lastEventId }) => this.told.frame({ name, data: JSON.parse(data), id: Number(lastEventId) }),
      );
    }
    events.addEventListener("bye", () => this.told.bye ? this.told.bye(this) : this.#later());
  }

  close() {
    this.#closed = true;
    this.#shut();
  }

  #shut() {
    clearTimeout(this.#retry);
    this.#events?.close();
    this.#events = null;
  }

  #later() {
    this.#shut();
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.open(), Math.min(500 * 2 ** this.#failures, LONGEST_WAIT_MS));
    this.#failures += 1;
  }
}
