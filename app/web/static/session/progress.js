// Process & Commit: draws one status. Holds no counters of its own: each status overwrites all.

import { countsOf } from "../lib/counts.js";
import { byId, inside, make, rich, setText } from "../lib/dom.js";
import { isGone, unheard } from "../lib/presence.js";
import { showStages } from "./cards.js";
import { showPace } from "./pace.js";
import { reasonElement } from "../shared/files.js";
import { pathButton, pathText } from "../shared/paths.js";
import { showRetryOf } from "../shared/retry.js";
import { showActions, showState } from "./state.js";
import { capital, clock, count, day, folders, isAtRest, number, range, statusLabel } from "../lib/words.js";

/** @import { Connection, Counted, Session } from "../lib/types.d.ts" */

const UNKNOWN = "–";
/** @type {Counted[]} */
const COUNTED = ["processed", "committed", "unchanged", "failed", "vanished", "incomplete"];

let spokenTenth = ""; // the last "40 %" and status that were announced

/** @param {Session} status */
export function showProgress(status) {
  setText(byId("process-title"), title(status));
  setText(byId("process-folder"), folders(status.parameters));
  showRetryOf(byId("process-retry"), status.parameters);
  showState(status);
  showMeter(status);
  showStats(status);
  showStages(status);
  import("./strip.js").then(({ showStrip }) => showStrip(status), unheard);
  showPace(status);
  showMoney(status);
  showNotes(status);
  showErrors(status);
  showActions(status);
  announce(status);
}

/** @param {Session} status */
function title({ status, activity }) {
  if (isGone()) return "No answer";
  if (status === "queued") return "Queued";
  if (status === "planning") return activity ? "Getting ready" : "Looking through the folders";
  return statusLabel(status);
}

/** @param {Session} status */
function showMeter(status) {
  const bar = byId("progress");
  const planning = status.status === "planning";
  // Nothing is counted yet, and nothing looks.
  inside(byId("process"), ".meter").hidden = status.total_files === null && !planning;
  if (planning) bar.removeAttribute("value");
  else bar.value = status.progress;
  byId("percent").hidden = planning;
  setText(byId("percent"), `${Math.floor(status.progress)}%`);
  setText(
    byId("progress-text"),
    planning
      ? `${status.activity ?? "Looking"}…${status.discovered ? ` ${count(status.discovered, "file")} so far` : ""}`
      : `${number(status.processed_files)} of ${count(status.total_files, "file")}`,
  );
  const running = status.status === "processing" && !isGone();
  const eta = running ? range(status.eta_seconds) : "";
  setText(byId("speed"), running && status.files_per_second ? `${status.files_per_second.toFixed(1)} files/s` : "");
  setText(byId("eta"), eta ? `${eta} left` : "");
  inside(byId("process"), ".meter-speed").hidden = !running;
  byId("current-file").hidden = !running;
  byId("current-file").replaceChildren(...(running ? atWork(status) : []));
}

/**
 * What a run is at: the file, or what it waits for.
 *
 * @param {Session} status
 */
function atWork({ activity, current_file: file }) {
  if (activity) return [make("span", { class: "quiet" }, `${capital(activity)}…`)];
  return file ? [pathText(file)] : [];
}

/** @param {Session} status */
function showStats(status) {
  const { stats } = status;
  setText(byId("stat-total"), status.total_files === null ? UNKNOWN : number(status.total_files));
  const counts = countsOf(status);
  for (const name of COUNTED) {
    setText(byId(`stat-${name}`), number(counts[name]));
    byId(`stat-${name}`).disabled = !counts[name];
  }
  setText(byId("stat-metadata"), number(stats.metadata_extracted));
  setText(byId("stat-keywords"), number(stats.keywords_added));
  setText(byId("stat-scores"), number(stats.scores_imported));
  byId("card-failed").classList.toggle("bad", counts.failed > 0);
  const nsfw = nsfwText(status);
  setText(byId("stat-nsfw"), nsfw);
  byId("stat-nsfw").classList.toggle("words", nsfw !== UNKNOWN && !/^\d/.test(nsfw));
  byId("stat-nsfw").classList.toggle("unknown", nsfw === UNKNOWN);
}

