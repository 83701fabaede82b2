// What is remembered over a refresh: by this tab the session it shows and the form as it was left, by all of them
// whether NSFW thumbnails are blurred. A browser may keep nothing at all: then a refresh asks the server.

/** @import { Place } from "./types.d.ts" */

const SESSION_KEY = "media-ingest-session";
const FORM_KEY = "media-ingest-form";
const NSFW_KEY = "media-ingest-nsfw";
const PAIRS_KEY = "media-ingest-pairs";
const PLACES_KEY = "media-ingest-places";
const SEEN_KEY = "media-ingest-seen";
const COLUMNS_KEY = "media-ingest-columns";
const BLUR_KEY = "media-ingest-blur-nsfw";

/**
 * What is kept under a key, null where nothing is or can be.
 *
 * @type {(store: "sessionStorage" | "localStorage", key: string) => string | null}
 */
function read(store, key) {
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
function keep(store, key, text) {
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

/** Whether NSFW thumbnails are blurred: unless a person said no, and where it cannot be read. */
export const savedBlur = () => read("localStorage", BLUR_KEY) !== "off";

/** @param {boolean} on */
export function saveBlur(on) {
  keep("localStorage", BLUR_KEY, on ? "on" : "off");
}

/**
 * What becomes of pictures that count as NSFW, or of which nobody knows: they are shown, blurred or left out.
 *
 * @returns {"show" | "blur" | "hide"}
 */
export function nsfwShown() {
  const kept = read("localStorage", NSFW_KEY) ?? "";
  return kept === "show" || kept === "hide" ? kept : "blur";
}

/** @param {string} how */
export function saveNsfwShown(how) {
  keep("localStorage", NSFW_KEY, how);
}

/**
 * What is shown of a Live Photo, or of RAW and JPEG of one picture: one of them, unless a person wants both.
 *
 * @returns {"one" | "both"}
 */
export const pairsShown = () => (read("localStorage", PAIRS_KEY) === "both" ? "both" : "one");

/** @param {boolean} both */
export function savePairsShown(both) {
  keep("localStorage", PAIRS_KEY, both ? "both" : null);
}

/** The columns of the table as they were chosen, null where they were not. */
export const savedColumns = () => read("localStorage", COLUMNS_KEY);

/** @param {string} names */
export function saveColumns(names) {
  keep("localStorage", COLUMNS_KEY, names);
}

/**
 * Where lists of the library were left, by their searches, the newest last.
 *
 * @returns {[string, Place][]}
 */
export function savedPlaces() {
  try {
    const saved = JSON.parse(read("sessionStorage", PLACES_KEY) ?? "[]");
    return Array.isArray(saved) ? saved : [];
  } catch {
    return [];
  }
}

/** @param {[string, Place][]} places */
export function savePlaces(places) {
  keep("sessionStorage", PLACES_KEY, JSON.stringify(places));
}

/** The file that was looked at last on a page of its own, null where there is none: it is told once. */
export function takeSeen() {
  const path = read("sessionStorage", SEEN_KEY);
  keep("sessionStorage", SEEN_KEY, null);
  return path;
}

/** @param {string} path */
export function saveSeen(path) {
  keep("sessionStorage", SEEN_KEY, path);
}
