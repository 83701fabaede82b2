// The HTTP of the contract, one function for each call. Knows no elements.

/**
 * @import {
 *   Active, Edit, Explanation, Failures, FailuresMeant, Filters, LibraryFile, Listed, Listing, Model, Narrowed, Pace, Page,
 *   Parameters, Plan, Preset, Request, SameBytes, Session, Spread, Started, Summary, Tried, Undone, Walking,
 * } from "./types.d.ts"
 */

import { heard, isAnswer, unheard } from "./presence.js";

/** A refusal: `message` is the server's sentence, `cause` its stable code, `field` the parameter at fault. */
export class ApiError extends Error {
  /**
   * @override
   * @type {string}
   */
  cause;

  /**
   * @param {number} status 0 where no answer came
   * @param {{ detail?: string, cause?: string, field?: string, session_id?: string, position?: number }} problem
   */
  constructor(status, problem) {
    super(problem.detail || `The server answered with ${status}.`);
    this.status = status;
    this.cause = problem.cause ?? "internal_error";
    this.field = problem.field ?? null;
    this.position = problem.position ?? null;
    this.sessionId = problem.session_id ?? null;
  }
}

/**
 * What was caught, as a refusal: a fault of the page's own says its message, too.
 *
 * @param {unknown} error
 */
export function refusal(error) {
  if (error instanceof ApiError) return error;
  return new ApiError(0, { detail: error instanceof Error ? error.message : String(error) });
}

/**
 * Whether a request ended because nobody waits for it any more.
 *
 * @param {unknown} error
 */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * Whether a request ended because it had no answer for too long.
 *
 * @param {unknown} error
 */
export const isTimeout = (error) => error instanceof DOMException && error.name === "TimeoutError";

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: object, file?: File, signal?: AbortSignal | undefined }} options
 * @returns {Promise<any>} what the function of the call says
 */
export async function request(method, path, { body, file, signal } = {}) {
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      signal: signal ?? null,
      cache: "no-store",
      ...(file === undefined ? {} : { headers: { "Content-Type": "application/octet-stream" }, body: file }),
      ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    if (isAbort(error) || isTimeout(error)) throw error;
    unheard();
    throw new ApiError(0, { detail: "The server does not answer. Is it still running?", cause: "unreachable" });
  }
  if (isAnswer(response)) heard();
  else unheard();
  if (response.status === 401) {
    location.assign("/login");
    throw new ApiError(401, { detail: "Sign in first.", cause: "unauthorized" });
  }
  const answer = parsed(text || "{}");
  if (!response.ok) throw new ApiError(response.status, answer ?? {});
  if (answer === null) {
    throw new ApiError(response.status, { detail: "The server's answer cannot be read.", cause: "unreadable" });
  }
  return answer;
}

/**
 * JSON whose whole numbers are never rounded: those that a number cannot hold, such as seeds, come as texts. Null where
 * it is none.
 *
 * @param {string} text
 */
function parsed(text) {
  try {
    return JSON.parse(text, /** @type {(key: string, value: any) => any} */ (unrounded));
  } catch {
    return null;
  }
}

/**
 * @param {string} _
 * @param {unknown} value
 * @param {{ source?: string }} [context] from browsers that say how the value was written
 */
function unrounded(_, value, context) {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source ?? value : value;
}

/** @param {{ [name: string]: string | number | boolean | null | undefined }} values */
export function query(values) {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [[name, String(value)]]
  );
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** @param {string} id */
const session = (id) => encodeURIComponent(id);

/**
 * `{walking: true, discovered}` while the folders are still being walked, else the plan.
 *
 * @type {(parameters: Request, options?: { refresh?: boolean, signal?: AbortSignal }) => Promise<Walking | Plan>}
 */
export const plan = (parameters, { refresh, signal } = {}) =>
  request("POST", `/api/ingest/plan${query({ wait: 0.4, refresh: refresh ? "true" : null })}`, {
    body: parameters,
    signal,
  });

/**
 * One page of the files of a class: `list` is `pending` or a skip.
 *
 * @type {(parameters: Request, list: string, cursor: string | null) => Promise<Page<Listed>>}
 */
export const planFiles = (parameters, list, cursor) =>
  request("POST", "/api/ingest/plan", { body: { ...parameters, list, ...(cursor ? { cursor } : {}) } });

/** @type {(parameters: Request) => Promise<Started>} */
export const start = (parameters) => request("POST", "/api/ingest/process", { body: parameters });
/**
 * Sends a file to the inbox.
 *
 * @type {(file: File) => Promise<unknown>}
 */
export const drop = (file) => request("PUT", `/api/ingest/inbox${query({ name: file.name })}`, { file });
/** @type {(id: string) => Promise<Session>} */
export const pause = (id) => request("POST", "/api/ingest/pause", { body: { session_id: id } });
/** @type {(id: string) => Promise<Session>} */
export const cancel = (id) => request("POST", "/api/ingest/cancel", { body: { session_id: id } });
/** @type {(id: string) => Promise<Session>} */
export const dismiss = (id) => request("POST", "/api/ingest/dismiss", { body: { session_id: id } });
/** @type {(id: string, confirm: boolean) => Promise<Session>} */
export const resume = (id, confirm) =>
  request("POST", "/api/ingest/resume", { body: { session_id: id, ...(confirm ? { confirm: true } : {}) } });

/**
 * A new session over the files that failed in this one.
 *
 * @type {(id: string, narrowed: Narrowed) => Promise<Started>}
 */
export const retry = (id, narrowed) => request("POST", "/api/ingest/retry", { body: { session_id: id, ...narrowed } });

