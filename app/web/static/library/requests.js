// The HTTP of finding files.

import { query, request } from "../lib/api.js";
import { pairsShown } from "./kept.js";

/** @import { Beside, Completions, Facets, FolderCounts, FoundFiles, PeriodCount, SavedSearch, SearchView } from "../lib/types.d.ts" */

/** @typedef {{ signal?: AbortSignal }} Waited */

/** @type {(asked: Record<string, string | number>, options?: Waited) => Promise<FoundFiles>} */
export const foundFiles = (asked, { signal } = {}) => request("GET", `/api/library/files${query(asked)}`, { signal });
/** @type {(q: string, fields: string[], options?: Waited) => Promise<Facets>} */
export const facets = (q, fields, { signal } = {}) =>
  request("GET", `/api/library/facets${query({ q, fields: fields.join() })}`, { signal });
/** @type {(asked: { q: string, inside?: string, cursor?: string, limit: number }, options?: Waited) => Promise<FolderCounts>} */
export const folders = (asked, { signal } = {}) => request("GET", `/api/library/folders${query(asked)}`, { signal });
/** @type {(asked: { q: string, by: "month" | "day", pairs?: string }, options?: Waited) => Promise<PeriodCount[]>} */
export const timeline = (asked, { signal } = {}) => request("GET", `/api/library/timeline${query(asked)}`, { signal });
/** @type {(q: string, at: number, options?: Waited) => Promise<Completions>} */
export const completions = (q, at, { signal } = {}) =>
  request("GET", `/api/library/completions${query({ q, at })}`, { signal });

/** What stands beside a file in a list, as the list shows it. */
/** @type {(path: string, list: SearchView) => Promise<Beside>} */
export const neighbours = (path, list) =>
  request("GET", `/api/library/neighbours${query({ path, ...list, pairs: pairsShown() })}`);

/** Where what a search finds is, as a file. @type {(list: SearchView, how: { format?: string, captions?: string }) => string} */
export const exportUrl = ({ q, sort, order }, { format, captions }) =>
  `/api/library/export${query({ q, sort, order, format, captions })}`;

/** @type {() => Promise<{ searches: SavedSearch[] }>} */
export const savedSearches = () => request("GET", "/api/library/searches");
/** @type {(name: string, search: SearchView) => Promise<SavedSearch>} */
export const saveSearch = (name, { q, sort, order }) =>
  request("POST", "/api/library/searches", { body: { name, q, sort, order } });
/** @type {(name: string) => Promise<unknown>} */
export const deleteSearch = (name) => request("DELETE", `/api/library/searches${query({ name })}`);

/** The page of a file, which leads on to the others of its list. */
/** @type {(list: { q: string, sort: string, order: string }, path: string) => string} */
export const fileUrl = ({ q, sort, order }, path) => `/file${query({ path, q, sort, order })}`;
