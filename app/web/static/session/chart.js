// Files a second over a session, drawn by uPlot: what the log says up to now, and then what each status adds.

import * as api from "../lib/api.js";
import { axis, chartMaker, colour } from "../lib/charts.js";
import { byId, setText } from "../lib/dom.js";
import { clock, isRunning } from "../lib/words.js";

/** @import { Pace, Session } from "../lib/types.d.ts" */
/** @import { Chart } from "../lib/uplot.d.ts" */

const HEIGHT = 160;
const EVERY_MS = 1_000;
const FEWEST = 5; // points: fewer say nothing
const MOST = 480; // then two become one

/**
 * The points of a chart: seconds since the epoch, and files a second in the time that ends there.
 *
 * @typedef {{ at: number[], rate: (number | null)[] }} Points
 */

/** @type {Points} */
let points = { at: [], rate: [] };
let shownFor = ""; // the session
let running = false;
let last = { at: 0, processed: 0 }; // of the status that the newest point is from
/** @type {Chart | null} */
let chart = null;
let prepared = false;

/**
 * What the log says, as points.
 *
 * @param {Pace} pace
 * @returns {Points}
 */
export function pointsOf({ began_at: began, seconds, files }) {
  const start = began === null ? 0 : Date.parse(began) / 1000;
  return { at: files.map((_, part) => start + part * seconds), rate: files.map((number) => number / seconds) };
}

/**
 * Half as many points, each the mean of two.
 *
 * @param {Points} points
 * @returns {Points}
 */
export function halved({ at, rate }) {
  const pairs = at.map((_, index) => index).filter((index) => index % 2 === 0);
  return {
    at: pairs.map((index) => at[index] ?? 0),
    rate: pairs.map((index) => ((rate[index] ?? 0) + (rate[index + 1] ?? rate[index] ?? 0)) / 2),
  };
}

/**
 * Follows a session, running or ended.
 *
 * @param {Session} status
 */
export function showChart(status) {
  if (!prepared) prepare();
  const { session_id: id, processed_files: processed } = status;
  running = isRunning(status);
  showFigure();
  if (shownFor !== id) {
    begin(status);
    return;
  }
  const now = Date.now();
  const since = now - last.at;
  if (!running && points.at.length >= FEWEST) describe();
  if (!running || since < EVERY_MS || !last.at) return;
  points.at.push(now / 1000);
  points.rate.push(Math.max(processed - last.processed, 0) / (since / 1000));
  last = { at: now, processed };
  if (points.at.length > MOST) points = halved(points);
  draw();
}

/** @param {Session} status */
async function begin({ session_id: id, processed_files: processed }) {
  shownFor = id;
  last = { at: 0, processed: 0 };
  points = { at: [], rate: [] };
  clear();
  const pace = await api.pace(id).catch(() => null);
  if (shownFor !== id) return;
  if (pace) points = pointsOf(pace);
  last = { at: Date.now(), processed };
  draw();
}

/** While it runs, its place is kept, so that nothing moves when it comes. */
function showFigure() {
  byId("pace").hidden = points.at.length < FEWEST && !running;
}

function clear() {
  chart?.destroy();
  chart = null;
  setText(byId("pace-words"), "");
}

/** Said in words, too. */
function describe() {
  const rates = points.rate.map((rate) => rate ?? 0);
  const [most, now] = [Math.max(...rates), rates.at(-1) ?? 0];
  const text = `At most ${most.toFixed(1)} files/s, ${running ? "now" : "at the end"} ${now.toFixed(1)}.`;
  setText(byId("pace-words"), text);
}

async function draw() {
  showFigure();
  if (points.at.length < FEWEST || document.hidden) return;
  describe();
  const Maker = await chartMaker(); // tried again with the next point
  if (!Maker || byId("pace").hidden) return;
  const width = byId("pace-chart").clientWidth;
  if (!width) return;
  if (chart) chart.setData([points.at, points.rate]);
  else chart = new Maker(options(width), [points.at, points.rate], byId("pace-chart"));
}

/** @param {number} width */
function options(width) {
  /** @type {(chart: unknown, splits: number[]) => string[]} */
  const times = (_, splits) => splits.map((at) => clock(new Date(at * 1000)));
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      y: { range: (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, most || 1] },
    },
    axes: [{ ...axis(), values: times, space: 90, size: 30 }, { ...axis(), size: 44 }],
    series: [{}, {
      stroke: colour("--accent"),
      fill: colour("--accent-soft"),
      width: 2,
      points: { show: false },
    }],
  };
}

/** Draws it anew in other colours or another width. */
function redraw() {
  clear();
  if (shownFor) draw();
}

function prepare() {
  prepared = true;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry?.contentRect.width ?? 0);
    if (now === width) return;
    width = now;
    if (now && chart) chart.setSize({ width: now, height: HEIGHT });
    else if (now && shownFor) draw();
  }).observe(byId("pace-chart"));
}
