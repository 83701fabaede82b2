// The page of the library: a search, what it finds, and what it is counted by. The address is the state.

import { isAbort, refusal } from "../lib/api.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { nextAfterScoring, pairsShown, saveNextAfterScoring, savePairsShown, takeJudged, takeSeen } from "./kept.js";
import { count, number } from "../lib/words.js";
import { prepareCompletion } from "./completion.js";
import { clearFacets, prepareFacets, showFacets, staleFacets } from "./facets.js";
import { prepareGrid } from "./grid.js";
import { marksOf } from "./layout.js";
import { SLICE, slicesOf } from "./pages.js";
import { keepPlace, keptPlace } from "./places.js";
import { prepareSaved } from "./saved.js";
import { size as sizeOf } from "./selection.js";
import { prepareTable } from "./table.js";
import { AT_MOST, saveChosen } from "../proposing/chosen.js";
import { pathsOf, prepareJudging } from "../saying/judging.js";
import { chooseVeil, knowChecked, onVeil } from "../shared/veil.js";
import { withoutHidden } from "./hidden.js";
import { folderOf, has, withoutTerm, withTerm } from "./terms.js";
import { coverageInWords, foundInWords, heldInWords, nothingInWords, selectedInWords } from "./told.js";
import * as api from "./requests.js";
import { openWriting } from "../writing/writing.js";

/** @import { Followed, FoundFiles, Left, LibraryView, SearchView, Slices, TileSize } from "../lib/types.d.ts" */

const NEW_FILES_MS = 3_000;
const COUNTING_MS = 1_000;
const SORTS = new Set(["taken", "added", "name", "size", "score", "nsfw"]);
const SIZES = new Set(["s", "m", "l", "table"]);

/** @type {LibraryView} */
let view = viewOf(location.search);
/**
 * What is shown, for which search: `size` files, of which `total` are found now.
 *
 * @type {{ q: string, slices: Slices, until: string, size: number, total: number, paired: number, hidden: number, pairs: "one" | "both", counting: boolean } | null}
 */
let list = null;
/** @type {AbortController | null} */
let asking = null;
let findingAgain = 0; // while the server still reads its library
let selected = 0; // files: a selection is numbers of the list that is shown

const grid = prepareGrid({ open: openFile, selected: showSelected });
const table = prepareTable({
  changed: (columns) => grid.resize(view.size, columns),
  sorted: (sort, order) => go({ sort, order }),
});

/** What the address says. @type {(search: string) => LibraryView} */
function viewOf(search) {
  const told = new URLSearchParams(search);
  const [sort, size] = [told.get("sort") ?? "", told.get("size") ?? ""];
  return {
    q: told.get("q") ?? "",
    sort: SORTS.has(sort) ? sort : "taken",
    order: told.get("order") === "asc" ? "asc" : "desc",
    size: /** @type {TileSize} */ (SIZES.has(size) ? size : "m"),
    filters: told.has("filters") || (!told.has("q") && innerWidth > 1100),
  };
}

/** The address of a view: what is as usual is left out. @param {LibraryView} of */
function addressOf({ q, sort, order, size, filters }) {
  const told = new URLSearchParams();
  if (q) told.set("q", q);
  if (sort !== "taken") told.set("sort", sort);
  if (order !== "desc") told.set("order", order);
  if (size !== "m") told.set("size", size);
  if (filters) told.set("filters", "");
  return told.size ? `/library?${told}` : "/library";
}

/** The search that is asked for: hidden files are left out of it. */
const asked = () => withoutHidden(view.q);

/** @type {(change: Partial<LibraryView>, how?: { replace?: boolean }) => void} */
function go(change, { replace = false } = {}) {
  const before = view;
  keepWhereItIs();
  view = { ...view, ...change };
  history[replace ? "replaceState" : "pushState"](null, "", addressOf(view));
  show(before);
}

