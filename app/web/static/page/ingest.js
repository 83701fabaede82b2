// The page's entry: which session is followed, and the way back after a refresh.

import { prepareActions } from "../session/actions.js";
import { addressed, cameTo, prepareAddress, searched } from "./address.js";
import * as api from "../lib/api.js";
import { forgetDialogs, leaveDialogs, prepareDialogs, restoreDialogs } from "../lib/dialogs.js";
import { around, byId } from "../lib/dom.js";
import { replay, SessionStream } from "../lib/events.js";
import { explainPath, prepareAsking } from "../file/asking.js";
import { showFailures } from "../session/failures.js";
import { openList, prepareFiles } from "../shared/files.js";
import { prepareForm } from "../configure/form.js";
import { preparePattern } from "../configure/pattern.js";
import { followQueue, prepareQueue, showQueue } from "../session/queue.js";
import { prepareAbsence } from "../shared/absence.js";
import { hideNotice, notice, say } from "../shared/notice.js";
import { prepareNsfw } from "../configure/nsfw.js";
import { planAnew, planNow, planOnReturn, planSoon, preparePlan, restPlan } from "../configure/plan.js";
import { clearEvents, prepareCards, showStages, takeEvent } from "../session/cards.js";
import { showPace } from "../session/pace.js";
import { prepareProgress, showConnection, showProgress } from "../session/progress.js";
import { prepareRetry } from "../shared/retry.js";
import { chosenDirectories, offerRecent, prepareSeveral, setDirectories } from "../configure/several.js";
import { prepareSpread, showSpread } from "../configure/spread.js";
import { prepareStart } from "../configure/start.js";
import { showActionError } from "../session/state.js";
import { showStep, showTitle, stepShown } from "./steps.js";
import { clearSessionFromStorage, saveSessionToStorage, sessionInStorage } from "../lib/storage.js";
import { followTotals, showTotals } from "./totals.js";
import { unheard } from "../lib/presence.js";
import { whileSeen } from "../lib/watch.js";
import { hasEnded, isRunning } from "../lib/words.js";

/** @import { Frame, Session } from "../lib/types.d.ts" */

const LOOK_AROUND_MS = 5_000;
const REPLAYED_ROWS = 60; // with the checkpoints between them, about twenty files

/** @type {Session | null} */
let session = null; // the newest status of the session followed
/** @type {string | null} */
let rowsOf = null; // the session whose rows of the log the cards of the stages show
let newestRow = 0; // the id of the last one
/** @type {string | null} */
let lastState = null; // of the session that was active at the last look around
let wanted = 0; // how often a person chose what to show: an answer for what was chosen before is too late
const onShow = () => (stepShown() === "configure" ? null : session?.session_id ?? null);

const stream = new SessionStream({
  onStatus: take,
  onRow: takeRow,
  onConnection: showConnection,
});

/**
 * Shows the session that this status describes, and follows it while it has not ended. Where it was shown already, what
 * was said above it stays.
 *
 * @param {Session} status
 */
function openSession(status, { focus = false, shown = false } = {}) {
  session = status;
  followTotals(status);
  if (!hasEnded(status)) saveSessionToStorage(status.session_id); // one that has ended is found by its address
  if (!shown) hideNotice();
  showActionError(null);
  if (hasEnded(status)) {
    stream.stop();
    if (rowsOf !== status.session_id) beginRows(status);
    if (newestRow < (status.last_event_id ?? 0)) { // the stream was closed by the status, which comes first
      replay(status.session_id, newestRow, (frame) => rowsOf === status.session_id && takeRow(frame));
    }
    import("../session/results.js").then(({ showResults }) => showResults(status, showTotals), unheard);
    showStages(status);
    showPace(status);
    showStep("complete", status, { focus });
  } else {
    showProgress(status);
    showStep("process", status, { focus });
    follow(status);
  }
  showFailures(status);
  restPlan();
  showQueue(status.session_id);
}

/** @param {Session} status */
function follow(status) {
  if (stream.sessionId === status.session_id) return;
  beginRows(status);
  stream.follow(status.session_id, newestRow);
}

/** @param {Session} status */
function beginRows(status) {
  rowsOf = status.session_id;
  newestRow = Math.max((status.last_event_id ?? 0) - REPLAYED_ROWS, 0);
  clearEvents();
}

/** @param {Frame} frame */
function takeRow(frame) {
  if (frame.id <= newestRow) return;
  newestRow = frame.id;
  takeEvent(frame);
}

/**
 * A whole status from the stream: it overwrites what is shown.
 *
 * @param {Session} status
 */
function take(status) {
  const before = session;
  session = status;
  followTotals(status);
  if (hasEnded(status)) {
    stream.stop();
    if (stepShown() === "process") {
      openSession(status, { focus: byId("process").contains(document.activeElement), shown: true });
    } else if (stepShown() === "configure") {
      notice(status);
      planNow();
      showSpread();
    }
    return;
  }
  followQueue(status);
  if (stepShown() === "process") {
    showProgress(status);
    showFailures(status);
    showTitle(status);
  } else if (stepShown() === "configure") notice(status);
  if (before?.status !== status.status) showQueue(onShow());
}

/** @param {string} id */
async function openById(id) {
  leaveDialogs();
  const mine = wanted += 1;
  try {
    const status = await api.status(id);
    if (mine !== wanted) return false;
    openSession(status, { focus: true });
    return true;
  } catch (error) {
    if (mine !== wanted) return false;
    forgetDialogs();
    const { message, cause, status } = api.refusal(error);
    if (status === 404) clearSessionFromStorage();
    say(message, cause);
    return false;
  }
}

