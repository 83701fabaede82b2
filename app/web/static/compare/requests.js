// The HTTP of comparing a folder with the library.

import { query, request } from "../lib/api.js";

/** @import { Compared, ComparedFile, Comparing, Page } from "../lib/types.d.ts" */

/** @typedef {{ directory: string, rehash: boolean }} Asked */

/** Begins a comparison anew. @type {(asked: Asked) => Promise<Compared | Comparing>} */
export const compare = (asked) =>
  request("POST", `/api/library/compare${query({ wait: 0, refresh: "true" })}`, { body: asked });
/** How the comparison that was begun last stands. @type {() => Promise<{ last: Compared | Comparing | null }>} */
export const lastComparison = () => request("GET", "/api/library/compare");
/** @type {(directory: string) => Promise<{ ended: boolean }>} */
export const endComparison = (directory) => request("DELETE", `/api/library/compare${query({ directory })}`);
/** A page of the files of a class. @type {(asked: Asked, list: string, cursor: string | null, limit: number) => Promise<Page<ComparedFile>>} */
export const comparedFiles = (asked, list, cursor, limit) =>
  request("POST", `/api/library/compare${query({ limit })}`, { body: { ...asked, list, cursor } });
