// Which key says what of a file: the keys of the library and of the page of one file. Pure.

/** @import { Words } from "../lib/types.d.ts" */

/** @typedef {Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "repeat">} Pressed */

/**
 * What a key says of a file: 1 to 5 a score, 0 that there is none, X rejects, N is NSFW and Shift-N is not; null for any other.
 * A key that is held says it once.
 *
 * @type {(pressed: Pressed) => Words | null}
 */
export function wordsOf({ key, shiftKey, ctrlKey, metaKey, altKey, repeat }) {
  if (ctrlKey || metaKey || altKey || repeat) return null;
  if (/^[0-5]$/.test(key)) return { set: { score: key === "0" ? null : Number(key) } };
  if (key.toLowerCase() === "x") return { set: { score: -1 } };
  if (key.toLowerCase() === "n") return { set: { nsfw: !shiftKey } };
  return null;
}

/** Whether a key undoes: Ctrl-Z, or Cmd-Z; held, it does so once. @param {Pressed} pressed */
export const isUndo = ({ key, shiftKey, ctrlKey, metaKey, altKey, repeat }) =>
  key.toLowerCase() === "z" && ctrlKey !== metaKey && !shiftKey && !altKey && !repeat;

/** Whether a key is this character, by itself. @type {(pressed: Pressed, character: string) => boolean} */
export const isKey = ({ key, ctrlKey, metaKey, altKey }, character) =>
  key.toLowerCase() === character && !ctrlKey && !metaKey && !altKey;

/**
 * Whether what has the focus takes keys for itself: a field that is written in or chosen from, and all that is in a dialog that is open:
 * right after it has closed, the focus may still be there.
 *
 * @param {EventTarget | null} target
 */
export const takesKeys = (target) =>
  target instanceof Element &&
  target.closest("dialog[open], video, textarea, select, input:not([type=checkbox], [type=radio])") !== null;
