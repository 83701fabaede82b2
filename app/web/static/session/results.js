// Complete: the sums of an ended session, written as sums, every number opening the files behind it.

import * as api from "../lib/api.js";
import { byId, make, setText } from "../lib/dom.js";
import { openFiles } from "../shared/files.js";
import { showFindings } from "./findings.js";
import { nsfwText, stageNotes } from "./progress.js";
import { showRetryOf } from "../shared/retry.js";
import { classLabel, count, day, duration, folders, number, sentenceList, skips } from "../lib/words.js";

const REPORTS = [["csv", "CSV"], ["xlsx", "Excel"], ["json", "JSON"], ["jsonl", "JSON Lines"]];

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

/** What it could not do. It may be long ago, so a sentence that says "is" needs its time. */
function showNotes(status) {
  const notes = stageNotes(status);
  for (const note of notes) note.prepend("When it started: ");
  byId("complete-notes").replaceChildren(...notes);
}

/** Links to the report of every file, in each format. */
function showReports(sessionId) {
  const links = REPORTS.map((
    [format, name],
    index,
  ) => [index ? " · " : "", make("a", { href: api.reportUrl(sessionId, format), download: "" }, name)]);
  byId("complete-reports").replaceChildren("Report of every file: ", ...links.flat());
}

/** What the session came to, in one sentence; where nothing was committed, why. */
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
  const reasons = [
    skipped.fresh && `${number(skipped.fresh)} in the library already`,
    outcomes.unchanged && `${number(outcomes.unchanged)} looked changed but were not`,
    ...["filtered", "unsupported", "failed_before", "beyond_max_files"].map((name) =>
      skipped[name] && `${number(skipped[name])} ${classLabel(name)}`
    ),
    outcomes.failed && `${number(outcomes.failed)} failed`,
    outcomes.vanished && `${number(outcomes.vanished)} vanished meanwhile`,
  ].filter(Boolean);
  return `Nothing new: ${sentenceList(reasons)}.`;
}

/** "1,043 discovered = 826 to process + 120 fresh + …" and "826 to process = 800 added + … + 3 failed". */
function sums(status) {
  const id = status.session_id;
  const skipped = skips(status.skipped).map(([name, value]) => ({
    name,
    value,
    filters: { skipped: name },
    pictures: name === "fresh",
  }));
  const outcomes = Object.entries(status.outcomes).map(([name, value]) => ({
    name,
    value,
    filters: { outcome: name },
    pictures: true,
  }));
  const taken = { name: "to process", value: status.total_files ?? 0, filters: {}, pictures: true, always: true };
  const pending = { name: "pending", value: status.pending ?? 0 };
  return [
    sum(id, { name: "discovered", value: status.discovered }, [taken, ...skipped]),
    taken.value ? sum(id, { name: "to process", value: taken.value }, [...outcomes, pending]) : "",
  ];
}

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

function figure(id, { name, value, filters, pictures }) {
  const text = [make("strong", {}, number(value)), ` ${classLabel(name)}`];
  if (!filters || !value) return make("span", { class: "chip still" }, text);
  return make("button", {
    type: "button",
    class: `chip ${name}`,
    onclick: () => openClass(id, `${number(value)} ${classLabel(name)}`, filters, pictures),
  }, text);
}

function openClass(id, title, filters, thumbnails) {
  openFiles({ title, thumbnails, load: (cursor) => api.sessionFiles(id, { ...filters, cursor, limit: 100 }) });
}

function facts(status) {
  const { stats, started_at: from, ended_at: to, processed_files: processed } = status;
  const seconds = status.active_seconds ?? (from && to ? (new Date(to) - new Date(from)) / 1000 : null);
  return [
    ["Ended", day(to)],
    seconds !== null &&
    ["Took", `${duration(seconds)}${processed && seconds > 1 ? ` · ${(processed / seconds).toFixed(1)} files/s` : ""}`],
    ["Metadata", number(stats.metadata_extracted)],
    ["Keywords", number(stats.keywords_added)],
    ["Scores", number(stats.scores_imported)],
    ["AI images", promptButtons(status)],
    ["NSFW", nsfwText(status)],
    status.interruptions > 0 && ["Interruptions", number(status.interruptions)],
  ].filter((fact) => fact && fact[1] !== null);
}

const UNDERSTOOD = { parsed: "understood", partly: "partly", raw_only: "kept as they are" };

/** "12 understood, 2 partly", each of which opens its files; null where no generator wrote anything. */
function promptButtons({ session_id: id, stats }) {
  const found = Object.entries(UNDERSTOOD).map((
    [verdict, word],
  ) => [verdict, `${number(stats[`prompts_${verdict}`])} ${word}`, stats[`prompts_${verdict}`]]).filter(([, , files]) =>
    files
  );
  if (!found.length) return null;
  return found.map(([verdict, text]) =>
    make("button", {
      type: "button",
      class: "quiet-button",
      onclick: () => openClass(id, `AI images: ${text}`, { prompt_verdict: verdict }, true),
    }, text)
  ).flatMap((button, index) => (index ? [", ", button] : [button]));
}
