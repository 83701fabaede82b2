// Complete: the sums of an ended session, written as sums, every number opening the files behind it. It is loaded with the
// first that is shown.

import * as api from "../lib/api.js";
import { countsOf } from "../lib/counts.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { descriptions } from "../describe/words.js";
import { ending } from "./ending.js";
import { openCounted } from "../shared/counted.js";
import { openFiles } from "../shared/files.js";
import { unheard } from "../lib/presence.js";
import { nsfwText, stageNotes } from "./progress.js";
import { showRetryOf } from "../shared/retry.js";
import { undoSession } from "../shared/undo.js";
import { capital, classLabel, classTerm, count, day, duration, folders, number, skips } from "../lib/words.js";

/** @import { Child, Counted, Filters, Outcome, Session, Skip, Verdict } from "../lib/types.d.ts" */

const REPORTS = { csv: "CSV", xlsx: "Excel", json: "JSON", jsonl: "JSON Lines" };

let sessionId = ""; // on show
let undone = () => {};

/**
 * `changed()` is called when the session was undone.
 *
 * @type {(status: Session, changed: () => void) => void}
 */
export function showResults(status, changed) {
  if (sessionId !== status.session_id) setMessage(byId("undo-note"));
  sessionId = status.session_id;
  undone = changed;
  byId("undo").hidden = !status.outcomes.added;
  const { title, tone, lead } = ending(status);
  setText(byId("complete-title"), title);
  byId("complete").dataset.tone = tone;
  setText(byId("complete-folder"), folders(status.parameters));
  showRetryOf(byId("complete-retry"), status.parameters);
  setText(byId("complete-lead"), lead);
  byId("complete-sum").replaceChildren(...sums(status));
  byId("complete-facts").replaceChildren(
    ...facts(status).map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
  );
  showNotes(status);
  showReports(status.session_id);
  setText(byId("complete-id"), status.session_id);
  setText(byId("complete-file"), `${byId("complete").dataset.stateFolder}/${status.session_id}.json`);
  byId("complete-descriptions").replaceChildren(...descriptions(status, byId("complete-file").textContent));
  showNext(status);
  setText(byId("announcer"), `${title}. ${lead}`);
  import("./findings.js").then(({ showFindings }) => showFindings(status), unheard);
}

/**
 * The most useful next step is the one that stands out.
 *
 * @param {Session} status
 */
function showNext(status) {
  const { committed, failed, incomplete } = countsOf(status);
  const look = failed + incomplete > 0;
  byId("show-came-in").hidden = !committed;
  byId("show-came-in").href = `/library?${new URLSearchParams({ q: `session:${status.session_id}` })}`;
  byId("show-came-in").classList.toggle("plain", failed > 0);
  byId("look-failures").hidden = !look;
  byId("look-failures").classList.toggle("plain", !failed);
  byId("start-another").classList.toggle("plain", committed + failed > 0);
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
 * A number of a sum; `open` shows the files behind it, where they can be listed.
 *
 * @typedef {{ name: string, value: number | null, open?: () => void, always?: boolean }} Term
 */

/**
 * "1,043 discovered = 826 to process + 120 up to date + …", "826 processed = 800 committed + … + 3 failed" and
 * "800 committed = 790 added + …".
 *
 * @param {Session} status
 */
function sums(status) {
  const { session_id: id, outcomes, total_files: total } = status;
  const counts = countsOf(status);
  /** @type {(name: string, value: number | null, filters: Filters) => Term} */
  const listed = (name, value, filters) => ({
    name,
    value,
    open: () => openClass(id, name, `${number(value)} ${classLabel(name)}`, filters, true),
  });
  /** @type {(name: Counted) => Term} */
  const counted = (name) => ({ name, value: counts[name], open: () => openCounted(id, name, counts[name]) });
  const skipped = skips(status.skipped).map(([name, value]) => ({
    name,
    value,
    open: () => openSkipped(id, name, value),
  }));
  const pending = { name: "pending", value: status.pending ?? 0 };
  const answered = listed("to process", total ?? 0, {}); // a list of files has those only that are answered for
  const taken = pending.value
    ? { name: answered.name, value: answered.value, always: true }
    : { ...answered, always: true };
  const rest = ["unchanged", "failed", "vanished"].map((name) => counted(/** @type {Counted} */ (name)));
  const committed = Object.entries(outcomes).filter(([name]) => !(name in counts))
    .map(([name, value]) => listed(name, value, { outcome: /** @type {Outcome} */ (name) }));
  return [
    sum({ name: "discovered", value: status.discovered }, [taken, ...skipped]),
    pending.value ? sum(taken, [{ ...counted("processed"), always: true }, pending]) : "",
    counts.processed ? sum(counted("processed"), [{ ...counted("committed"), always: true }, ...rest]) : "",
    counts.committed ? sum(counted("committed"), committed, counts.incomplete ? [counted("incomplete")] : []) : "",
  ];
}

/** @type {(total: Term, terms: Term[], among?: Term[]) => HTMLElement} */
function sum(total, terms, among = []) {
  const given = terms.filter((term) => term.value || term.always);
  const parts = (given.length ? given : terms.slice(0, 1)).map((term, index) =>
    make("li", {}, make("span", { class: "operator" }, index ? "+" : "="), " ", figure(term))
  );
  const of = among.map((term) => make("li", {}, make("span", { class: "operator" }, "of them"), " ", figure(term)));
  return make(
    "div",
    { class: "sum" },
    make("p", {}, make("strong", {}, number(total.value)), ` ${total.name}`),
    " ",
    make("ul", {}, parts, of),
  );
}

/** @param {Term} term */
function figure({ name, value, open }) {
  const text = [make("strong", {}, number(value)), ` ${classLabel(name)}`];
  const title = classTerm(name);
  if (!open || !value) return make("span", { class: "chip still", title }, text);
  return make("button", { type: "button", class: `chip ${name}`, title, "data-list": name, onclick: open }, text);
}

/**
 * Opens the list of the files that a session skipped for this. They are looked for anew: nothing is stored of them.
 *
 * @type {(id: string, name: Skip, value: number) => void}
 */
function openSkipped(id, name, value) {
  openFiles({
    title: capital(classLabel(name)),
    list: name,
    note: `${count(value, "file")} then. The list shows which ones it would be now.`,
    thumbnails: name === "fresh",
    load: (cursor) => api.sessionFiles(id, { skipped: name, cursor, limit: 100 }),
  });
}

/** @type {(id: string, list: string, title: string, filters: Filters, thumbnails: boolean) => void} */
function openClass(id, list, title, filters, thumbnails) {
  openFiles({ title, list, thumbnails, load: (cursor) => api.sessionFiles(id, { ...filters, cursor, limit: 100 }) });
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
    const list = `prompts_${verdict}`;
    const open = () => openClass(id, list, `AI images: ${text}`, { prompt_verdict: verdict }, true);
    return [
      index ? ", " : "",
      make("button", { type: "button", class: "quiet-button", "data-list": list, onclick: open }, text),
    ];
  });
}

byId("look-failures").addEventListener("click", () => {
  byId("failures-title").focus();
  byId("failures").scrollIntoView({ block: "start" });
});
byId("undo").addEventListener("click", async () => {
  const id = sessionId;
  const said = await undoSession(id).catch((error) => api.refusal(error).message);
  if (said && id === sessionId) setMessage(byId("undo-note"), said);
  undone();
});
