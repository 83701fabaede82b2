// The filters beside the list: what the files found are counted by. A click adds to the search, another one takes away.

import { isAbort, refusal } from "../lib/api.js";
import { around, byId, make, spoken } from "../lib/dom.js";
import { number, readable } from "../lib/words.js";
import { monthName } from "./tiles.js";
import { has, termOf } from "./terms.js";
import * as api from "./requests.js";

/** @import { ValueCount } from "../lib/types.d.ts" */

const TITLES = /** @type {Record<string, string>} */ ({
  kind: "Type",
  folder: "Folder",
  year: "Year",
  month: "Month",
  score: "Score",
  keyword: "Keyword",
  camera: "Camera",
  lens: "Lens",
  generator: "Generator",
  model: "Model",
  lora: "LoRA",
  sampler: "Sampler",
  prompt_verdict: "Prompt",
  nsfw: "NSFW",
  format: "Format",
  incomplete: "Incomplete",
  missing: "Missing",
  session: "Session",
});
const IN_ORDER = new Set(["year", "month", "score"]); // of their values, not of their counts
const OPEN = new Set(["kind", "folder", "year", "score", "keyword"]);
const FIRST = 8;

/** @type {AbortController | null} */
let asking = null;
/** @type {Set<string>} */
const unfolded = new Set();
let shownFor = "";

/**
 * Prepares the filters. `toggled` is called with the term of the value that a person clicked.
 *
 * @param {(term: string) => void} toggled
 */
export function prepareFacets(toggled) {
  const facets = byId("facets");
  facets.addEventListener("click", (event) => {
    const { term, more } = around(event, "button")?.dataset ?? {};
    if (term) toggled(term);
    if (more) {
      unfolded.add(more);
      facets.querySelector(`[data-facet="${more}"]`)?.classList.add("unfolded");
    }
  });
}

/** Shows the filters of a search, unless they are hidden. @param {string} q */
export async function showFacets(q) {
  const facets = byId("facets");
  if (facets.hidden || shownFor === `q:${q}`) return;
  asking?.abort();
  asking = new AbortController();
  facets.ariaBusy = "true";
  try {
    const counts = await api.facets(q, { signal: asking.signal });
    shownFor = `q:${q}`;
    const open = openOnes(facets);
    facets.replaceChildren(...Object.keys(TITLES).flatMap((facet) => section(facet, counts[facet] ?? [], q, open)));
  } catch (error) {
    if (!isAbort(error)) facets.replaceChildren(make("p", { class: "quiet" }, refusal(error).message));
  } finally {
    facets.ariaBusy = "false";
  }
}

/** Makes the next call ask again. */
export function staleFacets() {
  shownFor = "";
}

/** @param {HTMLElement} facets */
function openOnes(facets) {
  const there = [...facets.querySelectorAll("details")];
  return there.length ? new Set(there.filter(({ open }) => open).map(({ dataset }) => dataset.facet)) : OPEN;
}

/** @type {(facet: string, counts: ValueCount[], q: string, open: Set<string | undefined>) => HTMLElement[]} */
function section(facet, counts, q, open) {
  const worthIt = counts.length > 1 || counts.some(({ value }) => value !== null && has(q, termOf(facet, value)));
  if (!worthIt) return []; // one value of all files tells nothing
  const ordered = IN_ORDER.has(facet) ? [...counts].sort(byValue) : counts;
  const more = ordered.length - FIRST;
  return [make(
    "details",
    { "data-facet": facet, open: open.has(facet), class: unfolded.has(facet) ? "unfolded" : "" },
    make("summary", {}, TITLES[facet]),
    make("ul", {}, ...ordered.map((one) => line(facet, one, q))),
    more > 0
      ? make("button", { type: "button", class: "quiet-button", "data-more": facet }, `${number(more)} more`)
      : null,
  )];
}

/** The newest and highest first, files without a value last. @type {(one: ValueCount, other: ValueCount) => number} */
function byValue({ value: one }, { value: other }) {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
  return one < other ? 1 : -1;
}

/** @type {(facet: string, one: ValueCount, q: string) => HTMLElement} */
function line(facet, { value, files }, q) {
  const term = termOf(facet, value);
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-term": term, "aria-pressed": String(has(q, term)), title: term },
      make("span", {}, called(facet, value)),
      make("small", {}, number(files), spoken(files === 1 ? " file" : " files")),
    ),
  );
}

/** @type {(facet: string, value: ValueCount["value"]) => string} */
function called(facet, value) {
  if (value === null) return facet === "score" ? "Not rated" : "None";
  if (facet === "score") return value === -1 ? "Rejected" : `★ ${value}`;
  if (facet === "month") return monthName(String(value));
  if (facet === "incomplete") return value ? "Incomplete" : "Complete";
  if (facet === "missing") return value ? "Gone from disk" : "On disk";
  return readable(String(value));
}
