// What is remembered over a refresh: by this tab the session it shows and the form as it was left, by all of them
// what becomes of pictures that may be NSFW. A browser may keep nothing at all: then a refresh asks the server.

/** @import { Veil } from "./types.d.ts" */
const SESSION_KEY = "media-ingest-session";
const FORM_KEY = "media-ingest-form";
export const NSFW_KEY = "media-ingest-nsfw";

/**
 * What is kept under a key, null where nothing is or can be.
 *
 * @type {(store: "sessionStorage" | "localStorage", key: string) => string | null}
 */
export function read(store, key) {
  try {
    return globalThis[store].getItem(key);
  } catch {
    return null; // a browser that keeps nothing throws as soon as the store is named
  }
}

/**
 * Keeps a text under a key, null takes it away; where nothing can be kept, it holds until the next load.
 *
 * @type {(store: "sessionStorage" | "localStorage", key: string, text: string | null) => void}
 */
export function keep(store, key, text) {
  try {
    if (text === null) globalThis[store].removeItem(key);
    else globalThis[store].setItem(key, text);
  } catch {
    // a browser that keeps nothing, or is full
  }
}

/**
 * Saves the session's id, so that a refresh shows the same session.
 *
 * @param {string} sessionId
 */
export function saveSessionToStorage(sessionId) {
  keep("sessionStorage", SESSION_KEY, sessionId);
}

export function clearSessionFromStorage() {
  keep("sessionStorage", SESSION_KEY, null);
}

export const sessionInStorage = () => read("sessionStorage", SESSION_KEY);

/** @param {Record<string, string | boolean>} values */
export function saveForm(values) {
  keep("sessionStorage", FORM_KEY, JSON.stringify(values));
}

/**
 * The form as it was left, null where there is none or it cannot be read.
 *
 * @returns {Record<string, string | boolean> | null}
 */
export function savedForm() {
  try {
    const saved = JSON.parse(read("sessionStorage", FORM_KEY) ?? "null");
    return saved instanceof Object ? saved : null;
  } catch {
    return null;
  }
}

/**
 * What is to become of pictures that may be NSFW; null where nobody chose, and where it cannot be read.
 *
 * @returns {Veil | null}
 */
export function savedNsfw() {
  const kept = read("localStorage", NSFW_KEY);
  return kept === "show" || kept === "blur" || kept === "hide" ? kept : null;
}

/** @param {Veil} choice */
export function saveNsfw(choice) {
  keep("localStorage", NSFW_KEY, choice);
}
