// The HTTP of the page of one file: where its picture is, what looks like it, and which list it is in.

import { query, request } from "../lib/api.js";

/** @import { FileList, SimilarFile } from "../lib/types.d.ts" */

/** @param {string} path */
export const originalUrl = (path) => `/api/library/original${query({ path })}`;
/** @param {string} path */
export const previewUrl = (path) => `/api/library/preview${query({ path })}`;

/** The files that look like one, at most so many. @type {(path: string, limit: number) => Promise<{ files: SimilarFile[] }>} */
export const similar = (path, limit) => request("GET", `/api/library/similar${query({ path, limit })}`);

/** The page of a file in a list. @type {(path: string, list: FileList) => string} */
export const pageUrl = (path, list) => `/file${query({ path, ...list })}`;
/** The library with the list. @param {FileList} list */
export const libraryUrl = (list) => `/library${query({ ...list })}`;

/** What the address says of the list that the file was chosen from. @type {(search: string) => FileList} */
export function listOf(search) {
  const told = new URLSearchParams(search);
  return { q: told.get("q") ?? "", sort: told.get("sort") ?? "", order: told.get("order") ?? "" };
}
