// The files behind a number of a session, as a list in the dialog.

import * as api from "../lib/api.js";
import { COMMITTED } from "../lib/counts.js";
import { openFiles } from "./files.js";
import { classLabel, number } from "../lib/words.js";

/** @import { Counted, Filters, Listed, Page } from "../lib/types.d.ts" */

/** @type {Record<Counted, Filters | null>} */
const FILTERS = {
  processed: {},
  committed: null, // several outcomes, one after the other
  unchanged: { outcome: "unchanged" },
  failed: { outcome: "failed" },
  vanished: { outcome: "vanished" },
  incomplete: { incomplete: true },
};

/**
 * Opens the list of the files that a number of a session counts.
 *
 * @type {(id: string, name: Counted, value: number) => void}
 */
export function openCounted(id, name, value) {
  const filters = FILTERS[name];
  openFiles({
    title: `${number(value)} ${classLabel(name)}`,
    thumbnails: true,
    load: (cursor) => filters ? api.sessionFiles(id, { ...filters, cursor, limit: 100 }) : committed(id, cursor),
  });
}

/**
 * A page of the committed files; its cursor says of which outcome, too.
 *
 * @type {(id: string, cursor: string | null) => Promise<Page<Listed>>}
 */
async function committed(id, cursor) {
  const [at, within] = cursor ? /** @type {[number, string | null]} */ (JSON.parse(cursor)) : [0, null];
  const page = await api.sessionFiles(id, { outcome: COMMITTED[at] ?? "", cursor: within, limit: 100 });
  const next = page.next ? [at, page.next] : at + 1 < COMMITTED.length ? [at + 1, null] : null;
  return { files: page.files, next: next && JSON.stringify(next) };
}
