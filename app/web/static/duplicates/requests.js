// The HTTP of groups of files that are alike: which there are, which file is kept, and the plan that moves the others.

import { ApiError, query, request } from "../lib/api.js";
import { heard, isAnswer, unheard } from "../lib/presence.js";

/** @import { AlikeAsked, AlikeGroups, KeptOne, PlanAsked } from "../lib/types.d.ts" */

/** @type {(asked: AlikeAsked, options?: { limit?: number, signal?: AbortSignal }) => Promise<AlikeGroups>} */
export const groups = ({ by, max_distance, cursor, path }, { limit, signal } = {}) =>
  request("GET", `/api/library/duplicates${query({ by, max_distance, cursor, path, limit })}`, { signal });

/** Keeps one file of its group, of which a page may show but the first files. @type {(asked: AlikeAsked, keep: string) => Promise<KeptOne>} */
export const keepOne = ({ by, max_distance }, keep) =>
  request("POST", "/api/library/duplicates/keep", {
    body: { keep, by, ...(max_distance === null ? {} : { max_distance }) },
  });

/**
 * A plan as a file, and its name. Throws ApiError.
 *
 * @type {(body: PlanAsked) => Promise<{ name: string, content: Blob }>}
 */
export async function plan(body) {
  const response = await fetch("/api/library/quarantine", {
    method: "POST",
    cache: "no-store",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (response && isAnswer(response)) heard();
  else unheard();
  if (!response) {
    throw new ApiError(0, { detail: "The server does not answer. Is it still running?", cause: "unreachable" });
  }
  if (response.status === 401) location.assign("/login");
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})));
  const [, name = `quarantine.${body.format}`] = /filename="([^"]+)"/.exec(
    response.headers.get("Content-Disposition") ?? "",
  ) ?? [];
  return { name, content: await response.blob() };
}
