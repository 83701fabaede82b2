// The live plan under the form: asks after every change, shows it in words, and holds what the Start button may say.

import * as api from "../lib/api.js";
import { byId, make, setText, spoken } from "../lib/dom.js";
import { openFiles } from "../shared/files.js";
import { unheard } from "../lib/presence.js";
import { checkNumbers, clearErrors, readParameters, showError } from "./form.js";
import { showNsfw } from "./nsfw.js";
import { newThreshold } from "./spread.js";
import {
  ago,
  bytes,
  capital,
  classLabel,
  classTerm,
  count,
  number,
  range,
  readable,
  sentenceList,
  skips,
} from "../lib/words.js";

/** @import { Plan, Request } from "../lib/types.d.ts" */

const DEBOUNCE_MS = 250;
const LOOK_AGAIN_MS = 100;
const WORTH_SAYING = 50_000_000; // bytes of thumbnails and rows
const OLD_SECONDS = 5; // what a walk says no longer keeps anybody from starting
const ROUNDING_SECONDS = 0.1; // of the age of a walk

/** @type {number | undefined} */
let waiting; // the debounce's timer
/** @type {AbortController | null} */
let asking = null; // of the question under way
/** @type {number | null} */
let countedAt = null; // when the walk that the shown plan rests on was made, in ms
/** @type {Plan | null} */
let shown = null;
let shownFor = ""; // the parameters of the shown plan
let walked = ""; // what the walk behind the newest plan depends on
let renewing = false; // the shown plan stands until a new walk has ended
let databaseEnabled = true;

/**
 * What a walk depends on.
 *
 * @param {Request} parameters
 */
const sourceOf = ({ q, directories, recursive }) => JSON.stringify([q, directories, recursive]);

/** Asks for the plan of the form as it stands, soon: of folders that this page has not walked yet, by a new walk. */
export function planSoon() {
  clearTimeout(waiting);
  asking?.abort();
  shown = null;
  startButton("🚀 Start Processing", "Looking…", false);
  waiting = setTimeout(() => (sourceOf(readParameters()) === walked ? planNow() : planAnew()), DEBOUNCE_MS);
}

/** Shows what an earlier walk says at once, marked with its age, and then what a new one says. */
export async function planAnew() {
  const plan = await planNow();
  if (plan?.earlier) await planNow({ refresh: true });
}

/** A person came back to the page: what it shows may be old. */
export function planOnReturn() {
  if (!document.hidden && !byId("configure").hidden && age() >= OLD_SECONDS && !renewing) planNow({ refresh: true });
}

/**
 * Whether there is something to start: where the plan that is shown has nothing, what a new walk says.
 */
export async function isWorthStarting() {
  if (!shown || shown.pending || newThreshold() !== null) return true;
  const plan = await planNow({ refresh: true });
  return !plan || plan.pending > 0;
}

const age = () => (countedAt === null ? 0 : (Date.now() - countedAt) / 1000);

/**
 * Asks at once; `refresh` makes the server walk the folders again. Returns what it shows, and whether an earlier walk
 * said so; undefined where it shows no plan.
 *
 * @returns {Promise<{ pending: number, earlier: boolean } | undefined>}
 */
export async function planNow({ refresh = false } = {}) {
  clearTimeout(waiting);
  asking?.abort();
  renewing = false;
  if (!databaseEnabled) return nothing("");
  if (!checkNumbers()) return nothing("Correct the marked field first.");
  const parameters = readParameters();
  if (!parameters.q && parameters.directories.length === 0) {
    return nothing("Choose a directory first.", "Choose a directory to see what a run would do.");
  }
  const question = new AbortController();
  asking = question;
  renewing = refresh && countedAt !== null && shownFor === JSON.stringify(parameters);
  showAge();
  try {
    const askedAt = Date.now();
    let plan = await api.plan(parameters, { refresh, signal: question.signal });
    const earlier = !plan.walking && plan.age_seconds > (Date.now() - askedAt) / 1000 + ROUNDING_SECONDS;
    while (plan.walking) {
      if (!renewing) showWalking(plan.discovered);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      plan = await api.plan(parameters, { signal: question.signal });
    }
    if (question !== asking || question.signal.aborted) return undefined;
    renewing = false;
    showPlan(plan, parameters);
    return { pending: plan.pending, earlier };
  } catch (caught) {
    if (api.isAbort(caught)) return undefined;
    renewing = false;
    const error = api.refusal(caught);
    showError(error);
    nothing(error.field ? "Correct the marked field first." : "There is no plan to start.");
    byId("plan-refresh").hidden = Boolean(error.field);
  }
  return undefined;
}

