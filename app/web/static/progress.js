// Process & Commit: draws one status and the recent files. Holds no counters of its own: each status overwrites all.

import { byId, clearOutage, make, rich, setMessage, setText } from "./dom.js";
import { pathElement, reasonElement } from "./files.js";
import { capital, clock, count, day, duration, folders, glyph, isRunning, number, range, statusLabel } from "./words.js";

const EVENTS_SHOWN = 20;
const UNKNOWN = "–";
const STAGES = ["identify", "metadata", "keywords", "score", "thumbnail", "nsfw"];
const RESUMABLE = new Set(["paused", "interrupted", "attention"]);

let spokenTenth = null; // the last "40 %" and status that were announced
let pausing = null; // the session whose pause was accepted and comes when its planning or its file at work is done
let focusWaits = false; // Pause or Resume had the focus when it went, and the one that takes its place is not there yet

export function showProgress(status) {
  setText(byId("process-title"), title(status));
  setText(byId("process-folder"), folders(status.parameters));
  showState(status);
  showMeter(status);
  showStats(status);
  showStages(status.stages ?? {});
  showNotes(status);
  showErrors(status.errors ?? []);
  showActions(status);
  announce(status);
}

const title = ({ status, activity }) => ({ queued: "Queued", planning: activity ? "Getting ready" : "Looking through the folders" })[status] ?? statusLabel(status);

/** The banner of each status that is not plain running: what it means and what a person can do. */
function showState(status) {
  const states = {
    queued: ["Waiting for its turn:", "another session is running. This one starts by itself when that has ended or is paused.", ""],
    paused: ["What is committed stays.", "Resume goes on with the next file.", "warn"],
    interrupted: ["The server stopped.", "Nothing is lost: Resume goes on with the next file.", "warn"],
    attention: ["Something needs you.", attentionSentence(status), "bad"],
  };
  const [heading, text, tone] = states[status.status] ?? ["", "", ""];
  const banner = byId("state");
  banner.className = `banner ${tone}`;
  banner.hidden = !heading;
  setText(byId("state-title"), heading);
  setText(byId("state-text"), text);
}

function attentionSentence({ attention }) {
  if (!attention) return "";
  return `${attention.sentence} ${attention.needs_confirm ? "Resume asks you to confirm first." : "It is tried again by itself, or now with Resume."}`;
}

function showMeter(status) {
  const bar = byId("progress");
  const planning = status.status === "planning";
  bar.parentElement.hidden = status.total_files === null && !planning; // nothing is counted yet, and nothing looks
  if (planning) bar.removeAttribute("value");
  else bar.value = status.progress;
  byId("percent").hidden = planning;
  setText(byId("percent"), `${Math.floor(status.progress)}%`);
  setText(byId("progress-text"), planning
    ? `${status.activity ?? "Looking"}…${status.discovered ? ` ${count(status.discovered, "file")} so far` : ""}`
    : `${number(status.processed_files)} of ${count(status.total_files, "file")}`);
  const running = status.status === "processing";
  const eta = running ? range(status.eta_seconds) : "";
  setText(byId("speed"), running && status.files_per_second ? `${status.files_per_second.toFixed(1)} files/s` : "");
  setText(byId("eta"), eta ? `${eta} left` : "");
  byId("speed").parentElement.hidden = !running;
  byId("current-file").hidden = !running;
  const file = running ? status.current_file : null;
  byId("current-file").replaceChildren(...(file ? [pathElement(file)] : []));
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
  Object.values({ ...limited, ...unavailable }).map((sentence) => make("p", { class: "unavailable" }, rich(capital(sentence))));

/** "800 checked / 3 detected"; never a bare 0 for files that nobody checked, a dash before it is planned. */
export function nsfwText({ parameters, stats, stages, unavailable, total_files: total }) {
  if (parameters?.enable_nsfw_detection === false) return "off";
  if (total === null) return UNKNOWN;
  const { done = 0, failed = 0, skipped = 0 } = stages?.nsfw ?? {};
  if (done + failed === 0 && unavailable?.nsfw) return "not checked: unavailable";
  if (done + failed === 0 && skipped > 0) return "not checked";
  if (done === 0 && failed > 0) return `not checked: ${number(failed)} failed`;
  return `${number(stats?.nsfw_checked)} checked / ${number(stats?.nsfw_detected)} detected at ${parameters?.nsfw_threshold ?? 0.8}`;
}

function showStages(stages) {
  const names = [...STAGES, ...Object.keys(stages).filter((name) => !STAGES.includes(name))].filter((name) => stages[name]);
  const body = byId("stages");
  if (body.children.length !== names.length) {
    body.replaceChildren(...names.map(() => make("tr", {}, make("th", { scope: "row" }), ...[1, 2, 3, 4].map(() => make("td")))));
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
function showErrors(errors) {
  byId("errors-card").hidden = errors.length === 0;
  const key = JSON.stringify(errors);
  if (key === errorsShown) return;
  errorsShown = key;
  byId("errors").replaceChildren(...[...errors].reverse().map((error) => make("li", {}, pathElement(error.path), reasonElement(error))));
}

function showActions(status) {
  const working = isRunning(status);
  const pair = [byId("pause"), byId("resume")];
  const focused = pair.includes(document.activeElement) || (focusWaits && document.activeElement === byId("process-title"));
  byId("pause").hidden = !working;
  byId("resume").hidden = !RESUMABLE.has(status.status);
  byId("close-tab").hidden = !working && status.status !== "queued";
  showPausing(status, working);
  const there = pair.find((button) => !button.hidden);
  focusWaits = focused && !there;
  if (focused && document.activeElement !== there) (there ?? byId("process-title")).focus();
}

/** A pause that the server took and that comes a little later: said, and not asked for twice. */
function showPausing(status, working) {
  if (!working && pausing === status.session_id) pausing = null;
  const waits = pausing === status.session_id;
  byId("pause").setAttribute("aria-disabled", String(waits));
  setMessage(byId("pausing"), !waits ? "" : status.status === "planning" ? "Pausing when planning is done" : "Pausing after the file at work");
}

/** The server took the pause of this session. */
export function pauseAsked(sessionId) {
  pausing = sessionId;
}

/** Each change of status and every full tenth, once: a screen reader hears the run without being talked over. */
function announce(status) {
  const tenth = Math.floor((status.progress ?? 0) / 10) * 10;
  const key = `${status.session_id} ${status.status} ${tenth} ${status.activity ?? ""}`;
  if (key === spokenTenth) return;
  spokenTenth = key;
  setText(byId("announcer"), `${status.activity ?? statusLabel(status.status)}${status.total_files === null ? "" : `: ${number(status.processed_files)} of ${count(status.total_files, "file")}`}.`);
}

/** Newest first; the list never holds more than the last twenty. */
export function showFiles(files) {
  const list = byId("events");
  const rows = files.slice(-EVENTS_SHOWN).reverse().map((file) => make("li", { class: `event ${file.outcome}` },
    make("span", { class: "outcome" }, make("span", { class: "glyph", "aria-hidden": "true" }, glyph(file.outcome)), ` ${file.outcome}`),
    pathElement(file.path),
    make("span", { class: "ms" }, Number.isFinite(file.ms) ? `${number(Math.round(file.ms))} ms` : "")));
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

/** Why a move did not work; null takes it away. */
export function showActionError(error) {
  setMessage(byId("action-error"), error?.message, error?.cause);
}
