// What a session that has ended came to: one of three ends, or cancelled, with the first sentence that says so. Pure.

import { countsOf } from "../lib/counts.js";
import { classLabel, count, number, sentenceList, skips } from "../lib/words.js";

/** @import { Session } from "../lib/types.d.ts" */

/**
 * `tone` is how it looks: "good", "warn" where something failed, "bad" where everything did, "plain" where there was
 * nothing to do.
 *
 * @typedef {{ title: string, tone: "good" | "warn" | "bad" | "plain", lead: string }} Ending
 */

/**
 * How a session ended, in words.
 *
 * @param {Session} status of a session that has ended
 * @returns {Ending}
 */
export function ending(status) {
  const { committed, failed, processed } = countsOf(status);
  if (status.status === "cancelled") return { title: "Cancelled", tone: "warn", lead: cancelled(status) };
  if (committed && failed) return { title: "Completed with failures", tone: "warn", lead: mixed(status) };
  if (committed) return { title: "Completed", tone: "good", lead: `${taken(status)}.` };
  const tone = !failed ? "plain" : failed === processed ? "bad" : "warn";
  return { title: "Nothing taken in", tone, lead: why(status) };
}

/**
 * "525 files committed to the library, 12 of them without one part"
 *
 * @param {Session} status
 */
function taken(status) {
  const { committed, incomplete, vanished } = countsOf(status);
  const part = incomplete ? `, ${number(incomplete)} of them without one part` : "";
  return `${count(committed, "file")} committed to the library${part}${
    vanished ? `; ${number(vanished)} vanished meanwhile` : ""
  }`;
}

/** @param {Session} status */
function mixed(status) {
  const { committed, failed, unchanged, vanished, incomplete } = countsOf(status);
  /** @type {[number, string][]} */
  const others = [[unchanged, "unchanged"], [vanished, "vanished meanwhile"]];
  const parts = [[committed, "taken in"], [failed, "failed"], ...others.filter(([files]) => files)];
  const part = incomplete ? ` ${number(incomplete)} of those taken in lack one part.` : "";
  return `${parts.map(([files, what]) => `${number(Number(files))} ${what}`).join(", ")}.${part}`;
}

/** @param {Session} status */
function cancelled(status) {
  const left = `${count(status.pending, "file")} not processed`;
  const { committed } = countsOf(status);
  if (!committed) return `Cancelled before anything was committed. ${left}.`;
  return `${taken(status)}.${status.pending ? ` ${left}; what is committed stays.` : ""}`;
}

/**
 * Why nothing was taken in.
 *
 * @param {Session} status
 */
function why(status) {
  const { discovered, parameters, skipped } = status;
  const { processed, failed, unchanged, vanished } = countsOf(status);
  if (!discovered) {
    return parameters.retry_of
      ? "None of the files is there any more."
      : "There was nothing to do: the folder holds no files.";
  }
  if (!processed && skipped.fresh === discovered) {
    const all = discovered === 1 ? "the one file was" : `all ${number(discovered)} files were`;
    return `There was nothing to do: ${all} in the library already.`;
  }
  if (failed && failed === processed) {
    return `${processed === 1 ? "The one file" : `All ${number(processed)} files`} failed. The reasons are below.`;
  }
  const { fresh, ...left } = skipped;
  /** @type {[files: number, what: string][]} */
  const reasons = [
    [fresh, "in the library already"],
    [unchanged, "unchanged"],
    ...skips({ fresh: 0, ...left }).map(([name, files]) => /** @type {[number, string]} */ ([files, classLabel(name)])),
    [failed, "failed"],
    [vanished, "vanished meanwhile"],
  ];
  const given = reasons.filter(([files]) => files).map(([files, what]) => `${number(files)} ${what}`);
  return `${failed ? "Nothing was taken in" : "There was nothing to do"}: ${sentenceList(given)}.`;
}
