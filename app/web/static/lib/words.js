// How values read to a person: numbers, durations, names of classes, paths. Pure functions, no elements.

/** @import { Estimate, Parameters, Skip, Standing } from "./types.d.ts" */

const NUMBER = new Intl.NumberFormat("en");
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
/** @type {Intl.DateTimeFormatOptions} */
const MINUTE = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false };

/** @param {number | null} [value] */
export const number = (value) => NUMBER.format(value ?? 0);
/** @type {(value: number | null, noun: string) => string} */
export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
/** @param {Date} date */
export const clock = (date) => CLOCK.format(date);
/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a class of the plan or of the sum is called after its number: "812 new", "41 left out"; skips as in app/texts.py.
 *
 * @type {Record<string, string>}
 */
const CLASS = {
  new: "new",
  changed: "changed",
  only_nsfw: "need only NSFW",
  sidecar_changed: "with a changed sidecar",
  new_stages: "with parts still to read",
  read_again: "to read again",
  again: "to run again",
  fresh: "up to date",
  filtered: "left out",
  unsupported: "of other kinds",
  failed_before: "failed before",
  beyond_max_files: "beyond the limit",
  pending: "not processed",
  returned: "missing before and back",
  words_wait: "to get your words back",
};
/** @param {string} name */
export const classLabel = (name) => CLASS[name] ?? name.replaceAll("_", " ");
/**
 * What programs call it, for the tooltip; null where people read the same.
 *
 * @param {string} name
 */
export const classTerm = (name) => CLASS[name] && CLASS[name] !== name.replaceAll("_", " ") ? name : null;

/**
 * What a cause is called: "truncated image".
 *
 * @param {string} cause
 */
export const causeLabel = (cause) => (cause === "ambiguous_move" ? "may have been moved" : cause.replaceAll("_", " "));

/**
 * The skips in the order in which people read them, whatever order the server sends.
 *
 * @type {Skip[]}
 */
const SKIPS = ["fresh", "filtered", "unsupported", "failed_before", "beyond_max_files"];
/** @type {(skipped: Record<Skip, number>) => [Skip, number][]} */
export const skips = (skipped) => SKIPS.map((name) => [name, skipped[name] ?? 0]);

/**
 * Glyphs stand beside the word, never instead of it.
 *
 * @type {Record<string, string>}
 */
const GLYPH = {
  edited: "✎",
  written: "✎",
  undone: "↶",
  left: "=",
  added: "+",
  updated: "↻",
  moved: "→",
  unchanged: "=",
  failed: "✕",
  vanished: "∅",
};
/** @param {string | null} [outcome] */
export const glyph = (outcome) => GLYPH[outcome ?? ""] ?? "·";

/** @type {Record<Standing, string>} */
const STATUS = {
  queued: "Waiting",
  planning: "Looking",
  processing: "Processing",
  paused: "Paused",
  interrupted: "Interrupted",
  attention: "Needs attention",
  completed: "Completed",
  cancelled: "Cancelled",
};
/** @param {Standing} status */
export const statusLabel = (status) => STATUS[status] ?? capital(String(status));

/** @param {{ status: Standing | null }} session */
export const isRunning = ({ status }) => status === "planning" || status === "processing";
/**
 * It goes on when a person says so, or when what is wrong is mended.
 *
 * @param {{ status: Standing | null }} session
 */
export const isAtRest = ({ status }) => status === "paused" || status === "interrupted" || status === "attention";
/** @param {{ status: Standing | null }} session */
export const hasEnded = ({ status }) => status === "completed" || status === "cancelled";

/**
 * "Nov 20, 10:42", with the year where it is another one.
 *
 * @param {string | Date | null} [text]
 */
export function day(text) {
  if (!text) return "";
  const date = new Date(text);
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(undefined, { ...MINUTE, year }).format(date);
}

/** @param {number} value */
export function bytes(value) {
  if (!value) return "0 B";
  const power = Math.min(Math.floor(Math.log10(value) / 3), 5);
  const scaled = value / 1000 ** power;
  return `${scaled >= 100 || power === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${
    ["B", "kB", "MB", "GB", "TB", "PB"][power]
  }`;
}

/**
 * A measured time: "0.4 s", "12 s", "3 min 12 s", "2 h 5 min".
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const HOURS = { below: Infinity, unit: "h", size: 3600 };
const UNITS = [{ below: 90, unit: "s", size: 1 }, { below: 5400, unit: "min", size: 60 }];

/**
 * An estimated time as a range in the unit of its upper end: "2–3 min", "40–50 s", "under a second".
 *
 * @param {Estimate | null} estimate
 */
export function range(estimate) {
  if (!estimate) return "";
  const { low, high } = estimate;
  if (high < 1) return "under a second";
  const { unit, size } = UNITS.find(({ below }) => high < below) ?? HOURS;
  const from = Math.round(low / size);
  const to = Math.max(Math.ceil(high / size), from);
  if (from < 1) return `up to ${number(to)} ${unit}`;
  return from === to ? `about ${number(to)} ${unit}` : `${number(from)}–${number(to)} ${unit}`;
}

/**
 * Seconds since something: "just now", "12 s ago", "3 min ago".
 *
 * @param {number} seconds
 */
export function ago(seconds) {
  if (seconds < 3) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

// Characters that would break a line, vanish, or turn the reading direction round and so disguise a name.
// deno-lint-ignore no-control-regex -- they are what it looks for
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

// Joiners are part of the words of many scripts, and of emoji; between letters of Europe they only disguise.
// deno-lint-ignore no-control-regex -- a range that begins with the first character there is
const JOINED = /[^\u0000-\u024f\s]$/;

/**
 * A path or text as it can be read safely: a line break shows as ⏎ (or stays), other invisible characters as ‹U+202E›.
 *
 * @param {string | null | undefined} text
 */
export function readable(text, { lines = false } = {}) {
  return String(text ?? "").replaceAll(/\r\n?/g, "\n").replace(INVISIBLE, (character, at, whole) => {
    if (character === "\n") return lines ? "\n" : "⏎";
    const joins = "\u200c\u200d".includes(character) && JOINED.test(whole[at - 1] ?? "") &&
      JOINED.test(whole[at + 1] ?? "");
    return joins ? character : `‹U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

/** @param {string} path */
export const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);

/**
 * The folders of a session's parameters, in words.
 *
 * @param {Parameters} parameters
 */
export function folders({ directories: list, q }) {
  if (q) return `Search: ${readable(q)}`;
  const shown = list.slice(0, 2).map((path) => readable(path)).join(", ");
  return list.length > 2 ? `${shown} and ${count(list.length - 2, "other folder")}` : shown;
}

/**
 * "a", "a and b", "a, b and c".
 *
 * @param {string[]} parts
 */
export function sentenceList(parts) {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/**
 * The values by their key, in the order in which they come; `Map.groupBy` is too new for many browsers.
 *
 * @template Value, Key
 * @param {Iterable<Value>} values
 * @param {(value: Value) => Key} key
 */
export function grouped(values, key) {
  /** @type {Map<Key, Value[]>} */
  const groups = new Map();
  for (const value of values) {
    const those = groups.get(key(value));
    if (those) those.push(value);
    else groups.set(key(value), [value]);
  }
  return groups;
}
