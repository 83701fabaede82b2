// One stream of a session for all tabs of a browser, which opens few connections to a server at a time. The tab that holds
// the session's lock leads: it has the stream and tells the others what comes. When it closes, the next one gets the lock.

import { Source } from "./source.js";

/** @import { Frame } from "./types.d.ts" */
/** @import { Told } from "./source.js" */

const STREAMS_AT_ONCE = 3; // of all sessions, of the six connections that a browser opens
const LOOK_FOR_A_PLACE_MS = 5_000;
const KEPT = 80; // frames for a tab that comes later
const VIEWS = new Set(["session", "heartbeat"]); // they are no rows of the log

/**
 * What tabs say: `hello` asks the leader for the frames after `after`; `frames` are told to all, or to the one that asked.
 *
 * @typedef {{ hello: string, after: number } | { frames: Frame[], to?: string }} Said
 */

export class SharedSource {
  #me = `${Math.random()}`;
  #after;
  #greeted = false; // as a follower: what was before is known
  #end = new AbortController();
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {Source | null} */
  #source = null; // where this tab leads, or is on its own
  /** @type {Frame[]} */
  #kept = [];
  /** @type {Frame | null} */
  #status = null; // the newest

  /**
   * @param {string} sessionId
   * @param {number} after the id of the last event that is known
   * @param {Told} told
   */
  constructor(sessionId, after, told) {
    this.sessionId = sessionId;
    this.told = told;
    this.#after = after;
    if (navigator.locks && globalThis.BroadcastChannel) this.#share();
    else this.#alone();
  }

  close() {
    this.#end.abort();
    this.#source?.close();
    this.#channel?.close();
  }

  /** Opens the stream anew, where this tab has it. */
  renew() {
    this.#source?.open();
  }

  #share() {
    const name = `media-ingest stream of ${this.sessionId}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#ask();
    navigator.locks.request(name, { signal: this.#end.signal }, () => this.#lead()).catch(() => {
      if (!this.#end.signal.aborted) this.#alone(); // a browser that keeps nothing has no locks
    });
  }

  /** A browser without locks: only tabs that are seen have a stream. */
  #alone() {
    const turn = () => {
      this.#source?.close();
      this.#source = document.hidden ? null : this.#open();
    };
    document.addEventListener("visibilitychange", turn, { signal: this.#end.signal });
    turn();
  }

  #open() {
    return new Source(this.sessionId, () => this.#after, {
      frame: (frame) => this.#lived(frame),
      trouble: this.told.trouble,
    });
  }

  /** Holds the lock of the session until the end, and one of the few places for streams as soon as there is one. */
  async #lead() {
    const { signal } = this.#end;
    while (!signal.aborted) {
      for (let place = 0; place < STREAMS_AT_ONCE; place += 1) {
        const had = await navigator.locks.request(
          `media-ingest stream ${place}`,
          { ifAvailable: true },
          (lock) => lock ? this.#stream() : false,
        );
        if (had) return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_FOR_A_PLACE_MS));
    }
  }

  /** @returns {Promise<true>} at the end */
  #stream() {
    return new Promise((resolve) => {
      const { signal } = this.#end;
      signal.addEventListener("abort", () => resolve(true));
      if (signal.aborted) resolve(true);
      else this.#source = this.#open();
    });
  }

  /**
   * A frame of this tab's own stream.
   *
   * @param {Frame} frame
   */
  #lived(frame) {
    if (frame.name === "session") this.#status = frame;
    else if (!VIEWS.has(frame.name)) this.#kept = [...this.#kept.slice(1 - KEPT), frame];
    this.#say({ frames: [frame] });
    this.#deliver(frame);
  }

  /** @param {Frame} frame */
  #deliver(frame) {
    if (this.#end.signal.aborted) return;
    this.#after = Math.max(this.#after, frame.id);
    this.told.frame(frame);
  }

  /** @param {Said} said */
  #say(said) {
    this.#channel?.postMessage(said);
  }

  #ask() {
    this.#say({ hello: this.#me, after: this.#after });
  }

  /** @param {Said} said */
  #hear(said) {
    if ("hello" in said) {
      if (!this.#source) return;
      const frames = this.#kept.filter(({ id }) => id > said.after);
      this.#say({ to: said.hello, frames: this.#status ? [...frames, this.#status] : frames });
      return;
    }
    if (this.#source || (said.to && said.to !== this.#me)) return;
    if (said.to) this.#greeted = true;
    let missed = false;
    for (const frame of said.frames) {
      if (VIEWS.has(frame.name)) this.told.frame(frame);
      else if (!this.#greeted) missed = true;
      else if (frame.id > this.#after) this.#deliver(frame);
    }
    if (missed) this.#ask(); // the leader of now has not heard it
  }
}
