// The HTTP of the contract, one function for each call. Knows no elements.

/** A refusal: `message` is the server's sentence, `cause` its stable code, `field` the parameter at fault. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || `The server answered with ${status}.`);
    this.status = status;
    this.cause = problem.cause ?? "internal_error";
    this.field = problem.field ?? null;
    this.sessionId = problem.session_id ?? null;
  }
}

async function request(method, path, { body, signal } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      cache: "no-store",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { detail: "The server does not answer. Is it still running?", cause: "unreachable" });
  }
  if (response.status === 401) {
    location.assign("/login");
    throw new ApiError(401, { detail: "Sign in first.", cause: "unauthorized" });
  }
  const answer = response.status === 204 ? {} : await response.text().then(parsed).catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** JSON whose whole numbers are never rounded: those that a number cannot hold, such as seeds, come as texts. */
const parsed = (text) =>
  JSON.parse(
    text,
    (_, value, context) => (Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source ?? value : value),
  );

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

const session = (id) => encodeURIComponent(id);

/** `{walking: true, discovered}` while the folders are still being walked, else the plan. */
export const plan = (parameters, { refresh, signal } = {}) =>
  request("POST", `/api/ingest/plan${query({ wait: 0.4, refresh: refresh ? "true" : null })}`, {
    body: parameters,
    signal,
  });

/** One page of the files of a class: `list` is `pending` or a skip. */
export const planFiles = (parameters, list, cursor) =>
  request("POST", "/api/ingest/plan", { body: { ...parameters, list, ...(cursor ? { cursor } : {}) } });

export const start = (parameters) => request("POST", "/api/ingest/process", { body: parameters });
export const pause = (id) => request("POST", "/api/ingest/pause", { body: { session_id: id } });
export const cancel = (id) => request("POST", "/api/ingest/cancel", { body: { session_id: id } });
export const dismiss = (id) => request("POST", "/api/ingest/dismiss", { body: { session_id: id } });
export const resume = (id, confirm) =>
  request("POST", "/api/ingest/resume", { body: { session_id: id, ...(confirm ? { confirm: true } : {}) } });

/** A new session over the files that failed in this one; `narrowed` is `{cause}`, `{paths}` or nothing. */
export const retry = (id, narrowed) => request("POST", "/api/ingest/retry", { body: { session_id: id, ...narrowed } });

export const status = (id) => request("GET", `/api/ingest/status/${session(id)}`);
export const activeSession = () => request("GET", "/api/ingest/active-session");
export const sessions = (cursor) => request("GET", `/api/ingest/sessions${query({ cursor })}`);
export const forget = (id) => request("DELETE", `/api/ingest/sessions/${session(id)}`);
export const sessionFiles = (id, filters) =>
  request("GET", `/api/ingest/sessions/${session(id)}/files${query(filters)}`);
export const failures = (id) => request("GET", `/api/ingest/sessions/${session(id)}/failures`);
export const sameBytes = (id, page) => request("GET", `/api/ingest/sessions/${session(id)}/same-bytes${query(page)}`);
export const explain = (path) => request("GET", `/api/ingest/explain?${new URLSearchParams({ path })}`);
export const libraryFileUrl = (path) => `/api/library/file${query({ path })}`;
export const editFile = (path, values) => request("PATCH", libraryFileUrl(path), { body: values });
export const libraryFile = (path) => request("GET", libraryFileUrl(path));
export const missing = (cursor) => request("GET", `/api/library/missing${query({ cursor })}`);
export const directories = (path, cursor) =>
  request("GET", `/api/ingest/directories${query({ path, recursive: "true", cursor })}`);
export const nsfw = () => request("GET", "/api/nsfw");
export const fetchNsfw = () => request("POST", "/api/nsfw/fetch", { body: {} });
export const nsfwSpread = () => request("GET", "/api/library/nsfw");
export const summary = () => request("GET", "/api/summary");

export const eventsUrl = (id, lastEventId) =>
  `/api/ingest/events/${session(id)}${query({ last_event_id: lastEventId || null })}`;
/** Where the report of a session is, in a format that the server knows. */
export const reportUrl = (sessionId, format) => `/api/ingest/sessions/${sessionId}/report?format=${format}`;

export const thumbnailUrl = (path) => `/api/library/thumbnail${query({ path })}`;
