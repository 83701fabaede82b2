// The head of the table, and the menu of its columns.

import { around, byId, make } from "../lib/dom.js";
import { saveColumns, savedColumns } from "./kept.js";
import { ALWAYS, chosenOf, COLUMNS, moved, tracksOf, withColumn } from "./columns.js";

/** @import { LibraryView } from "../lib/types.d.ts" */

/**
 * Prepares both. `changed` is called with the columns that a person chose, `sorted` with the order that a click asks for.
 *
 * @param {{ changed: (columns: string[]) => void, sorted: (sort: string, order: string) => void }} told
 */
export function prepareTable({ changed, sorted }) {
  let columns = chosenOf(savedColumns());
  let shown = { sort: "", order: "" };
  const [head, grid, menu] = [byId("grid-head"), byId("grid"), byId("columns-list")];

  function drawHead() {
    const { tracks, rem } = tracksOf(columns);
    for (const element of [head, grid]) {
      element.style.setProperty("--columns", tracks);
      element.style.setProperty("--line-width", `calc(${rem}rem + 2.75rem)`);
    }
    byId("grid-titles").replaceChildren(...columns.map((name) => {
      const { title = name, sort = "", right = false } = COLUMNS[name] ?? {};
      if (!sort) return make("span", { class: right ? "right" : "" }, title);
      const sign = sort !== shown.sort ? "" : shown.order === "desc" ? " ↓" : " ↑";
      const pressed = sort === shown.sort ? `, sorted ${shown.order === "desc" ? "downwards" : "upwards"}` : "";
      return make(
        "button",
        { type: "button", class: right ? "right" : "", "data-sort": sort, "aria-label": `Sort by ${title}${pressed}` },
        title,
        make("span", { "aria-hidden": "true" }, sign),
      );
    }));
  }

  /** The columns that are shown, in their order, then the others. */
  function drawMenu() {
    const others = Object.keys(COLUMNS).filter((name) => !columns.includes(name));
    menu.replaceChildren(...[...columns, ...others].map((name) => {
      const { title = name } = COLUMNS[name] ?? {};
      const at = columns.indexOf(name);
      const box = make("input", { type: "checkbox", value: name, checked: at >= 0, disabled: name === ALWAYS });
      return make("div", {}, make("label", {}, box, ` ${title}`), at < 0 ? null : moversOf(name, title, at));
    }));
  }

  /** @type {(name: string, title: string, at: number) => HTMLElement} */
  const moversOf = (name, title, at) =>
    make(
      "span",
      {},
      ...[-1, 1].map((by) =>
        make("button", {
          type: "button",
          class: "bare",
          "data-moves": name,
          "data-by": by,
          disabled: by < 0 ? at === 0 : at === columns.length - 1,
          "aria-label": `Move ${title} ${by < 0 ? "left" : "right"}, column ${at + 1} of ${columns.length}`,
        }, by < 0 ? "←" : "→")
      ),
    );

  /** @param {string[]} now */
  function choose(now) {
    columns = now;
    saveColumns(columns.join(" "));
    drawHead();
    drawMenu();
    changed(columns);
  }

  /** Focuses the first of these elements of the menu that can be, after it was drawn anew. @param {string[]} selectors */
  function focus(...selectors) {
    for (const selector of selectors) {
      const element = menu.querySelector(`${selector}:enabled`);
      if (element instanceof HTMLElement) return element.focus();
    }
  }

  drawMenu();
  menu.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    choose(withColumn(columns, target.value, target.checked));
    focus(`[value="${target.value}"]`);
  });
  menu.addEventListener("click", (event) => {
    const { moves, by } = around(event, "[data-moves]")?.dataset ?? {};
    if (!moves) return;
    choose(moved(columns, moves, Number(by)));
    focus(`[data-moves="${moves}"][data-by="${by}"]`, `[data-moves="${moves}"]`);
  });
  head.addEventListener("click", (event) => {
    const { sort } = around(event, "[data-sort]")?.dataset ?? {};
    if (!sort) return;
    const turned = shown.order === "desc" ? "asc" : "desc";
    sorted(sort, sort === shown.sort ? turned : sort === "name" ? "asc" : "desc");
    for (const button of head.querySelectorAll("button")) if (button.dataset.sort === sort) button.focus();
  });
  grid.addEventListener("scroll", () => head.scrollTo({ left: grid.scrollLeft }));
  head.addEventListener("scroll", () => grid.scrollTo({ left: head.scrollLeft }));

  return {
    columns: () => columns,

    /** @param {LibraryView} view */
    show({ size, sort, order }) {
      shown = { sort, order };
      head.hidden = size !== "table";
      byId("columns-button").hidden = size !== "table";
      drawHead();
    },
  };
}