/**
 * As a link does: Back leads to what was on show before.
 *
 * @param {string} id
 */
async function goTo(id) {
  if (await openById(id)) cameTo(id);
}

async function startAnother() {
  const id = session?.session_id;
  if (id) await api.dismiss(id).catch((error) => say(error.message, error.cause));
  session = null;
  clearSessionFromStorage();
  configureAnother();
}

function configureAnother() {
  cameTo(null);
  configure({ focus: true });
}

function configure({ focus = false } = {}) {
  wanted += 1;
  showStep("configure", null, { focus });
  showFailures(null);
  planAnew();
  showSpread();
  showQueue(null);
  if (session && !hasEnded(session)) notice(session);
  else lookAround();
}

/** Every few seconds while the page is seen: what other tabs, the command line and the queue have come to. */
async function lookAround() {
  const active = await api.activeSession().catch(() => null);
  if (!active) return;
  const state = `${active.session_id} ${active.status}`;
  const news = lastState !== null && state !== lastState;
  lastState = state;
  if (news || (isRunning(active) && active.session_id !== stream.sessionId)) showTotals();
  if (news || !byId("queue").hidden) showQueue(onShow());
  if (stepShown() !== "configure") return;
  if (news && hasEnded(active)) {
    planNow();
    showSpread();
  }
  if (active.session_id && !hasEnded(active) && active.session_id !== stream.sessionId) lead(active.session_id);
}

/**
 * On Configure: follows a session that somebody else started, and offers the way to it.
 *
 * @param {string} id
 */
async function lead(id) {
  const status = await api.status(id).catch(() => null);
  if (!status || stepShown() !== "configure" || hasEnded(status)) return;
  session = status;
  notice(status);
  follow(status);
  showQueue(null);
}

function browse() {
  if (stepShown() !== "configure") return false;
  const choose = (/** @type {string[]} */ paths) => {
    setDirectories(paths);
    byId("browse").focus();
  };
  return import("../configure/browse.js").then(({ openBrowse }) => openBrowse(chosenDirectories(), choose), unheard);
}

/** After a load or a return from the browser's cache: the session of this tab, else the one that is active. */
async function recover() {
  if (searched()) {
    showTotals();
    return configure();
  }
  let id = addressed() ?? sessionInStorage();
  let status = null;
  try {
    if (id) {
      status = await api.status(id).catch((error) => {
        if (error.status !== 404) throw error;
        clearSessionFromStorage();
      });
    }
    if (!status) ({ session_id: id } = await api.activeSession());
    if (!status && id) status = await api.status(id);
  } catch (error) {
    const { message, cause } = api.refusal(error);
    say(message, cause);
  }
  if (status) return openSession(status);
  showTotals();
  if (addressed()) cameTo(null);
  configure();
}

/**
 * The server stopped answering, or answers again.
 *
 * @param {boolean} gone
 */
function changePresence(gone) {
  showTitle(stepShown() === "configure" ? null : session);
  if (session && stepShown() === "process") showProgress(session);
  else if (session && stepShown() === "configure" && !byId("notice").hidden) notice(session);
  if (gone) return;
  lookAround();
  if (stepShown() !== "configure") return;
  planNow();
  showSpread();
}

prepareAbsence({ changed: changePresence });
prepareForm({ onChange: planSoon, onEnter: () => planNow({ refresh: true }) });
prepareSeveral();
preparePattern();
prepareNsfw({
  ready: () => {
    if (stepShown() === "configure") planNow();
  },
});
prepareSpread();
preparePlan();
prepareFiles();
prepareCards();
prepareProgress({ current: () => session });
prepareAsking();
prepareRetry({ begun: goTo });
prepareQueue({
  open: goTo,
  changed: () => {
    showQueue(onShow());
    showTotals();
  },
  failed: say,
  listed: offerRecent,
});
prepareStart({ begun: goTo });
import("../configure/presets.js").then(({ preparePresets }) => preparePresets(), unheard);
if (byId("configure").dataset.inbox) {
  import("../configure/drop.js").then(({ prepareDrop }) => prepareDrop({ begun: goTo }), unheard);
}
prepareActions({
  current: () => session,
  took: (status) => (hasEnded(status) ? openSession(status, { focus: true }) : take(status)),
});
byId("browse").addEventListener("click", browse);
byId("configure-another").addEventListener("click", configureAnother);
byId("start-another").addEventListener("click", startAnother);
byId("notice-show").addEventListener("click", () => {
  if (session) goTo(session.session_id);
});
document.addEventListener("click", (event) => {
  const id = around(event, "[data-session]")?.dataset.session;
  if (id) goTo(id);
});
prepareAddress((id) => {
  leaveDialogs();
  if (id) openById(id);
  else configure({ focus: true });
});
prepareDialogs({
  browse: { dialog: "browse-dialog", open: browse },
  file: { dialog: "explain-dialog", open: explainPath },
  list: { dialog: "files-dialog", open: openList },
});
whileSeen(lookAround, LOOK_AROUND_MS);
document.addEventListener("visibilitychange", planOnReturn);
window.addEventListener("focus", planOnReturn);
window.addEventListener("pagehide", () => stream.stop());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) recover();
});
recover().then(restoreDialogs);
