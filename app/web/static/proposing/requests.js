// The HTTP of proposals, and of committing what was taken of them.

import { request } from "../lib/api.js";

/** @import { EditOfOne, FileProposals, Said } from "../lib/types.d.ts" */

/** @type {(paths: string[]) => Promise<{ files: FileProposals[] }>} */
export const proposals = (paths) => request("POST", "/api/library/proposals", { body: { paths } });

/** All of them, or none. @type {(each: EditOfOne[]) => Promise<Said>} */
export const commit = (each) => request("PATCH", "/api/library/files", { body: { each } });
