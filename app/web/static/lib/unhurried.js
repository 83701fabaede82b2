// Looking as often as things change, without asking more of the server than it can give.

const REST_MS = 1_000; // between two looks
const SHARE = 4; // of the time at most, where an answer takes long: one in so many

/**
 * A way to look again as often as things change, but unhurried: once at a time, with a rest, and only while the page is seen.
 * `now` looks at once, `soon` after the rest; what is wanted during a look waits for its end and the rest.
 *
 * @param {() => Promise<void>} look
 */
export function unhurried(look) {
  let restUntil = 0;
  let busy = false;
  let due = false;
  /** @type {number | undefined} */
  let timer;
  const now = async () => {
    if (busy) {
      due = true;
      return;
    }
    clearTimeout(timer);
    timer = undefined;
    busy = true;
    const since = Date.now();
    await look();
    busy = false;
    restUntil = Date.now() + Math.max(REST_MS, SHARE * (Date.now() - since));
    if (due) soon();
    due = false;
  };
  const soon = () => {
    if (busy) due = true;
    else if (!document.hidden) timer ??= setTimeout(now, Math.max(0, restUntil - Date.now()));
  };
  return { now, soon };
}
