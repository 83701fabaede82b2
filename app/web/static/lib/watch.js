// Looking again and again at what others may have changed, while the page is seen.

/**
 * Calls `look` so many milliseconds after its last call has ended, never twice at a time, and at once when a person
 * comes back to the page. Returns what ends it.
 *
 * @param {() => unknown} look
 * @param {number} everyMs
 */
export function whileSeen(look, everyMs) {
  const end = new AbortController();
  /** @type {number | undefined} */
  let timer;
  let looking = false;
  const turn = async () => {
    if (looking) return;
    clearTimeout(timer);
    looking = true;
    if (!document.hidden) await look();
    looking = false;
    if (!end.signal.aborted) timer = setTimeout(turn, everyMs);
  };
  document.addEventListener("visibilitychange", turn, { signal: end.signal });
  window.addEventListener("focus", turn, { signal: end.signal });
  end.signal.addEventListener("abort", () => clearTimeout(timer));
  timer = setTimeout(turn, everyMs);
  return () => end.abort();
}
