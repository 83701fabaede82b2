// The files found by the day on which they were taken: a month at a time, each day with files a button.

import { isAbort, refusal } from "../lib/api.js";
import { around, byId, inside, make, spoken } from "../lib/dom.js";
import { count, number } from "../lib/words.js";
import { has, termOf, withTerm } from "./terms.js";
import { monthName } from "./tiles.js";
import * as api from "./requests.js";

/** @import { PeriodCount } from "../lib/types.d.ts" */
/** @import { Waited } from "./requests.js" */

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAY_MS = 86_400_000;
const SHADES = 4;

let q = "";
let chosen = ""; // the month that a person went to

/** Prepares going from month to month. */
export function prepareCalendar() {
  const facets = byId("facets");
  facets.addEventListener("toggle", ({ target }) => {
    if (!(target instanceof HTMLDetailsElement) || target.dataset.facet !== "day" || !target.open) return;
    if (!target.querySelector("table")) redraw(target, "select");
  }, { capture: true }); // it does not bubble
  facets.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement && target.dataset.calendar) show(target, target.value, "select");
  });
  facets.addEventListener("click", (event) => {
    const button = around(event, "[data-month]");
    if (button) show(button, button.dataset.month ?? "", `[data-step="${button.dataset.step}"]`);
  });
}

/** Forgets what was shown: the calendar is of this search when it is opened. @param {string} search */
export function blankCalendar(search) {
  q = search;
  return make("div", { class: "calendar" });
}

/** The calendar of a search. @type {(search: string, options?: Waited) => Promise<HTMLElement>} */
export async function calendar(search, options) {
  q = search;
  const months = (await api.timeline({ q, by: "month" }, options)).filter(({ at }) => at !== null);
  const month = monthOf(months.map(({ at }) => at ?? ""), chosen);
  if (!month) return make("div", { class: "calendar" }, make("p", { class: "quiet" }, "No file has a date."));
  const days = await api.timeline({ q: withTerm(q, `taken:${month}`), by: "day" }, options);
  return make("div", { class: "calendar" }, head(months, month), table(days, month));
}

/** The month to be shown, of those that have files, oldest first: the wanted one, else the newest; "" where none has. */
/** @type {(months: string[], wanted: string) => string} */
export const monthOf = (months, wanted) => (months.includes(wanted) ? wanted : months.at(-1) ?? "");

/**
 * The days of a month in weeks from Monday to Sunday; null of those of other months.
 *
 * @type {(month: string) => (string | null)[][]}
 */
export function weeksOf(month) {
  const first = Date.parse(`${month}-01`);
  const start = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY_MS;
  const weeks = [];
  for (let at = start; at <= first || isoDay(at).startsWith(month); at += 7 * DAY_MS) {
    const days = WEEKDAYS.map((_, day) => isoDay(at + day * DAY_MS));
    weeks.push(days.map((day) => (day.startsWith(month) ? day : null)));
  }
  return weeks;
}

const isoDay = (/** @type {number} */ ms) => new Date(ms).toISOString().slice(0, 10);

/** How dark a day is, from 1 to 4, by how many files the fullest one has. */
/** @type {(files: number, most: number) => number} */
export const shadeOf = (files, most) => Math.max(1, Math.ceil((SHADES * Math.log1p(files)) / Math.log1p(most)));

/** @type {(months: PeriodCount[], month: string) => HTMLElement} */
function head(months, month) {
  const here = months.findIndex(({ at }) => at === month);
  const newestFirst = [...months].reverse();
  return make(
    "div",
    { class: "calendar-head" },
    step("before", months[here - 1]?.at ?? null),
    make(
      "select",
      { "aria-label": "Month", "data-calendar": "month" },
      ...newestFirst.map(({ at, files }) =>
        make("option", { value: at ?? "", selected: at === month }, `${monthName(at)} (${number(files)})`)
      ),
    ),
    step("after", months[here + 1]?.at ?? null),
  );
}

/** @type {(way: "before" | "after", month: string | null) => HTMLElement} */
const step = (way, month) =>
  make(
    "button",
    {
      type: "button",
      class: "bare turn",
      disabled: month === null,
      "data-step": way,
      "data-month": month,
      "aria-label": month === null ? `No month ${way}` : monthName(month),
    },
    way === "before" ? "‹" : "›",
  );

/** @type {(days: PeriodCount[], month: string) => HTMLElement} */
function table(days, month) {
  const filesOn = new Map(days.map(({ at, files }) => [at, files]));
  const most = Math.max(1, ...filesOn.values());
  return make(
    "table",
    {},
    make("caption", { class: "visually-hidden" }, monthName(month)),
    make(
      "thead",
      {},
      make("tr", {}, ...WEEKDAYS.map((name) => make("th", { scope: "col", abbr: name }, name.slice(0, 2)))),
    ),
    make(
      "tbody",
      {},
      ...weeksOf(month).map((week) =>
        make("tr", {}, ...week.map((day) => make("td", {}, day && dayOf(day, filesOn.get(day) ?? 0, most))))
      ),
    ),
  );
}

/** @type {(day: string, files: number, most: number) => HTMLElement} */
function dayOf(day, files, most) {
  const name = String(Number(day.slice(8)));
  if (!files) return make("span", { class: "day" }, name);
  const term = termOf("day", day);
  return make(
    "button",
    {
      type: "button",
      class: `day shade-${shadeOf(files, most)}`,
      "data-term": term,
      "aria-pressed": String(has(q, term)),
      title: `${monthName(day)}: ${count(files, "file")}`,
    },
    name,
    spoken(` ${monthName(day.slice(0, 7))}, `),
    make("small", {}, brief(files)),
    spoken(files === 1 ? " file" : " files"),
  );
}

/** A number in as little room as a day has: 999, 1k, 12k, 1M. @param {number} files */
export const brief = (files) =>
  files < 1_000 ? String(files) : files < 999_500 ? `${Math.round(files / 1_000)}k` : `${Math.round(files / 1e6)}M`;

/** @type {(from: Element, month: string, focused: string) => void} */
function show(from, month, focused) {
  chosen = month;
  const section = from.closest("details");
  if (section) redraw(section, focused);
}

/** Draws it anew, and leaves who came by keyboard where they were. @type {(section: HTMLElement, focused: string) => Promise<void>} */
async function redraw(section, focused) {
  const [before, asked] = [inside(section, ".calendar"), q];
  const held = before.contains(document.activeElement);
  try {
    const now = await calendar(asked);
    if (!before.isConnected) return; // another search by now
    before.replaceWith(now);
    if (!held) return;
    const [same, select] = [now.querySelector(focused), now.querySelector("select")];
    if (same instanceof HTMLButtonElement && !same.disabled) same.focus();
    else select?.focus();
  } catch (error) {
    if (!isAbort(error)) before.replaceChildren(make("p", { class: "quiet" }, refusal(error).message));
  }
}
