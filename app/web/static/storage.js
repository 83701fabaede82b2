// What this tab remembers over a refresh: the id of the session it shows, and the form as it was left.

const SESSION_KEY = "media-ingest-session";
const FORM_KEY = "media-ingest-form";

/** Saves the session's id, so that a refresh shows the same session. */
export function saveSessionToStorage(sessionId) {
  sessionStorage.setItem(SESSION_KEY, sessionId);
}

export function clearSessionFromStorage() {
  sessionStorage.removeItem(SESSION_KEY);
}

export const sessionInStorage = () => sessionStorage.getItem(SESSION_KEY);

export function saveForm(values) {
  sessionStorage.setItem(FORM_KEY, JSON.stringify(values));
}

/** The form as it was left, null where there is none or it cannot be read. */
export function savedForm() {
  try {
    return JSON.parse(sessionStorage.getItem(FORM_KEY));
  } catch {
    return null;
  }
}
