// The page's entry: which of the three steps is shown, which session is followed, and the way back after a refresh.

import * as api from "./api.js";
import { openBrowse, prepareBrowse, refreshBadges } from "./browse.js";
import { ask } from "./confirm.js";
import { byId, setMessage, setText } from "./dom.js";
import { SessionStream } from "./events.js";
import { prepareFiles } from "./files.js";
import { checkNumbers, prepareForm, readParameters, setDirectory, showError } from "./form.js";
import { prepareHistory, showSessions } from "./history.js";
import { planNow, planSoon, preparePlan, restPlan } from "./plan.js";
import { clearFiles, showActionError, showConnection, showFiles, showProgress } from "./progress.js";
import { showResults } from "./results.js";
import { clearSessionFromStorage, saveSessionToStorage, sessionInStorage } from "./storage.js";
import { showTotals } from "./totals.js";
import { hasEnded, number, statusLabel } from "./words.js";

const STEPS = ["configure", "process", "complete"];
const LOOK_AROUND_MS = 10_000;
const REPLAYED_FILES = 20; // ids are shared by all sessions, so this many back shows at most the last twenty files

let step = "configure";
let session = null; // the newest status of the session followed, null where there is none
const onShow = () => (step === "configure" ? null : session?.session_id);

const stream = new SessionStream({
  onStatus: take,
  onFiles: (files) => { showFiles(files); refreshBadges(); },
  onConnection: showConnection,
  onBye: () => {},
});

