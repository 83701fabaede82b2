// The filters beside the list: what the files found are counted by. A click adds to the search, another one takes away.

import { isAbort, refusal } from "../lib/api.js";
import { around, byId, inside, make } from "../lib/dom.js";
import { number, readable } from "../lib/words.js";
import { blankCalendar, calendar, prepareCalendar } from "./calendar.js";
import { valueButton } from "./counted.js";
import { folderTree, prepareFolders } from "./folders.js";
import { monthName } from "./tiles.js";
import { has, termOf } from "./terms.js";
import * as api from "./requests.js";

/** @import { Child, ValueCount } from "../lib/types.d.ts" */

const TITLES = /** @type {Record<string, string>} */ ({
  kind: "Type",
  folder: "Folder",
  year: "Year",
  month: "Month",
  day: "Day",
  score: "Score",
  keyword: "Keyword",
  proposed: "Proposed",
  described: "Described",
  describe_failed: "Description failed",
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
const COUNTED = Object.keys(TITLES).filter((facet) => facet !== "folder" && facet !== "day");

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
      const section = inside(facets, `[data-facet="${more}"]`);
      section.classList.add("unfolded");
      /** @type {HTMLElement | null} */ (section.querySelector(`.facet-values > li:nth-child(${FIRST + 1}) button`))
        ?.focus();
    }
  });
  prepareFolders();
  prepareCalendar();
}

/** Shows the filters of a search, unless they are hidden. @param {string} q */
export async function showFacets(q) {
  const facets = byId("facets");
  if (facets.hidden || shownFor === `q:${q}`) return;
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  facets.ariaBusy = "true";
  try {
    const [counts, tree, days] = await Promise.all([
      api.facets(q, COUNTED, { signal }),
      folderTree(q, { signal }),
      openOnes(facets).has("day") ? calendar(q, { signal }) : blankCalendar(q),
    ]);
    shownFor = `q:${q}`;
    const open = openOnes(facets);
    const dated = counts.year?.some(({ value }) => value !== null);
    const sections = Object.keys(TITLES).map((facet) => {
      const content = facet === "folder"
        ? tree && [tree]
        : facet === "day"
        ? dated && [days]
        : values(facet, counts[facet] ?? [], q);
      return content ? section(facet, content, open) : null;
    });
    fill(facets, sections);
  } catch (error) {
    if (!isAbort(error)) fill(facets, [make("p", { class: "quiet" }, refusal(error).message)]);
  } finally {
    if (!signal.aborted) facets.ariaBusy = "false";
  }
}

/** Shows these filters; who was at one by keyboard still is. @type {(facets: HTMLElement, sections: (Child)[]) => void} */
function fill(facets, sections) {
  const at = document.activeElement;
  const term = at instanceof HTMLElement && facets.contains(at) ? at.dataset.term : undefined;
  facets.replaceChildren(
    inside(facets, ".counting"),
    ...sections.filter((child) => child !== null && child !== undefined),
  );
  if (term === undefined) return;
  const again = facets.querySelector(`[data-term="${CSS.escape(term)}"]`);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/** Makes the next call ask again. */
export function staleFacets() {
  shownFor = "";
}

/** Shows none, until a search can be read again. */
export function clearFacets() {
  asking?.abort();
  staleFacets();
  fill(byId("facets"), []);
}

/** @param {HTMLElement} facets */
function openOnes(facets) {
  const there = [...facets.querySelectorAll("details")];
  return there.length ? new Set(there.filter(({ open }) => open).map(({ dataset }) => dataset.facet)) : OPEN;
}

/** @type {(facet: string, content: Child[], open: Set<string | undefined>) => HTMLElement} */
const section = (facet, content, open) =>
  make(
    "details",
    { "data-facet": facet, open: open.has(facet), class: unfolded.has(facet) ? "unfolded" : "" },
    make("summary", {}, TITLES[facet]),
    ...content,
  );

/** The values of a facet; null where they tell nothing. @type {(facet: string, counts: ValueCount[], q: string) => Child[] | null} */
function values(facet, counts, q) {
  const asked = counts.some(({ value }) => value !== null && has(q, termOf(facet, value)));
  if (counts.length < 2 && !asked) return null; // one value of all files
  const ordered = IN_ORDER.has(facet) ? [...counts].sort(byValue) : counts;
  const lines = ordered.map(({ value, files }) =>
    make("li", {}, valueButton({ term: termOf(facet, value), q, name: called(facet, value), files }))
  );
  const more = ordered.length - FIRST;
  const fold = { type: "button", class: "quiet-button", "data-more": facet };
  return [
    make("ul", { class: "facet-values" }, ...lines),
    more > 0 ? make("button", fold, `${number(more)} more`) : null,
  ];
}

/** The newest and highest first, files without a value last. @type {(one: ValueCount, other: ValueCount) => number} */
function byValue({ value: one }, { value: other }) {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
  return one < other ? 1 : -1;
}

/** @type {(facet: string, value: ValueCount["value"]) => string} */
function called(facet, value) {
  if (value === null) return nothing(facet);
  if (facet === "score") return value === -1 ? "Rejected" : `★ ${value}`;
  if (facet === "month") return monthName(String(value));
  if (facet === "incomplete") return value ? "Incomplete" : "Complete";
  if (facet === "missing") return value ? "Gone from disk" : "On disk";
  if (facet === "described") return value ? "Described" : "Not described";
  if (facet === "describe_failed") return value ? "Failed" : "Not failed";
  if (facet === "session") return String(value).slice(0, 8); // enough to tell them apart; the tooltip has all
  return readable(String(value));
}

/** What files without a value are called. @param {string} facet */
function nothing(facet) {
  if (facet === "score") return "Not rated";
  if (facet === "year" || facet === "month") return "No date";
  if (facet === "proposed") return "Nothing proposed";
  const title = TITLES[facet] ?? facet;
  return `No ${title === "LoRA" ? title : title.toLowerCase()}`;
}