/** @type {(id: string, signal?: AbortSignal) => Promise<Session>} */
export const status = (id, signal) => request("GET", `/api/ingest/status/${session(id)}`, { signal });
/** @type {() => Promise<Active>} */
export const activeSession = () => request("GET", "/api/ingest/active-session");
/** @type {(cursor?: string | null) => Promise<{ sessions: Session[], next: string | null }>} */
export const sessions = (cursor) => request("GET", `/api/ingest/sessions${query({ cursor })}`);
/** @type {(id: string) => Promise<unknown>} */
export const forget = (id) => request("DELETE", `/api/ingest/sessions/${session(id)}`);
/**
 * What an undo of a session would come to; with `confirm`, the rows that were counted, it is done.
 *
 * @type {(id: string, confirm?: number) => Promise<Undone>}
 */
export const undo = (id, confirm) =>
  request("POST", `/api/ingest/sessions/${session(id)}/undo`, { body: confirm === undefined ? {} : { confirm } });
/** @type {(meant: FailuresMeant) => Promise<{ changed: number }>} */
export const sayOfFailures = (meant) => request("POST", "/api/ingest/failures", { body: meant });
/** @type {(name: string, path: string) => Promise<unknown>} */
export const addRoot = (name, path) => request("POST", "/api/ingest/roots", { body: { name, path } });
/**
 * Removes a media root; with `rows`, also so many files of it from the library.
 *
 * @type {(name: string, rows?: number) => Promise<unknown>}
 */
export const removeRoot = (name, rows) => request("DELETE", `/api/ingest/roots${query({ name, forget_rows: rows })}`);
/** @type {(name: string) => Promise<unknown>} */
export const deletePreset = (name) => request("DELETE", `/api/ingest/presets${query({ name })}`);
/** @type {() => Promise<{ presets: Preset[] }>} */
export const presets = () => request("GET", "/api/ingest/presets");
/** @type {(name: string, parameters: Partial<Parameters>) => Promise<Preset>} */
export const savePreset = (name, parameters) => request("POST", "/api/ingest/presets", { body: { name, parameters } });
/** @type {(id: string, filters: Filters) => Promise<Page<Listed>>} */
export const sessionFiles = (id, filters) =>
  request("GET", `/api/ingest/sessions/${session(id)}/files${query({ ...filters })}`);
/** @type {(id: string) => Promise<Pace>} */
export const pace = (id) => request("GET", `/api/ingest/sessions/${session(id)}/pace`);
/** @type {(id: string, changed?: boolean) => Promise<Failures>} */
export const failures = (id, changed = false) =>
  request("GET", `/api/ingest/sessions/${session(id)}/failures${changed ? "?changed=true" : ""}`);
/** @type {(id: string, page: { cursor?: string | null, limit: number }) => Promise<SameBytes>} */
export const sameBytes = (id, page) => request("GET", `/api/ingest/sessions/${session(id)}/same-bytes${query(page)}`);
/** @type {(path: string) => Promise<Explanation>} */
export const explain = (path) => request("GET", `/api/ingest/explain?${new URLSearchParams({ path })}`);
/** @param {string} path */
export const libraryFileUrl = (path) => `/api/library/file${query({ path })}`;
/** @type {(path: string, values: Edit) => Promise<LibraryFile>} */
export const editFile = (path, values) => request("PATCH", libraryFileUrl(path), { body: values });
/** @type {(path: string) => Promise<LibraryFile>} */
export const libraryFile = (path) => request("GET", libraryFileUrl(path));
/** @type {(id: string, cursor: string | null) => Promise<Page<Listed>>} */
export const gone = (id, cursor) => request("GET", `/api/ingest/sessions/${session(id)}/gone${query({ cursor })}`);
/** @type {(cursor: string | null) => Promise<Page<Listed>>} */
export const missing = (cursor) => request("GET", `/api/library/missing${query({ cursor })}`);
/** @type {(path: string | null, cursor?: string | null) => Promise<Listing>} */
export const directories = (path, cursor) =>
  request("GET", `/api/ingest/directories${query({ path, recursive: "true", cursor })}`);
/** @type {() => Promise<Model>} */
export const nsfw = () => request("GET", "/api/nsfw");
/** @type {() => Promise<Model>} */
export const fetchNsfw = () => request("POST", "/api/nsfw/fetch", { body: {} });
/** @type {() => Promise<Spread>} */
export const nsfwSpread = () => request("GET", "/api/library/nsfw");
/** @type {(threshold: number) => Promise<Spread>} */
export const setThreshold = (threshold) => request("PUT", "/api/library/nsfw", { body: { threshold } });
/** @type {() => Promise<Summary>} */
export const summary = () => request("GET", "/api/summary");
/** @type {() => Promise<{ targets: Tried[] }>} */
export const testNotifications = () => request("POST", "/api/notifications/test", { body: {} });
/** @type {(id: number) => Promise<unknown>} */
export const replayNotification = (id) => request("POST", "/api/notifications/replay", { body: { id } });

/** @type {(id: string, lastEventId: number) => string} */
export const eventsUrl = (id, lastEventId) =>
  `/api/ingest/events/${session(id)}${query({ last_event_id: lastEventId || null })}`;

/**
 * Where the report of a session is, in a format that the server knows.
 *
 * @type {(sessionId: string, format: string) => string}
 */
export const reportUrl = (sessionId, format) => `/api/ingest/sessions/${sessionId}/report?format=${format}`;

/** @param {string} path */
export const thumbnailUrl = (path) => `/api/library/thumbnail${query({ path })}`;