/** @type {(before: LibraryView | null, how?: { back?: boolean }) => void} */
function show(before, { back = false } = {}) {
  byId("q").value = view.q;
  byId("sort").value = view.sort;
  const { order } = view;
  byId("order").ariaLabel = order === "desc" ? "Highest and newest first" : "Lowest and oldest first";
  setText(byId("order").firstElementChild ?? byId("order"), order === "desc" ? "↓" : "↑");
  for (const radio of document.querySelectorAll("#sizes input")) {
    if (radio instanceof HTMLInputElement) radio.checked = radio.value === view.size;
  }
  byId("facets").hidden = !view.filters;
  byId("facets-toggle").ariaExpanded = String(view.filters);
  table.show(view);
  if (!before || before.size !== view.size) grid.resize(view.size, table.columns());
  const folder = folderOf(view.q);
  byId("compare-folder").hidden = !folder;
  byId("compare-folder").href = `/compare?${new URLSearchParams({ directory: folder })}`;
  for (const link of document.querySelectorAll("#take a")) {
    if (link instanceof HTMLAnchorElement) {
      link.href = api.exportUrl({ ...view, q: asked() }, link.dataset);
    }
  }
  const descriptions = document.querySelector('.subnav a[href^="/descriptions"]');
  const ofThese = view.q ? `?${new URLSearchParams({ q: view.q })}` : "";
  if (descriptions instanceof HTMLAnchorElement) descriptions.href = `/descriptions${ofThese}`;
  byId("describe-found").href = `/ingest-v2?${new URLSearchParams({ q: asked() || "kind:image" })}`;
  const same = before && before.q === view.q && before.sort === view.sort && before.order === view.order;
  if (!same) find({ back });
  else showFacets(asked());
}

/** Asks anew for what the search finds. The list begins at its top, stays where it is, or goes to where it was left. */
/** @param {{ stay?: boolean, back?: boolean }} how */
async function find({ stay = false, back = false } = {}) {
  clearTimeout(findingAgain);
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const [q, pairs, { sort, order }] = [asked(), pairsShown(), view];
  byId("grid").ariaBusy = "true";
  try {
    const [first, left] = await Promise.all([
      api.foundFiles({ q, sort, order, pairs, limit: SLICE }, { signal }),
      back ? leftAt({ q, sort, order }) : null,
    ]);
    const [counts, all] = await Promise.all([
      sort === "taken" ? api.timeline({ q, pairs, by: "month" }, { signal }) : [],
      q === view.q ? null : api.foundFiles({ q: view.q, limit: 1 }, { signal }),
    ]);
    const until = first.until;
    const slices = slicesOf({
      first,
      load: (offset, limit, one) => api.foundFiles({ q, sort, order, pairs, offset, limit, until }, { signal: one }),
      arrived: grid.redraw,
      failed: (error) => setMessage(byId("q-message"), refusal(error).message),
    });
    const counting = first.total_is === "counting";
    const { total, paired } = first;
    list = { q, slices, until, size: total, total, paired, hidden: hiddenOf(first, all), pairs, counting };
    knowChecked(first.nsfw_checked);
    grid.show({ slices, total: first.total, marks: marksOf(counts, order === "desc"), stay, left });
    showFound(first, all);
    if (counting) {
      staleFacets();
      findOn();
    }
    byId("facets").classList.toggle("behind", counting);
    showFacets(q);
    setMessage(byId("q-message"), "");
  } catch (error) {
    if (isAbort(error)) return;
    list = null;
    showRefused(refusal(error));
  } finally {
    if (!signal.aborted) byId("grid").ariaBusy = "false";
  }
}

/** Finds again soon what is only being counted; not while files are selected, which would be others then. */
function findOn() {
  findingAgain = setTimeout(() => selected ? findOn() : find({ stay: true }), COUNTING_MS);
}

/** Where a list was left, or where the file is now that was looked at since. */
/** @type {(search: SearchView) => Promise<Left | null>} */
async function leftAt(search) {
  const [place, seen] = [keptPlace(search), takeSeen()];
  const path = seen ?? place?.path;
  if (!path) return place;
  const now = await api.neighbours(path, search).catch(() => null);
  const index = now?.position ?? place?.index ?? 0;
  return { index, first: place ? place.first + (path === place.path ? index - place.index : 0) : index };
}

