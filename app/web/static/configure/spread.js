// The NSFW probabilities of the library behind the threshold's slider, and what this threshold would make of them.

import * as api from "../lib/api.js";
import { byId, inside, setText } from "../lib/dom.js";
import { offerThreshold } from "./form.js";
import { knowChecked } from "../shared/veil.js";
import { count, number } from "../lib/words.js";

/** @import { Spread } from "../lib/types.d.ts" */

const HEIGHT = 48; // of the drawing; its width is a unit for each bin

let resting = false;
/** @type {Spread | null} */
let spread = null; // the last answer; null where there is none or nothing was checked
/** @type {number[]} */
let heights = []; // of the bins
/** @type {{ below: SVGPathElement, above: SVGPathElement, line: SVGPathElement } | null} */
let paths = null; // of the drawing: the bars below the threshold, those from it on, the line between them

/** Fetches how the probabilities spread, offers the library's threshold and draws. */
export async function showSpread() {
  if (byId("configure").dataset.databaseEnabled !== "true") return;
  const answer = await api.nsfwSpread().catch(() => null);
  if (!answer) return;
  knowChecked(answer.checked);
  offerThreshold(answer.threshold);
  spread = answer.checked ? answer : null;
  heights = answer.bins.map(heightAmong(Math.max(...answer.bins)));
  byId("nsfw-bars").hidden = byId("nsfw-spread").hidden = !spread;
  restThreshold(resting);
  if (spread) followThreshold();
  else setText(byId("nsfw-spread"), ""); // it describes the slider even where it is hidden
  byId("nsfw-options").dispatchEvent(new Event("threshold"));
}

/**
 * The threshold rests with the model, unless there are probabilities that it can still be applied to.
 *
 * @param {boolean} wanted
 */
export function restThreshold(wanted) {
  resting = wanted;
  const rests = resting && !spread;
  byId("nsfw_threshold").disabled = byId("nsfw_threshold_slider").disabled = rests;
  inside(byId("nsfw-options"), ".threshold").classList.toggle("off", rests);
}

/** The threshold in the form where it is another than the library's and would change something; else null. */
export function newThreshold() {
  const threshold = typedThreshold();
  return spread && threshold !== spread.threshold ? threshold : null;
}

/** The threshold in the form, 0 to 1; null where it is none. */
function typedThreshold() {
  const typed = byId("nsfw_threshold").valueAsNumber;
  return typed >= 0 && typed <= 1 ? typed : null;
}

/**
 * Logarithmic: nearly all files are near 0, and the few others are those that matter.
 *
 * @type {(most: number) => (files: number) => number}
 */
const heightAmong = (most) => (files) => (files ? (HEIGHT * Math.log1p(files)) / Math.log1p(most) : 0);

/** Draws and says what the threshold in the form makes of the library. Runs nothing. */
function followThreshold() {
  if (!spread) return;
  const threshold = typedThreshold();
  const said = sentence(spread, threshold);
  draw(threshold === null ? 100 : threshold * 100);
  setText(byId("nsfw-spread"), said);
  byId("nsfw_threshold_slider").setAttribute("aria-valuetext", said.replace("At ", ""));
  byId("nsfw-options").dispatchEvent(new Event("threshold"));
}

/** @type {(spread: Spread, threshold: number | null) => string} */
function sentence(spread, threshold) {
  const files = count(spread.checked, "checked file");
  const left = spread.unknown ? ` · ${number(spread.unknown)} not checked` : "";
  if (threshold === null) return `${files}${left}`;
  const found = detected(spread, threshold);
  const name = isWhole(threshold) ? threshold.toFixed(2) : threshold;
  return `At ${name}: ${found} of ${files} ${found === "1" ? "counts" : "count"} as NSFW${left}`;
}

/** @param {number} threshold */
const isWhole = (threshold) => Math.abs(threshold * 100 - Math.round(threshold * 100)) < 1e-6;

/**
 * How many files count as NSFW: "12", and "up to 12" where the threshold cuts through a bin.
 *
 * @type {(spread: Spread, threshold: number) => string}
 */
function detected(spread, threshold) {
  if (threshold === spread.threshold) return number(spread.detected);
  const cut = !isWhole(threshold) || threshold === 1; // the last bin holds those of exactly 1
  const from = cut ? Math.min(Math.floor(threshold * 100), 99) : Math.round(threshold * 100);
  const files = spread.bins.slice(from).reduce((sum, value) => sum + value, 0);
  return `${cut && spread.bins[from] ? "up to " : ""}${number(files)}`;
}

/** @param {number} at */
function draw(at) {
  paths ??= begin();
  paths.below.setAttribute("d", outline(0, at));
  paths.above.setAttribute("d", outline(at, 100));
  paths.line.setAttribute("d", `M${at} 0V${HEIGHT}`);
}

function begin() {
  const drawing = svg("svg", { viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none", focusable: "false" });
  const below = svg("path", { class: "below" });
  const above = svg("path", { class: "above" });
  const line = svg("path", { class: "line" });
  drawing.append(below, above, line);
  byId("nsfw-bars").append(drawing);
  return { below, above, line };
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 */
function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/**
 * The bars between two places, as one shape: without seams at any width.
 *
 * @type {(from: number, to: number) => string}
 */
function outline(from, to) {
  let path = `M${from} ${HEIGHT}`;
  for (let bin = Math.floor(from); bin < to; bin += 1) {
    path += `V${(HEIGHT - (heights[bin] ?? 0)).toFixed(2)}H${Math.min(bin + 1, to)}`;
  }
  return `${path}V${HEIGHT}Z`;
}

export function prepareSpread() {
  byId("nsfw_threshold_slider").addEventListener("input", followThreshold);
  byId("nsfw_threshold").addEventListener("input", followThreshold);
}
