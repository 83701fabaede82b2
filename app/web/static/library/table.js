// The head of the table, and the menu of its columns.

import { around, byId, make } from "../lib/dom.js";
import { saveColumns, savedColumns } from "./kept.js";
import { ALWAYS, chosenOf, COLUMNS, tracksOf, withColumn } from "./columns.js";

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

  menu.replaceChildren(
    ...Object.entries(COLUMNS).filter(([name]) => name !== ALWAYS).map(([name, { title }]) =>
      make("label", {}, make("input", { type: "checkbox", value: name, checked: columns.includes(name) }), ` ${title}`)
    ),
  );
  menu.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    columns = withColumn(columns, target.value, target.checked);
    saveColumns(columns.join(" "));
    drawHead();
    changed(columns);
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
