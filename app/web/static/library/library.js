// The page of the library: a search, what it finds, and what it is counted by. The address is the state.

import { isAbort, refusal } from "../lib/api.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { pairsShown, savePairsShown } from "../lib/storage.js";
import { number } from "../lib/words.js";
import { prepareCompletion } from "./completion.js";
import { prepareFacets, showFacets, staleFacets } from "./facets.js";
import { prepareGrid } from "./grid.js";
import { marksOf } from "./layout.js";
import { SLICE, slicesOf } from "./pages.js";
import { prepareSaved } from "./saved.js";
import { size as sizeOf } from "./selection.js";
import { knowChecked, onVeil } from "../shared/veil.js";
import { withoutHidden } from "./hidden.js";
import { folderOf, has, withoutTerm, withTerm } from "./terms.js";
import { foundInWords, selectedInWords } from "./told.js";
import * as api from "./requests.js";

/** @import { FoundFiles, LibraryView, Slices, TileSize } from "../lib/types.d.ts" */

const NEW_FILES_MS = 3_000;
const SORTS = new Set(["taken", "added", "name", "size", "score", "nsfw"]);
const SIZES = new Set(["s", "m", "l", "table"]);

/** @type {LibraryView} */
let view = viewOf(location.search);
/** @type {{ q: string, slices: Slices, until: string, total: number, paired: number } | null} what is shown, for which search */
let list = null;
/** @type {AbortController | null} */
let asking = null;

const grid = prepareGrid({ open: openFile, selected: showSelected });

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
  view = { ...view, ...change };
  history[replace ? "replaceState" : "pushState"](null, "", addressOf(view));
  show(before);
}

/** @param {LibraryView | null} before */
function show(before) {
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
  if (!before || before.size !== view.size) grid.resize(view.size);
  const folder = folderOf(view.q);
  byId("compare-folder").hidden = !folder;
  byId("compare-folder").href = `/compare?${new URLSearchParams({ directory: folder })}`;
  for (const link of document.querySelectorAll("#take a")) {
    if (link instanceof HTMLAnchorElement) {
      link.href = api.exportUrl({ ...view, q: asked() }, link.dataset);
    }
  }
  const same = before && before.q === view.q && before.sort === view.sort && before.order === view.order;
  if (!same) find();
  else showFacets(asked());
}

/** Asks anew for what the search finds; with `stay`, the list stays where it is. */
async function find({ stay = false } = {}) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const [q, pairs, { sort, order }] = [asked(), pairsShown(), view];
  byId("grid").ariaBusy = "true";
  try {
    const first = await api.foundFiles({ q, sort, order, pairs, limit: SLICE }, { signal });
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
    list = { q, slices, until, total: first.total, paired: first.paired };
    knowChecked(first.nsfw_checked);
    grid.show({ slices, total: first.total, marks: marksOf(counts, order === "desc"), stay });
    showFound(first, all);
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

/** @type {(answer: FoundFiles, all: FoundFiles | null) => void} what is shown, and what the search finds where some is hidden */
function showFound({ total, paired, coverage: covered }, all) {
  const hidden = all ? all.total - total - paired : 0;
  const { coverage } = all ?? { coverage: covered };
  setText(byId("found"), foundInWords(total, paired, hidden));
  byId("new-files").hidden = true;
  const left = coverage.of - coverage.searched;
  const why = Object.entries(coverage.missing).map(([cause, files]) =>
    `${number(files)} ${cause.replaceAll("_", " ")}`
  );
  setMessage(
    byId("coverage"),
    left ? `${number(coverage.searched)} of ${number(coverage.of)} searched; ${why.join(", ")}` : "",
  );
  const nothing = view.q ? "Nothing is found." : "The library is empty.";
  byId("nothing").hidden = total > 0;
  if (hidden > 0) byId("nothing").replaceChildren("All of it is hidden, as NSFW or as not checked.");
  else byId("nothing").replaceChildren(nothing, " ", view.q ? "" : make("a", { href: "/ingest-v2" }, "Take files in"));
}

/** @param {import("../lib/api.js").ApiError} error */
function showRefused(error) {
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
  const files = sizeOf(ranges);
  byId("selected").hidden = !files;
  setText(byId("selected-count"), selectedInWords(files, list?.paired ?? 0));
}

/** How many files came since the list was made: the list itself does not jump. */
async function lookForNew() {
  if (document.hidden || !list) return;
  try {
    const { new_files: fresh } = await api.foundFiles({ q: asked(), pairs: pairsShown(), limit: 1, until: list.until });
    byId("new-files").hidden = !fresh;
    setText(byId("new-files"), `${number(fresh)} new`);
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
byId("facets-toggle").addEventListener("click", () => go({ filters: !view.filters }, { replace: true }));
byId("selected-clear").addEventListener("click", grid.clear);
byId("new-files").addEventListener("click", () => {
  staleFacets();
  find();
});
prepareFacets((term) => go({ q: has(view.q, term) ? withoutTerm(view.q, term) : withTerm(view.q, term) }));
prepareCompletion((q) => go({ q }));
prepareSaved({ shown: () => view, choose: go, addressOf: (search) => addressOf({ ...view, ...search }) });
window.addEventListener("popstate", () => {
  const before = view;
  view = viewOf(location.search);
  show(before);
});

show(null);
setInterval(lookForNew, NEW_FILES_MS);
