// Whether the server answers at all. Every answer and every frame is a sign of life; a request without an answer is a
// doubt, which is looked into until it is settled. Draws nothing.

const GONE_AFTER_MS = 4_000; // without a sign of life, and with a doubt
const PROBE_EVERY_MS = 1_000;
const PROBE_TIMEOUT_MS = 2_000;

let heardAt = Date.now();
let doubted = false;
let gone = false;
/** @type {number | undefined} */
let timer;
let probing = false;
/** @type {((gone: boolean) => void)[]} */
const listeners = [];

export const isGone = () => gone;
/** The moment of the last sign of life. */
export const heardFrom = () => new Date(heardAt);

/**
 * Calls `listener` when the server stops answering, and when it answers after a doubt.
 *
 * @param {(gone: boolean) => void} listener
 */
export const onPresence = (listener) => listeners.push(listener);

/** The server gave a sign of life. */
export function heard() {
  heardAt = Date.now();
  if (!doubted) return;
  clearTimeout(timer);
  doubted = gone = false;
  tell();
}

/** A request had no answer. */
export function unheard() {
  doubted = true;
  judge();
  look();
}

/** Asks the server for a sign of life, again and again until there is one. */
export async function look() {
  if (probing) return;
  probing = true;
  clearTimeout(timer);
  const answers = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    .then(isAnswer, () => false);
  probing = false;
  if (answers) return heard();
  doubted = true;
  judge();
  const untilGone = gone ? Infinity : heardAt + GONE_AFTER_MS - Date.now(); // a sign of life may have come in between
  timer = setTimeout(look, Math.min(PROBE_EVERY_MS, untilGone));
  return undefined;
}

/**
 * Whether the server itself spoke: what a proxy says where nobody answers is no sign of life.
 *
 * @param {{ status: number }} response
 */
export const isAnswer = ({ status }) => status !== 502 && status !== 504;

function judge() {
  if (gone || Date.now() - heardAt < GONE_AFTER_MS) return;
  gone = true;
  tell();
}

function tell() {
  for (const listener of listeners) listener(gone);
}
