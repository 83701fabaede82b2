// Complete: the sums of an ended session, written as sums, every number opening the files behind it.

import * as api from "../lib/api.js";
import { byId, make, setText } from "../lib/dom.js";
import { openFiles } from "../shared/files.js";
import { showFindings } from "./findings.js";
import { nsfwText, stageNotes } from "./progress.js";
import { showRetryOf } from "../shared/retry.js";
import { classLabel, count, day, duration, folders, number, sentenceList, skips } from "../lib/words.js";

/** @import { Child, Filters, Session, Verdict } from "../lib/types.d.ts" */

const REPORTS = { csv: "CSV", xlsx: "Excel", json: "JSON", jsonl: "JSON Lines" };

/** @param {Session} status */
export function showResults(status) {
  const cancelled = status.status === "cancelled";
  setText(byId("complete-title"), cancelled ? "Cancelled" : "Completed");
  byId("complete-title").dataset.status = status.status;
  setText(byId("complete-folder"), folders(status.parameters));
  showRetryOf(byId("complete-retry"), status.parameters);
  setText(byId("complete-lead"), lead(status));
  byId("complete-sum").replaceChildren(...sums(status));
  byId("complete-facts").replaceChildren(
    ...facts(status).map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
  );
  showNotes(status);
  showReports(status.session_id);
  setText(byId("announcer"), `${cancelled ? "Cancelled" : "Completed"}. ${lead(status)}`);
  showFindings(status);
}

/**
 * What it could not do. It may be long ago, so a sentence that says "is" needs its time.
 *
 * @param {Session} status
 */
function showNotes(status) {
  const notes = stageNotes(status);
  for (const note of notes) note.prepend("When it started: ");
  byId("complete-notes").replaceChildren(...notes);
}

/**
 * Links to the report of every file, in each format.
 *
 * @param {string} sessionId
 */
function showReports(sessionId) {
  const links = Object.entries(REPORTS).map(([format, name], index) => [
    index ? " · " : "",
    make("a", { href: api.reportUrl(sessionId, format), download: "" }, name),
  ]);
  byId("complete-reports").replaceChildren("Report of every file: ", ...links.flat());
}

/**
 * What the session came to, in one sentence; where nothing was committed, why.
 *
 * @param {Session} status
 */
function lead(status) {
  const { outcomes, skipped, committed_files: committed, processed_files: processed, pending } = status;
  if (committed) {
    const rest = status.status === "cancelled" && pending
      ? ` ${count(pending, "file")} not processed; what is committed stays.`
      : "";
    return `${count(committed, "file")} committed to the library.${rest}`;
  }
  if (status.status === "cancelled") {
    return `Cancelled before anything was committed. ${count(pending, "file")} not processed.`;
  }
  if (!status.discovered) {
    return status.parameters.retry_of
      ? "None of the files is there any more."
      : "Nothing new: the folder holds no files.";
  }
  if (!processed && skipped.fresh === status.discovered) {
    return skipped.fresh === 1
      ? "Nothing new: the one file was in the library already."
      : `Nothing new: all ${number(skipped.fresh)} files were in the library already.`;
  }
  if (outcomes.failed && outcomes.failed === processed) {
    return `Nothing was committed: ${
      processed === 1 ? "the one file" : `all ${number(processed)} files`
    } failed. The reasons are below.`;
  }
  const { fresh, ...left } = skipped;
  /** @type {[files: number, what: string][]} */
  const reasons = [
    [fresh, "in the library already"],
    [outcomes.unchanged, "looked changed but were not"],
    ...skips({ fresh: 0, ...left }).map(([name, files]) => /** @type {[number, string]} */ ([files, classLabel(name)])),
    [outcomes.failed, "failed"],
    [outcomes.vanished, "vanished meanwhile"],
  ];
  const given = reasons.filter(([files]) => files).map(([files, what]) => `${number(files)} ${what}`);
  return `Nothing new: ${sentenceList(given)}.`;
}

/**
 * A number of a sum; `filters` name the files behind it, where they can be listed.
 *
 * @typedef {{ name: string, value: number | null, filters?: Filters, pictures?: boolean, always?: boolean }} Term
 */