/**
 * Each number opens its files; `current()` is the newest status of the session on show.
 *
 * @param {{ current: () => Session | null }} callbacks
 */
export function prepareProgress({ current }) {
  for (const name of COUNTED) {
    byId(`stat-${name}`).dataset.list = name;
    byId(`stat-${name}`).addEventListener("click", () => {
      const status = current();
      if (!status) return;
      const [id, files] = [status.session_id, countsOf(status)[name]];
      import("../shared/counted.js").then(({ openCounted }) => openCounted(id, name, files), unheard);
    });
  }
}

/**
 * What stages that run could not do when it started, in whole sentences: not for every kind of file. Why a stage cannot run
 * at all stands in its card.
 *
 * @param {Session} status
 */
export const stageNotes = ({ unavailable, limited }) =>
  [...new Set(Object.entries(limited).flatMap(([stage, sentence]) => stage in unavailable ? [] : [sentence]))].map((
    sentence,
  ) => make("p", { class: "unavailable" }, rich(capital(sentence))));

/**
 * "800 checked / 3 detected"; never a bare 0 for files that nobody checked, a dash before it is planned.
 *
 * @param {Session} status
 */
export function nsfwText({ parameters, stats, stages, unavailable, total_files: total }) {
  if (!parameters.enable_nsfw_detection) return "off";
  if (total === null) return UNKNOWN;
  const { done = 0, failed = 0, skipped = 0 } = stages["nsfw"] ?? {};
  if (done + failed === 0 && unavailable.nsfw) return "not checked: unavailable";
  if (done + failed === 0 && skipped > 0) return "not checked";
  if (done === 0 && failed > 0) return `not checked: ${number(failed)} failed`;
  const { nsfw_checked: checked, nsfw_detected: detected } = stats;
  return `${number(checked)} checked / ${number(detected)} detected at ${parameters.nsfw_threshold}`;
}

/** @param {Session} status */
function showMoney(status) {
  byId("money").hidden = !status.parameters.describe;
  if (status.parameters.describe) {
    import("../describe/spending.js").then(({ showSpending }) => showSpending(status), unheard);
  }
}

let notesShown = "";
/** @param {Session} status */
function showNotes(status) {
  const key = JSON.stringify([status.unavailable, status.limited]);
  if (key !== notesShown) byId("stages-notes").replaceChildren(...stageNotes(status));
  notesShown = key;
}

let errorsShown = "";
/** @param {Session} status */
function showErrors(status) {
  const { errors } = status;
  byId("errors-card").hidden = errors.length === 0 || isAtRest(status); // then they stand by cause
  const key = JSON.stringify(errors);
  if (key === errorsShown) return;
  errorsShown = key;
  byId("errors").replaceChildren(
    ...[...errors].reverse().map((error) => make("li", {}, pathButton(error.path), reasonElement(error))),
  );
}

/**
 * Each change of status and every full tenth, once: a screen reader hears the run without being talked over.
 *
 * @param {Session} status
 */
function announce(status) {
  const tenth = Math.floor(status.progress / 10) * 10;
  const key = `${status.session_id} ${status.status} ${tenth} ${status.activity ?? ""}`;
  if (key === spokenTenth) return;
  spokenTenth = key;
  setText(
    byId("announcer"),
    `${capital(status.activity ?? statusLabel(status.status))}${
      status.total_files === null ? "" : `: ${number(status.processed_files)} of ${count(status.total_files, "file")}`
    }.`,
  );
}

/**
 * `since` is the last sign of life.
 *
 * @type {(state: Connection, since: Date) => void}
 */
export function showConnection(state, since) {
  const element = byId("connection");
  element.dataset.state = state;
  const today = since.toDateString() === new Date().toDateString();
  const words = { polling: "live by polling", gone: `no answer since ${today ? clock(since) : day(since)}` };
  setText(element, state === "polling" || state === "gone" ? words[state] : state);
}
