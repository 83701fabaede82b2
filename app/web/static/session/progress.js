// Process & Commit: draws one status and the recent files. Holds no counters of its own: each status overwrites all.

import { byId, clearOutage, make, rich, setText } from "../lib/dom.js";
import { reasonElement } from "../shared/files.js";
import { pathButton, pathText } from "../shared/paths.js";
import { showRetryOf } from "../shared/retry.js";
import { showActions, showState } from "./state.js";
import {
  capital,
  clock,
  count,
  day,
  duration,
  folders,
  glyph,
  isAtRest,
  number,
  range,
  statusLabel,
} from "../lib/words.js";

const EVENTS_SHOWN = 20;
const UNKNOWN = "–";
const STAGES = ["identify", "metadata", "keywords", "score", "thumbnail", "nsfw"];

let spokenTenth = null; // the last "40 %" and status that were announced

export function showProgress(status) {
  setText(byId("process-title"), title(status));
  setText(byId("process-folder"), folders(status.parameters));
  showRetryOf(byId("process-retry"), status.parameters);
  showState(status);
  showMeter(status);
  showStats(status);
  showStages(status.stages ?? {});
  showNotes(status);
  showErrors(status);
  showActions(status);
  announce(status);
}

const title = ({ status, activity }) =>
  ({ queued: "Queued", planning: activity ? "Getting ready" : "Looking through the folders" })[status] ??
    statusLabel(status);

function showMeter(status) {
  const bar = byId("progress");
  const planning = status.status === "planning";
  bar.parentElement.hidden = status.total_files === null && !planning; // nothing is counted yet, and nothing looks
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
  const running = status.status === "processing";
  const eta = running ? range(status.eta_seconds) : "";
  setText(byId("speed"), running && status.files_per_second ? `${status.files_per_second.toFixed(1)} files/s` : "");
  setText(byId("eta"), eta ? `${eta} left` : "");
  byId("speed").parentElement.hidden = !running;
  byId("current-file").hidden = !running;
  byId("current-file").replaceChildren(...(running ? atWork(status) : []));
}

/** What a run is at: the file, or what it waits for. */
function atWork({ activity, current_file: file }) {
  if (activity) return [make("span", { class: "quiet" }, `${capital(activity)}…`)];
  return file ? [pathText(file)] : [];
}

function showStats(status) {
  const { stats = {} } = status;
  setText(byId("stat-total"), status.total_files === null ? UNKNOWN : number(status.total_files));
  setText(byId("stat-processed"), number(status.processed_files));
  setText(byId("stat-committed"), number(status.committed_files));
  setText(byId("stat-metadata"), number(stats.metadata_extracted));
  setText(byId("stat-keywords"), number(stats.keywords_added));
  setText(byId("stat-scores"), number(stats.scores_imported));
  setText(byId("stat-errors"), number(stats.errors));
  byId("card-errors").classList.toggle("bad", Boolean(stats.errors));
  const nsfw = nsfwText(status);
  setText(byId("stat-nsfw"), nsfw);
  byId("stat-nsfw").classList.toggle("words", nsfw !== UNKNOWN && !/^\d/.test(nsfw));
  byId("stat-nsfw").classList.toggle("unknown", nsfw === UNKNOWN);
}

/** What stages could not do when it started, in whole sentences: nothing, or not for every kind of file. */
export const stageNotes = ({ unavailable, limited }) =>
  [...new Set(Object.values({ ...limited, ...unavailable }))].map((sentence) =>
    make("p", { class: "unavailable" }, rich(capital(sentence)))
  );

/** "800 checked / 3 detected"; never a bare 0 for files that nobody checked, a dash before it is planned. */
export function nsfwText({ parameters, stats, stages, unavailable, total_files: total }) {
  if (parameters?.enable_nsfw_detection === false) return "off";
  if (total === null) return UNKNOWN;
  const { done = 0, failed = 0, skipped = 0 } = stages?.nsfw ?? {};
  if (done + failed === 0 && unavailable?.nsfw) return "not checked: unavailable";
  if (done + failed === 0 && skipped > 0) return "not checked";
  if (done === 0 && failed > 0) return `not checked: ${number(failed)} failed`;
  return `${number(stats?.nsfw_checked)} checked / ${number(stats?.nsfw_detected)} detected at ${
    parameters?.nsfw_threshold ?? 0.8
  }`;
}

function showStages(stages) {
  const names = [...STAGES, ...Object.keys(stages).filter((name) => !STAGES.includes(name))].filter((name) =>
    stages[name]
  );
  const body = byId("stages");
  if (body.children.length !== names.length) {
    body.replaceChildren(
      ...names.map(() => make("tr", {}, make("th", { scope: "row" }), ...[1, 2, 3, 4].map(() => make("td")))),
    );
  }
  names.forEach((name, index) => {
    const { done = 0, failed = 0, skipped = 0, seconds = 0 } = stages[name];
    const cells = body.children[index].children;
    [capital(name === "nsfw" ? "NSFW" : name), number(done), number(failed), number(skipped), duration(seconds)]
      .forEach((text, column) => setText(cells[column], text));
    cells[2].classList.toggle("bad", failed > 0);
  });
}

let notesShown = "";
function showNotes(status) {
  const key = JSON.stringify([status.unavailable, status.limited]);
  if (key !== notesShown) byId("stages-notes").replaceChildren(...stageNotes(status));
  notesShown = key;
}

let errorsShown = "";
function showErrors(status) {
  const { errors = [] } = status;
  byId("errors-card").hidden = errors.length === 0 || isAtRest(status); // then they stand by cause
  const key = JSON.stringify(errors);
  if (key === errorsShown) return;
  errorsShown = key;
  byId("errors").replaceChildren(
    ...[...errors].reverse().map((error) => make("li", {}, pathButton(error.path), reasonElement(error))),
  );
}

/** Each change of status and every full tenth, once: a screen reader hears the run without being talked over. */
function announce(status) {
  const tenth = Math.floor((status.progress ?? 0) / 10) * 10;
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

/** Newest first; the list never holds more than the last twenty. */
export function showFiles(files) {
  const list = byId("events");
  const rows = files.slice(-EVENTS_SHOWN).reverse().map((file) =>
    make(
      "li",
      { class: `event ${file.outcome}` },
      make(
        "span",
        { class: "outcome" },
        make("span", { class: "glyph", "aria-hidden": "true" }, glyph(file.outcome)),
        ` ${file.outcome}`,
      ),
      pathButton(file.path),
      make("span", { class: "ms" }, Number.isFinite(file.ms) ? `${number(Math.round(file.ms))} ms` : ""),
    )
  );
  list.prepend(...rows);
  while (list.children.length > EVENTS_SHOWN) list.lastElementChild.remove();
  byId("events-empty").hidden = list.children.length > 0;
}

export function clearFiles() {
  byId("events").replaceChildren();
  byId("events-empty").hidden = false;
}

/** `state` is connecting, live, reconnecting or stale; `since` the last sign of life. */
export function showConnection(state, since) {
  const element = byId("connection");
  if (state === "live") clearOutage();
  element.dataset.state = state;
  const today = since && since.toDateString() === new Date().toDateString();
  setText(element, state === "stale" && since ? `stale since ${today ? clock(since) : day(since)}` : state);
}