/**
 * "1,043 discovered = 826 to process + 120 fresh + …" and "826 to process = 800 added + … + 3 failed".
 *
 * @param {Session} status
 */
function sums(status) {
  const id = status.session_id;
  /** @type {Term[]} */
  const skipped = skips(status.skipped).map(([name, value]) => ({
    name,
    value,
    filters: { skipped: name },
    pictures: name === "fresh",
  }));
  /** @type {Term[]} */
  const outcomes = Object.entries(status.outcomes).map(([name, value]) => ({
    name,
    value,
    filters: { outcome: name },
    pictures: true,
  }));
  /** @type {Term} */
  const taken = { name: "to process", value: status.total_files ?? 0, filters: {}, pictures: true, always: true };
  const pending = { name: "pending", value: status.pending ?? 0 };
  return [
    sum(id, { name: "discovered", value: status.discovered }, [taken, ...skipped]),
    taken.value ? sum(id, { name: "to process", value: taken.value }, [...outcomes, pending]) : "",
  ];
}

/** @type {(id: string, total: Term, terms: Term[]) => HTMLElement} */
function sum(id, total, terms) {
  const given = terms.filter((term) => term.value || term.always);
  const parts = (given.length ? given : terms.slice(0, 1)).map((term, index) =>
    make("li", {}, make("span", { class: "operator" }, index ? "+" : "="), " ", figure(id, term))
  );
  return make(
    "div",
    { class: "sum" },
    make("p", {}, make("strong", {}, number(total.value)), ` ${total.name}`),
    " ",
    make("ul", {}, parts),
  );
}

/** @type {(id: string, term: Term) => HTMLElement} */
function figure(id, { name, value, filters, pictures = false }) {
  const text = [make("strong", {}, number(value)), ` ${classLabel(name)}`];
  if (!filters || !value) return make("span", { class: "chip still" }, text);
  return make("button", {
    type: "button",
    class: `chip ${name}`,
    onclick: () => openClass(id, `${number(value)} ${classLabel(name)}`, filters, pictures),
  }, text);
}

/** @type {(id: string, title: string, filters: Filters, thumbnails: boolean) => void} */
function openClass(id, title, filters, thumbnails) {
  openFiles({ title, thumbnails, load: (cursor) => api.sessionFiles(id, { ...filters, cursor, limit: 100 }) });
}

/**
 * What a session came to, each a term and its value.
 *
 * @param {Session} status
 * @returns {[term: string, value: Child | Child[]][]}
 */
function facts(status) {
  const { stats, active_seconds: seconds, processed_files: processed } = status;
  const speed = processed && seconds > 1 ? ` · ${(processed / seconds).toFixed(1)} files/s` : "";
  const prompts = promptButtons(status);
  return [
    ["Ended", day(status.ended_at)],
    ["Took", `${duration(seconds)}${speed}`],
    ["Metadata", number(stats.metadata_extracted)],
    ["Keywords", number(stats.keywords_added)],
    ["Scores", number(stats.scores_imported)],
    ...(prompts.length ? [/** @type {[string, Child[]]} */ (["AI images", prompts])] : []),
    ["NSFW", nsfwText(status)],
    ...(status.interruptions
      ? [/** @type {[string, string]} */ (["Interruptions", number(status.interruptions)])]
      : []),
  ];
}

/** @type {[Verdict, string][]} */
const UNDERSTOOD = [["parsed", "understood"], ["partly", "partly"], ["raw_only", "kept as they are"]];

/**
 * "12 understood, 2 partly", each of which opens its files; empty where no generator wrote anything.
 *
 * @param {Session} status
 */
function promptButtons({ session_id: id, stats }) {
  const found = UNDERSTOOD.filter(([verdict]) => stats[`prompts_${verdict}`]);
  return found.flatMap(([verdict, word], index) => {
    const text = `${number(stats[`prompts_${verdict}`])} ${word}`;
    const open = () => openClass(id, `AI images: ${text}`, { prompt_verdict: verdict }, true);
    return [index ? ", " : "", make("button", { type: "button", class: "quiet-button", onclick: open }, text)];
  });
}
