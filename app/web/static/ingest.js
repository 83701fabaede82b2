// The page's entry: which of the three steps is shown, which session is followed, and the way back after a refresh.

import { prepareActions } from "./actions.js";
import * as api from "./api.js";
import { openBrowse, prepareBrowse } from "./browse.js";
import { byId, clearOutage, setMessage } from "./dom.js";
import { SessionStream } from "./events.js";
import { prepareFiles } from "./files.js";
import { checkNumbers, prepareForm, readParameters, setDirectory, showError } from "./form.js";
import { prepareHistory, showSessions } from "./history.js";
import { hideNotice, notice, say } from "./notice.js";
import { prepareNsfw } from "./nsfw.js";
import { planNow, planSoon, preparePlan, restPlan } from "./plan.js";
import { clearFiles, showActionError, showConnection, showFiles, showProgress } from "./progress.js";
import { showResults } from "./results.js";
import { prepareSpread, showSpread } from "./spread.js";
import { clearSessionFromStorage, saveSessionToStorage, sessionInStorage } from "./storage.js";
import { keepTotals, showTotals } from "./totals.js";
import { whileSeen } from "./watch.js";
import { hasEnded, isRunning, statusLabel } from "./words.js";

const STEPS = ["configure", "process", "complete"];
const LOOK_AROUND_MS = 5_000;
const REPLAYED_FILES = 20; // ids are shared by all sessions, so this many back shows at most the last twenty files

let step = "configure";
let session = null; // the newest status of the session followed, null where there is none
let lastState = null; // of the session that was active at the last look around
const onShow = () => (step === "configure" ? null : session?.session_id);

const stream = new SessionStream({
  onStatus: take,
  onFiles: showFiles,
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
  hideNotice();
  showActionError(null);
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
    if (step === "process") openSession(status, { focus: byId("process").contains(document.activeElement) });
    else if (step === "configure") { notice(status); planNow(); showSpread(); }
    return;
  }
  if (isRunning(status)) keepTotals();
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
    say(error.message, error.cause);
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

async function startAnother() {
  const id = session?.session_id;
  if (id) await api.dismiss(id).catch((error) => say(error.message, error.cause));
  session = null;
  clearSessionFromStorage();
  configure({ focus: true });
}

function configure({ focus = false } = {}) {
  show("configure", { focus });
  planNow();
  showSpread();
  showSessions(null);
  if (session && !hasEnded(session)) notice(session);
  else lookAround();
}

/** Every few seconds while the page is seen: what other tabs, the command line and the queue have come to. */
async function lookAround() {
  const active = await api.activeSession().catch(() => null);
  if (!active) return;
  stream.hurry();
  const wasAway = clearOutage();
  const state = `${active.session_id} ${active.status}`;
  const news = lastState !== null && state !== lastState;
  lastState = state;
  if (news) showTotals();
  if (news || !byId("queue").hidden) showSessions(onShow());
  if (step !== "configure") return;
  if (wasAway || (news && hasEnded(active))) { planNow(); showSpread(); }
  if (active.session_id && !hasEnded(active) && active.session_id !== stream.sessionId) lead(active.session_id);
}

/** On Configure: follows a session that somebody else started, and offers the way to it. */
async function lead(id) {
  const status = await api.status(id).catch(() => null);
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
    say(error.message, error.cause);
  }
  if (status) openSession(status);
  else configure();
}

prepareForm({ onChange: planSoon, onEnter: () => planNow({ refresh: true }) });
prepareNsfw({ ready: () => { if (step === "configure") planNow(); } });
prepareSpread();
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
prepareActions({
  current: () => session,
  took: (status) => (hasEnded(status) ? openSession(status, { focus: true }) : take(status)),
});
byId("configure-another").addEventListener("click", () => configure({ focus: true }));
byId("start-another").addEventListener("click", startAnother);
byId("notice-show").addEventListener("click", () => { if (session) openById(session.session_id); });
whileSeen(lookAround, LOOK_AROUND_MS);
window.addEventListener("pagehide", () => stream.stop());
window.addEventListener("pageshow", (event) => { if (event.persisted) recover(); });
recover();