function keepWhereItIs() {
  const place = grid.place();
  const path = list?.slices.at(place.index)?.path;
  if (path) keepPlace({ ...view, q: asked() }, { ...place, path });
}

/** How many files are hidden: of all that the search finds those that are not in its answer. @type {(answer: FoundFiles, all: FoundFiles | null) => number} */
const hiddenOf = ({ total, paired }, all) => all ? all.total - total - paired : 0;

/** @type {(answer: FoundFiles, all: FoundFiles | null) => void} what is shown, and what the search finds where some is hidden */
function showFound(answer, all) {
  const { total, paired, total_is: totalIs } = answer;
  const hidden = hiddenOf(answer, all);
  byId("found").ariaLive = null;
  byId("found").title = "";
  byId("edit-all").hidden = !total;
  byId("describe-found").hidden = !total || byId("describe-found").dataset.offered === undefined;
  setText(byId("found"), foundInWords(total, paired, hidden, totalIs));
  setMessage(byId("coverage"), coverageInWords(all ?? answer));
  byId("new-files").hidden = true;
  const nothing = total ? null : nothingInWords(view.q, hidden, totalIs);
  byId("nothing").hidden = !nothing;
  if (nothing) byId("nothing").replaceChildren(nothing.sentence, " ", wayOn(nothing.why));
}

/** Numbers and filters follow an edit; the list stays as it is. @param {Followed} now */
function showFollowed({ total, paired, held }) {
  if (!list) return;
  list = { ...list, total, paired };
  byId("found").ariaLive = "off"; // the edit was told already
  byId("found").title = held ? "Held files stay until the next search." : "";
  setText(byId("found"), heldInWords(foundInWords(total, paired, list.hidden, "exact"), held));
  staleFacets();
  showFacets(list.q);
}

/** What leads on from an empty list. @param {"hidden" | "search" | "empty"} why */
function wayOn(why) {
  if (why === "empty") return make("a", { href: "/ingest-v2" }, "Take files in");
  const [label, onclick] = why === "hidden"
    ? ["Show them blurred", () => chooseVeil("blur")]
    : ["Show all", () => go({ q: "" })];
  return make("button", {
    type: "button",
    class: "plain",
    onclick: () => {
      onclick();
      byId("grid").focus(); // the button goes
    },
  }, label);
}

/** Says why there is no list; that of the search before is no answer to this one. @param {import("../lib/api.js").ApiError} error */
function showRefused(error) {
  grid.show({ slices: null, total: 0, marks: [] });
  clearFacets();
  setText(byId("found"), "");
  for (const id of /** @type {const} */ (["coverage", "new-files", "nothing"])) byId(id).hidden = true;
  const at = error.position;
  const q = [...view.q]; // places are counted in characters, of which some are two of JavaScript's
  const part = (/** @type {number} */ from, /** @type {number} */ to) => q.slice(from, to).join("");
  const mark = at === null ? [] : [
    make("br"),
    make("code", {}, part(0, at), make("mark", {}, part(at, at + 1) || " "), part(at + 1, q.length)),
  ];
  byId("q-message").replaceChildren(error.message, ...mark);
  byId("q-message").hidden = false;
}

/** @param {number} index */
function openFile(index) {
  const file = list?.slices.at(index);
  if (file) location.assign(api.fileUrl(view, file.path));
}

/** @param {import("../lib/types.d.ts").Range[]} ranges */
function showSelected(ranges) {
  selected = sizeOf(ranges);
  byId("selected").hidden = !selected;
  setText(byId("selected-count"), selectedInWords(selected, list?.paired ?? 0, list?.counting ?? false));
}

/** Hands what is selected over to the page that proposes keywords for it. */
async function propose() {
  if (!list) return;
  try {
    if (selected > AT_MOST) {
      throw new Error(`Keywords are proposed for at most ${number(AT_MOST)} files at once: select fewer.`);
    }
    const paths = pathsOf([...(await list.slices.filesIn(grid.chosen())).values()], list.pairs);
    saveChosen({ paths: paths.slice(0, AT_MOST), from: addressOf(view) });
    location.assign("/propose");
  } catch (error) {
    setMessage(byId("q-message"), refusal(error).message);
  }
}

