// The files behind a number of a session, as a list in the dialog.

import * as api from "../lib/api.js";
import { COMMITTED } from "../lib/counts.js";
import { openFiles } from "./files.js";
import { classLabel, number } from "../lib/words.js";

/** @import { Counted, Filters, Listed, Page } from "../lib/types.d.ts" */

/** Several are listed one after the other. @type {Record<Counted, Filters[]>} */
const FILTERS = {
  processed: [{}],
  committed: COMMITTED.map((outcome) => ({ outcome })),
  unchanged: [{ outcome: "unchanged" }],
  failed: [{ outcome: "failed" }],
  vanished: [{ outcome: "vanished" }],
  incomplete: [{ incomplete: true }],
};

/**
 * Opens the list of the files that a number of a session counts.
 *
 * @type {(id: string, name: Counted, value: number) => void}
 */
export function openCounted(id, name, value) {
  openFiles({
    title: `${number(value)} ${classLabel(name)}`,
    list: name,
    thumbnails: true,
    load: (cursor) => chained(id, FILTERS[name], cursor),
  });
}

/**
 * Opens the list of the files of a session for which a stage failed, whether they were taken in or not.
 *
 * @type {(id: string, stage: string, title: string) => void}
 */
export function openFailedIn(id, stage, title) {
  openFiles({
    title,
    list: `failed_in_${stage}`,
    thumbnails: true,
    load: (cursor) => chained(id, [...FILTERS.failed, ...FILTERS.incomplete], cursor),
    keep: (file) => failedIn(file, stage),
  });
}

/**
 * Whether a stage failed for a file, which may have failed in several; older sessions tell the first one alone.
 *
 * @type {(file: Listed, stage: string) => boolean}
 */
export function failedIn({ stages, stage: first }, stage) {
  const end = stages?.[stage];
  return end ? end.status === "failed" : first === stage;
}

/**
 * A page of several lists, one after the other; its cursor says of which, too.
 *
 * @type {(id: string, filters: Filters[], cursor: string | null) => Promise<Page<Listed>>}
 */
async function chained(id, filters, cursor) {
  const [at, within] = cursor ? /** @type {[number, string | null]} */ (JSON.parse(cursor)) : [0, null];
  const page = await api.sessionFiles(id, { ...filters[at], cursor: within, limit: 100 });
  const next = page.next ? [at, page.next] : at + 1 < filters.length ? [at + 1, null] : null;
  return { files: page.files, next: next && JSON.stringify(next) };
}
