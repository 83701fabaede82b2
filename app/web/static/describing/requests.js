// The HTTP of what models said of files; it is judged by the edits of `saying`.

import { query, request } from "../lib/api.js";

/** @import { FileDescribed } from "../lib/types.d.ts" */

/** @typedef {{ files: FileDescribed[], next: string | null, total: number }} FilesDescribed */

/** A page of the files of a search. @type {(q: string, cursor: string | null, limit: number) => Promise<FilesDescribed>} */
export const described = (q, cursor, limit) =>
  request("GET", `/api/library/descriptions${query({ q, cursor, limit })}`);

/** What models said of one file. @type {(path: string) => Promise<FileDescribed | undefined>} */
export const describedFile = async (path) =>
  (await request("GET", `/api/library/descriptions${query({ path })}`)).files[0];