/** Stops asking, while the page shows something else. */
export function restPlan() {
  clearTimeout(waiting);
  asking?.abort();
}

/** @type {(reason: string, text?: string) => undefined} */
function nothing(reason, text = "") {
  countedAt = null;
  shown = null;
  setText(byId("plan-age"), "");
  byId("plan-refresh").hidden = true;
  byId("plan").replaceChildren(...(text ? [make("p", { class: "quiet" }, text)] : []));
  startButton("🚀 Start Processing", reason, false);
  return undefined;
}

/** @param {number} discovered */
function showWalking(discovered) {
  clearErrors();
  countedAt = null;
  shown = null;
  setText(byId("plan-age"), "");
  byId("plan-refresh").hidden = true;
  byId("plan").replaceChildren(
    make("p", { class: "plan-headline" }, make("strong", {}, `Looking… ${count(discovered, "file")} so far`)),
    make("progress", { "aria-label": "Looking through the folders" }),
  );
  startButton(
    "🚀 Start Processing",
    discovered ? "You can start now: the run goes on counting." : "",
    Boolean(discovered),
  );
}

/**
 * What stages cannot do of every kind of file, each sentence once; that of NSFW stands beside its switch.
 *
 * @type {(plan: Plan, parameters: Request) => HTMLElement[]}
 */
const limits = ({ limited }, { enable_nsfw_detection: nsfw }) =>
  [...new Set(Object.values(limited))].filter((sentence) => !(nsfw && sentence === limited.nsfw))
    .map((sentence) => make("p", { class: "unavailable" }, capital(sentence)));

/** @type {(plan: Plan, parameters: Request) => void} */
function showPlan(plan, parameters) {
  clearErrors();
  if (parameters.enable_nsfw_detection) showNsfw(plan.unavailable.nsfw, plan.limited.nsfw);
  countedAt = Date.now() - 1000 * plan.age_seconds;
  byId("plan-refresh").hidden = false;
  showAge();
  const skipped = Object.values(plan.skipped).reduce((sum, value) => sum + value, 0);
  byId("plan").replaceChildren(
    make(
      "p",
      { class: "plan-headline" },
      make("strong", {}, number(plan.pending)),
      ` of ${count(plan.discovered, "file")} to process`,
    ),
    ...group("To process", plan.pending_by, parameters, true),
    ...onlyNsfw(plan.pending_by["only_nsfw"]),
    ...readAgain(plan.read_again),
    ...descriptions(plan, parameters),
    ...group("Left alone", Object.fromEntries(skips(plan.skipped)), parameters, false),
    ...Object.entries(plan.unavailable).filter(([stage]) => stage !== "nsfw")
      .map(([stage, sentence]) => make("p", { class: "unavailable" }, `${capital(stage)}: ${sentence}`)),
    ...limits(plan, parameters),
    ...space(plan.space),
    ...plan.warnings.map((warning) => make("p", { class: "unavailable" }, readable(warning))),
  );
  import("./formats.js").then(({ showFormats }) => showFormats(plan), () => {}); // that the server is gone is said elsewhere
  setText(byId("announcer"), `Plan: ${count(plan.pending, "file")} to process, ${number(skipped)} left alone.`);
  shown = plan;
  shownFor = JSON.stringify(parameters);
  walked = sourceOf(parameters);
  showStart();
}

/**
 * What it takes on the disk, where that is worth a thought.
 *
 * @param {Plan["space"]} space
 */
function space({ thumbnails, database, free }) {
  if (thumbnails + database < WORTH_SAYING) return [];
  const left = free === null ? "" : `; ${bytes(free)} are free`;
  return [make("p", { class: "plan-hint" }, `Thumbnails ${bytes(thumbnails)}, database ${bytes(database)}${left}.`)];
}

