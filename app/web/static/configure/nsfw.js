// Whether NSFW detection can run here, in words, and the download of its model where that helps.

import * as api from "../lib/api.js";
import { byId, rich, setMessage, setText } from "../lib/dom.js";
import { restThreshold } from "./spread.js";
import { whileSeen } from "../lib/watch.js";
import { bytes, capital } from "../lib/words.js";

/** @import { Download, Model } from "../lib/types.d.ts" */

const LOOK_EVERY_MS = 1000;
const OPENING = /^NSFW detection is unavailable: /; // the sentence above has said so already

let why = ""; // it cannot run, as it is shown; empty where it can
/** @type {() => void} */
let onReady = () => {};
/** @type {(() => void) | null} */
let stopLooking = null; // while a download is under way

/** Why it cannot run (its threshold rests; the switch works, so that a person can say no) and which files it does not see, each a sentence or nothing. */
export function showNsfw(unavailable = "", limited = "") {
  const news = unavailable !== why;
  setMessage(byId("nsfw-limited"), unavailable ? "" : capital(limited));
  if (!news) return;
  why = unavailable;
  rest(Boolean(why));
  byId("nsfw-unavailable").replaceChildren(...rich(capital(why)));
  if (why) showModel("");
  look();
}

/**
 * Says which model it is: its package, and how the SHA-256 of its weights begins.
 *
 * @param {string} name
 */
function showModel(name) {
  const [builder, version, weights = ""] = name.split("-");
  setMessage(byId("nsfw-model"), name && `Available: ${builder} ${version}, weights ${weights.slice(0, 8)}`);
}

/**
 * Takes the threshold away or gives it back, and the focus with it.
 *
 * @param {boolean} resting
 */
function rest(resting) {
  const box = byId("nsfw-missing");
  const focused = box.contains(document.activeElement);
  byId("nsfw-options").classList.toggle("off", resting);
  restThreshold(resting);
  box.hidden = !resting;
  if (focused && !resting) byId("enable_nsfw_detection").focus();
}

let asked = 0; // an answer that comes after a later question is old

async function look() {
  const mine = (asked += 1);
  const answer = await api.nsfw().catch(() => null);
  if (answer && mine === asked) take(answer);
}

/** @param {Model} model */
function take({ available, fetching_helps: helps, sentence, model, source, download }) {
  if (download.running) stopLooking ??= whileSeen(look, LOOK_EVERY_MS);
  else endLooking();
  showModel(model ?? "");
  if (!available) showDownload(helps, new URL(source).host, download);
  else if (why) {
    showNsfw("", sentence ?? "");
    setText(byId("announcer"), "NSFW detection is available.");
    onReady();
  }
}

function endLooking() {
  stopLooking?.();
  stopLooking = null;
}

/**
 * The offer where a download would help, or how far it is.
 *
 * @type {(helps: boolean, host: string, download: Download) => void}
 */
function showDownload(helps, host, { running, received_bytes: received, total_bytes: total, sentence: failure }) {
  byId("nsfw-download").hidden = !running && !helps;
  const button = byId("nsfw-fetch");
  button.setAttribute("aria-disabled", String(running)); // not disabled, which would take the focus away
  setText(
    button,
    running ? "Downloading…" : failure ? "Try again" : `Download the model (${Math.round(total / 1e6)} MB)`,
  );
  setText(byId("nsfw-source"), running ? `${bytes(received)} of ${bytes(total)} from ${host}` : `from ${host}`);
  byId("nsfw-progress").hidden = !running;
  byId("nsfw-progress").value = Math.min(received / total, 1);
  showFailure(running ? "" : capital(failure.replace(OPENING, "")));
}

/**
 * What went wrong as an error, and what else can be done as plain words.
 *
 * @param {string} sentences
 */
function showFailure(sentences, cause = "") {
  const [first, ...others] = sentences.split(/(?<=\.) (?=[A-Z])/);
  setMessage(byId("nsfw-fetch-error"), first, cause);
  byId("nsfw-fetch-help").hidden = others.length === 0;
  byId("nsfw-fetch-help").replaceChildren(...rich(others.join(" ")));
}

async function fetchModel() {
  if (byId("nsfw-fetch").getAttribute("aria-disabled") === "true") return;
  asked += 1;
  try {
    take(await api.fetchNsfw());
  } catch (error) {
    const { message, cause } = api.refusal(error);
    showFailure(message, cause);
  }
}

/**
 * `ready()` is called when a download has made detection possible.
 *
 * @param {{ ready: () => void }} callbacks
 */
export function prepareNsfw({ ready }) {
  onReady = ready;
  byId("nsfw-fetch").addEventListener("click", fetchModel);
  const { nsfwModel, nsfwUnavailable } = byId("configure").dataset;
  showModel(nsfwModel ?? "");
  showNsfw(nsfwUnavailable);
}