function show(wanted, { focus = false } = {}) {
  const index = STEPS.indexOf(wanted);
  STEPS.forEach((name, position) => {
    byId(name).hidden = name !== wanted;
    const item = byId(`step-${name}`);
    item.classList.toggle("done", position < index);
    if (position === index) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  step = wanted;
  document.title = title();
  if (focus) byId(`${wanted}-title`).focus();
  if (wanted !== "configure") restPlan();
}

function title() {
  if (step === "process" && session?.status === "processing") return `${Math.floor(session.progress)}% - Media Ingest`;
  if (step !== "configure" && session) return `${statusLabel(session.status)} - Media Ingest`;
  return "Media Ingest";
}

/** Shows the session that this status describes, and follows it while it has not ended. */
function openSession(status, { focus = false } = {}) {
  session = status;
  saveSessionToStorage(status.session_id);
  byId("notice").hidden = true;
  showActionError("");
  if (hasEnded(status)) {
    stream.stop();
    showResults(status);
    show("complete", { focus });
  } else {
    showProgress(status);
    show("process", { focus });
    follow(status);
  }
  showSessions(status.session_id);
}

function follow(status) {
  if (stream.sessionId === status.session_id) return;
  clearFiles();
  stream.follow(status.session_id, Math.max((status.last_event_id ?? 0) - REPLAYED_FILES, 0));
}

/** A whole status from the stream: it overwrites what is shown. */
function take(status) {
  const before = session;
  session = status;
  if (hasEnded(status)) {
    stream.stop();
    showTotals();
    if (step === "process") openSession(status);
    else if (step === "configure") { notice(status); planNow(); }
    return;
  }
  if (step === "process") {
    showProgress(status);
    document.title = title();
  } else if (step === "configure") notice(status);
  if (before?.status !== status.status) showSessions(onShow());
}

async function openById(id, { focus = true } = {}) {
  try {
    openSession(await api.status(id), { focus });
  } catch (error) {
    if (error.status === 404) clearSessionFromStorage();
    say(error.message);
  }
}

async function start() {
  if (!checkNumbers()) return;
  const button = byId("start");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    const { session_id: id } = await api.start(readParameters());
    await openById(id);
  } catch (error) {
    if (error.sessionId) {
      await openById(error.sessionId);
    } else if (error.status === 503) {
      setMessage(byId("database-banner"), error.message);
    } else {
      showError(error);
    }
    button.disabled = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Runs one move of the session on show, and shows the status that it leads to. */
async function act(button, move) {
  showActionError("");
  button.disabled = true;
  try {
    await move(session.session_id);
    const status = await api.status(session.session_id);
    if (hasEnded(status)) openSession(status, { focus: true });
    else take(status);
  } catch (error) {
    showActionError(error.message);
  } finally {
    button.disabled = false;
  }
}

async function resume() {
  const { attention } = session;
  const asks = session.status === "attention" && attention?.needs_confirm;
  if (asks && !(await ask({ title: "Resume?", text: attention.sentence, yes: "Yes, resume", no: "Not yet" }))) return;
  act(byId("resume"), (id) => api.resume(id, Boolean(asks)));
}

async function cancel() {
  const yes = await ask({ title: "Cancel?", text: "What is committed stays.", yes: "Cancel the session", no: "Go on" });
  if (yes) act(byId("cancel"), api.cancel);
}

async function startAnother() {
  const id = session?.session_id;
  if (id) await api.dismiss(id).catch((error) => say(error.message));
  session = null;
  clearSessionFromStorage();
  configure({ focus: true });
}

function configure({ focus = false } = {}) {
  show("configure", { focus });
  planNow();
  showSessions(null);
  if (session && !hasEnded(session)) notice(session);
  else lookForOthers();
}

/** On Configure: a session runs, here or from another tab; one button shows it. */
function notice(status) {
  const left = hasEnded(status) ? "A session has ended" : status.status === "processing"
    ? `A session is running (${number(status.processed_files)} of ${number(status.total_files)})`
    : `A session is there: ${statusLabel(status.status).toLowerCase()}`;
  setText(byId("notice-text"), `${left}.`);
  byId("notice-show").hidden = false;
  byId("notice").hidden = false;
}

/** One sentence in the notice, without a session behind it. */
function say(sentence) {
  setText(byId("notice-text"), sentence);
  byId("notice-show").hidden = true;
  byId("notice").hidden = !sentence;
}

/** Every few seconds while the page is seen: what other tabs and the queue have come to. */
function lookAround() {
  if (document.hidden) return;
  lookForOthers();
  if (!byId("queue").hidden) showSessions(onShow());
}

async function lookForOthers() {
  if (step !== "configure" || stream.sessionId) return;
  const active = await api.activeSession().catch(() => null);
  if (!active?.session_id || hasEnded(active) || step !== "configure") return;
  const status = await api.status(active.session_id).catch(() => null);
  if (!status || step !== "configure" || hasEnded(status)) return;
  session = status;
  notice(status);
  follow(status);
  showSessions(null);
}

/** After a load or a return from the browser's cache: the session of this tab, else the one that is active. */
async function recover() {
  showTotals();
  let id = sessionInStorage();
  let status = null;
  try {
    if (id) status = await api.status(id).catch((error) => { if (error.status !== 404) throw error; clearSessionFromStorage(); });
    if (!status) ({ session_id: id } = await api.activeSession());
    if (!status && id) status = await api.status(id);
  } catch (error) {
    say(error.message);
  }
  if (status) openSession(status);
  else configure();
}

prepareForm({ onChange: planSoon, onEnter: () => planNow() });
preparePlan();
prepareFiles();
prepareBrowse((path) => { setDirectory(path); byId("browse").focus(); });
prepareHistory({
  open: openById,
  changed: () => showSessions(onShow()),
  failed: say,
});
byId("browse").addEventListener("click", () => openBrowse(byId("directory").value.trim()));
byId("start").addEventListener("click", start);
byId("pause").addEventListener("click", () => act(byId("pause"), api.pause));
byId("resume").addEventListener("click", resume);
byId("cancel").addEventListener("click", cancel);
byId("configure-another").addEventListener("click", () => configure({ focus: true }));
byId("start-another").addEventListener("click", startAnother);
byId("notice-show").addEventListener("click", () => { if (session) openById(session.session_id); });
setInterval(lookAround, LOOK_AROUND_MS);
document.addEventListener("visibilitychange", lookAround);
window.addEventListener("pagehide", () => stream.stop());
window.addEventListener("pageshow", (event) => { if (event.persisted) recover(); });
recover();