/** What Start does: with nothing to process it can still make the library use another threshold, which runs nothing. */
function showStart() {
  if (countedAt === null || !shown) return;
  if (shown.pending) {
    startButton(`🚀 Start Processing ${count(shown.pending, "file")}`, takes(range(shown.estimate_seconds)), true);
  } else if (shown.discovered && newThreshold() !== null) {
    startButton(
      `Use ${newThreshold()} as the threshold`,
      "No file is processed: what counts as NSFW is told anew.",
      true,
    );
  } else {
    const old = age() >= OLD_SECONDS;
    startButton("🚀 Start Processing", `${whyNothing(shown)}${old ? " Start looks again." : ""}`, old);
  }
}

/** @param {string} estimate */
const takes = (estimate) => (estimate ? `It takes ${estimate}.` : "");

/**
 * Why a plan has nothing to do, in one sentence.
 *
 * @param {Plan} plan
 */
function whyNothing(plan) {
  if (!plan.discovered) return "There are no files here.";
  if (plan.skipped.fresh === plan.discovered) return "Everything here is in the library already.";
  const parts = skips(plan.skipped).filter(([, value]) => value).map(([name, value]) =>
    `${number(value)} ${classLabel(name)}`
  );
  return `Nothing to process: ${sentenceList(parts)}.`;
}

/**
 * The numbers of one side of the plan, each a button that opens its list.
 *
 * @type {(title: string, counts: Record<string, number>, parameters: Request, pending: boolean) => HTMLElement[]}
 */
function group(title, counts, parameters, pending) {
  const entries = Object.entries(counts).filter(([, value]) => value);
  if (!entries.length) return [];
  const items = entries.map(([name, value], index) =>
    make(
      "li",
      {},
      make(
        "button",
        {
          type: "button",
          class: `chip${pending ? " todo" : ""}`,
          "data-list": name,
          title: classTerm(name),
          onclick: () => openClass(name, value, parameters, pending),
        },
        make("strong", {}, number(value)),
        ` ${classLabel(name)}`,
      ),
      index < entries.length - 1 ? spoken(", ") : null,
    )
  );
  return [make("h4", {}, title), make("ul", { class: "chips" }, items)];
}

/**
 * Why files that are in the library already are to process, once there is a model.
 *
 * @param {number | undefined} files
 */
const onlyNsfw = (
  files,
) => (files
  ? [
    make(
      "p",
      { class: "plan-hint" },
      `${files === 1 ? "One is" : `${number(files)} are`} in the library already and only looked at by the NSFW model.`,
    ),
  ]
  : []);

/** @param {Plan["read_again"]} reasons */
function readAgain(reasons) {
  if (!Object.keys(reasons).length) return [];
  const told = make("div");
  import("./reasons.js").then(({ tellReasons }) => tellReasons(told, reasons), unheard);
  return [told];
}

/** @type {(plan: Plan, parameters: Request) => HTMLElement[]} */
function descriptions({ describe_estimate: estimate }, { describe }) {
  if (!estimate) return [];
  const told = make("div");
  import("../describe/words.js").then(({ tellEstimate }) => tellEstimate(told, estimate, describe), unheard);
  return [told];
}

/** @type {(name: string, value: number, parameters: Request, pending: boolean) => void} */
function openClass(name, value, parameters, pending) {
  openFiles({
    title: `${number(value)} ${classLabel(name)}`,
    list: name,
    load: (cursor) => api.planFiles(parameters, pending ? "pending" : name, cursor),
    keep: (file) => !pending || !file.why || file.why === name,
    thumbnails: name === "fresh",
  });
}

/** @type {(label: string, reason: string, enabled: boolean) => void} */
function startButton(label, reason, enabled) {
  const button = byId("start");
  setText(button, label);
  button.disabled = !enabled || !databaseEnabled;
  setText(byId("start-reason"), databaseEnabled ? reason : "A database is needed to start.");
}

function showAge() {
  if (countedAt === null) return;
  setText(byId("plan-age"), `as of ${ago(age())}${renewing ? ", looking again…" : ""}`);
  if (shown && !shown.pending) showStart();
}

export function preparePlan() {
  databaseEnabled = byId("configure").dataset.databaseEnabled === "true";
  byId("plan-refresh").addEventListener("click", () => planNow({ refresh: true }));
  byId("nsfw-options").addEventListener("threshold", showStart);
  setInterval(showAge, 1000);
}