/** Writes out what a person said of what is selected. */
async function writeSelected() {
  if (!list) return;
  try {
    const paths = pathsOf([...(await list.slices.filesIn(grid.chosen())).values()], list.pairs);
    openWriting({ paths }, count(paths.length, "selected file"));
  } catch (error) {
    setMessage(byId("q-message"), refusal(error).message);
  }
}

/** How many files came since the list was made, or are found only now: the list itself does not jump. */
async function lookForNew() {
  if (document.hidden || !list) return;
  const { until, total } = list;
  try {
    const now = await api.foundFiles({ q: asked(), pairs: pairsShown(), limit: 1, until });
    if (list?.until !== until) return;
    const fresh = now.new_files + now.total - total;
    byId("new-files").hidden = fresh <= 0;
    setText(byId("new-files"), `${number(fresh)} new`);
    if (asked() === view.q) setMessage(byId("coverage"), coverageInWords(now));
  } catch {
    // presence.js says that the server does not answer
  }
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  go({ q: byId("q").value.trim() });
});
byId("sort").addEventListener("change", () => go({ sort: byId("sort").value }));
byId("order").addEventListener("click", () => go({ order: view.order === "desc" ? "asc" : "desc" }));
byId("sizes").addEventListener("change", ({ target }) => {
  if (target instanceof HTMLInputElement) go({ size: /** @type {TileSize} */ (target.value) }, { replace: true });
});
onVeil(() => {
  if (list?.q === asked()) return;
  staleFacets();
  show(null);
});
byId("both").checked = pairsShown() === "both";
byId("both").addEventListener("change", () => {
  savePairsShown(byId("both").checked);
  find();
});
byId("next").checked = nextAfterScoring();
byId("next").addEventListener("change", () => saveNextAfterScoring(byId("next").checked));
byId("facets-toggle").addEventListener("click", () => go({ filters: !view.filters }, { replace: true }));
byId("write-metadata").addEventListener("click", () => {
  if (selected) writeSelected();
  else openWriting({ q: withoutHidden(view.q) }, "what this search finds");
});
byId("selected-clear").addEventListener("click", grid.clear);
byId("new-files").addEventListener("click", () => {
  staleFacets();
  find();
});
prepareFacets((term) => go({ q: has(view.q, term) ? withoutTerm(view.q, term) : withTerm(view.q, term) }));
prepareCompletion((q) => go({ q }));
prepareJudging({
  shown: () => list,
  chosen: grid.chosen,
  goOn: grid.goOn,
  followed: showFollowed,
  findAgain: () => {
    grid.clear(); // its numbers are other files now
    staleFacets();
    return find({ stay: true });
  },
});
byId("selected-propose").addEventListener("click", propose);
prepareSaved({ shown: () => view, choose: go, addressOf: (search) => addressOf({ ...view, ...search }) });
window.addEventListener("popstate", () => {
  const before = view;
  keepWhereItIs();
  view = viewOf(location.search);
  show(before, { back: true });
});
window.addEventListener("pagehide", keepWhereItIs);
window.addEventListener("pageshow", async ({ persisted }) => {
  const judged = takeJudged();
  if (!persisted) return;
  if (judged) {
    staleFacets();
    find({ back: true });
    return;
  }
  const left = await leftAt({ ...view, q: asked() });
  if (left) grid.goTo(left);
});

/** Whether one comes back to the page, or from the page of a file. */
function comesBack() {
  const [entry] = performance.getEntriesByType("navigation");
  const from = URL.canParse(document.referrer) ? new URL(document.referrer) : null;
  const again = entry instanceof PerformanceNavigationTiming && entry.type !== "navigate";
  return again || (from?.origin === location.origin && from.pathname === "/file");
}

const back = comesBack();
if (!back) takeSeen(); // it belongs to another visit
show(null, { back });
setInterval(lookForNew, NEW_FILES_MS);
