// uPlot, loaded where a chart is first wanted: most visits need none.

import { make } from "./dom.js";

/** @import { ChartMaker } from "./uplot.d.ts" */

const SCRIPT = "/static/vendor/uPlot.iife.min.js";
const STYLE = "/static/vendor/uPlot.min.css";

/** @type {Promise<ChartMaker | null> | null} */
let loading = null;

/** What makes charts; null where it cannot be had now. */
export async function chartMaker() {
  loading ??= load().catch(() => null);
  const Maker = await loading;
  if (!Maker) loading = null; // to be tried again
  return Maker;
}

/** @returns {Promise<ChartMaker>} */
function load() {
  document.head.append(make("link", { rel: "stylesheet", href: STYLE }));
  return new Promise((resolve, reject) => {
    const script = make("script", { src: SCRIPT, onerror: reject });
    script.addEventListener("load", () => window.uPlot ? resolve(window.uPlot) : reject());
    document.head.append(script);
  });
}

/** A colour of the theme as it is now. @param {string} name */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How every axis looks. */
export const axis = () => ({
  stroke: colour("--quiet"),
  grid: { stroke: colour("--line"), width: 1 },
  ticks: { show: false },
});
