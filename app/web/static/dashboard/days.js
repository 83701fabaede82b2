// How many files came on each day, drawn by uPlot from the numbers of the page. A click opens the list of a day.

import { axis, chartMaker, colour } from "../lib/charts.js";
import { count } from "../lib/words.js";

/** @import { Chart } from "../lib/uplot.d.ts" */

const HEIGHT = 160;
const DAY = 86_400; // seconds
const ANY_DAY = "0000-00-00"; // in the address of the list of a day
const FEWEST_DAYS = 30; // the chart is no narrower, so that the first days are no walls
const WHEN = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const AXIS = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const LONG_AXIS = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });

/** @type {Chart | null} */
let chart = null;
/** @type {HTMLElement | null} */
let place = null;
let shown = ""; // the numbers that are drawn

/**
 * The numbers as points: the beginning of each day in seconds since 1970, and files; days between without any have none.
 *
 * @type {(days: string, files: string) => [number[], number[]]}
 */
export function pointsOf(days, files) {
  const at = days.split(" ").map((day) => Date.parse(day) / 1_000);
  return [at, files.split(" ").map(Number)];
}

/**
 * From when to when the chart goes: all days, half a day on either side, and never too few.
 *
 * @type {(at: number[]) => [number, number]}
 */
export function span(at) {
  const [first, last] = [at[0] ?? 0, at.at(-1) ?? 0];
  return [Math.min(first, last - (FEWEST_DAYS - 1) * DAY) - DAY / 2, last + DAY / 2];
}

/** Draws what the page says now, where it has changed. */
export async function showDays() {
  const [here, told] = [document.getElementById("days-chart"), document.getElementById("days")];
  const { days = "", files = "" } = told?.dataset ?? {};
  if (here !== place) clear();
  if (!here || !days || shown === `${days} ${files}`) return;
  const Maker = await chartMaker();
  if (!Maker || !here.isConnected) return;
  clear();
  here.hidden = false;
  shown = `${days} ${files}`;
  place = here;
  const points = pointsOf(days, files);
  chart = new Maker(options(Maker, here.clientWidth, points), points, here);
  watchWidth(here);
}

function clear() {
  chart?.destroy();
  chart = null;
  shown = "";
}

/** @type {(Maker: import("../lib/uplot.d.ts").ChartMaker, width: number, points: [number[], number[]]) => object} */
function options(Maker, width, [at, files]) {
  const [from, to] = span(at);
  const format = to - from > 370 * DAY ? LONG_AXIS : AXIS;
  /** @type {(chart: unknown, splits: number[]) => string[]} */
  const dates = (_, splits) => splits.map((second) => format.format(new Date(second * 1_000)));
  /** @type {(chart: unknown, splits: number[]) => string[]} */
  const whole = (_, splits) => splits.map((number) => Number.isInteger(number) ? number.toLocaleString() : "");
  return {
    width,
    height: HEIGHT,
    tzDate: (/** @type {number} */ second) => new Date(second * 1_000),
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { range: () => [from, to] },
      y: { range: (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, most || 1] },
    },
    axes: [{ ...axis(), values: dates, space: 90, size: 30 }, { ...axis(), values: whole, size: 60 }],
    series: [{}, {
      stroke: colour("--accent"),
      fill: colour("--accent"),
      width: 0,
      paths: Maker.paths.bars({ size: [0.8, 28] }),
      points: { show: false },
    }],
    hooks: {
      setCursor: [(/** @type {Chart} */ { cursor: { idx } }) => tell(idx, at, files)],
    },
  };
}

/** @type {(index: number | null | undefined, at: number[], files: number[]) => void} */
function tell(index, at, files) {
  if (!place) return;
  const second = at[index ?? -1];
  place.title = second === undefined ? "" : `${WHEN.format(second * 1_000)}: ${count(files[index ?? -1] ?? 0, "file")}`;
}

document.addEventListener("click", ({ target }) => {
  const index = chart?.cursor.idx;
  if (!(target instanceof Element) || !place?.contains(target) || index === null || index === undefined) return;
  const [day = "", list] = [document.getElementById("days")?.dataset.days?.split(" ")[index], place.dataset.list];
  if (day && list) location.assign(list.replace(ANY_DAY, day));
});

let width = 0;
/** @param {HTMLElement} here */
function watchWidth(here) {
  new ResizeObserver(([entry], observer) => {
    if (here !== place) return observer.disconnect();
    const now = Math.round(entry?.contentRect.width ?? 0);
    if (now && now !== width && chart) chart.setSize({ width: now, height: HEIGHT });
    width = now;
  }).observe(here);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  clear();
  showDays();
});
