// What is remembered over a refresh: by this tab the session it shows and the form as it was left, by all of them
// whether NSFW thumbnails are blurred.

const SESSION_KEY = "media-ingest-session";
const FORM_KEY = "media-ingest-form";
const BLUR_KEY = "media-ingest-blur-nsfw";

/**
 * Saves the session's id, so that a refresh shows the same session.
 *
 * @param {string} sessionId
 */
export function saveSessionToStorage(sessionId) {
  sessionStorage.setItem(SESSION_KEY, sessionId);
}

export function clearSessionFromStorage() {
  sessionStorage.removeItem(SESSION_KEY);
}

export const sessionInStorage = () => sessionStorage.getItem(SESSION_KEY);

/** @param {Record<string, string | boolean>} values */
export function saveForm(values) {
  sessionStorage.setItem(FORM_KEY, JSON.stringify(values));
}

/**
 * The form as it was left, null where there is none or it cannot be read.
 *
 * @returns {Record<string, string | boolean> | null}
 */
export function savedForm() {
  try {
    const saved = JSON.parse(sessionStorage.getItem(FORM_KEY) ?? "null");
    return saved instanceof Object ? saved : null;
  } catch {
    return null;
  }
}

/** Whether NSFW thumbnails are blurred: unless a person said no, and where it cannot be read. */
export function savedBlur() {
  try {
    return localStorage.getItem(BLUR_KEY) !== "off";
  } catch {
    return true;
  }
}

/**
 * Where it cannot be saved, it holds until the next load.
 *
 * @param {boolean} on
 */
export function saveBlur(on) {
  try {
    localStorage.setItem(BLUR_KEY, on ? "on" : "off");
  } catch {
    // a browser that keeps nothing, or is full
  }
}
