// A page of the server's, fetched by a script.

import { ApiError } from "./api.js";
import { heard, isAnswer, unheard } from "./presence.js";

/**
 * The page at an address as a document. Throws ApiError where the server refuses it or does not answer.
 *
 * @param {string} address
 */
export async function fetched(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (response && isAnswer(response)) heard();
  else unheard();
  if (!response) {
    throw new ApiError(0, { detail: "The server does not answer. Is it still running?", cause: "unreachable" });
  }
  if (response.status === 401) location.assign("/login");
  if (!response.ok) throw new ApiError(response.status, {});
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
