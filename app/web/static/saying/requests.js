// The HTTP of what a person says of several files, and of its undo.

import { query, request } from "../lib/api.js";

/** @import { Edits, Meant, Said, Words } from "../lib/types.d.ts" */

/** @type {(meant: Meant, words: Words, options?: { dry?: boolean }) => Promise<Said>} */
export const sayOf = (meant, words, { dry = false } = {}) =>
  request("PATCH", "/api/library/files", { body: { ...meant, ...words, ...(dry ? { dry_run: true } : {}) } });

/** @type {(undo: number) => Promise<{ changed: number }>} */
export const undoEdit = (undo) => request("POST", "/api/library/undo", { body: { undo } });

/** The newest edits. @type {(limit: number) => Promise<Edits>} */
export const edits = (limit) => request("GET", `/api/library/edits${query({ limit })}`);
