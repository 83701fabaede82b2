// A tree of folders that are loaded as they are opened: keys and roles as the ARIA practices have them for trees
// (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/), several folders can be chosen.

import { make } from "../lib/dom.js";
import { count, readable } from "../lib/words.js";
import { badge } from "./badges.js";

/** @import { Folder, Listing } from "../lib/types.d.ts" */

const TYPED_TOGETHER_MS = 700;

/**
 * `load` gives a page of the folders inside one (null: of the roots), `changed` hears what is chosen, `enter` that a
 * person wants exactly that, `failed` why folders could not be loaded.
 *
 * @typedef {object} Handlers
 * @property {(path: string | null, cursor: string | null) => Promise<Listing>} load
 * @property {(paths: string[]) => void} changed
 * @property {() => void} enter
 * @property {(error: unknown) => void} failed
 */

export class FolderTree {
  #top;
  #handlers;
  /** @type {Map<string, Folder>} */
  #known = new Map(); // every folder that is loaded, by its path
  /** @type {Set<string>} */
  #chosen = new Set();
  #typed = { text: "", at: 0 };
  #shown = 0; // how often it was shown; what was asked for before the last time comes too late

  /**
   * @param {HTMLUListElement} top
   * @param {Handlers} handlers
   */
  constructor(top, handlers) {
    this.#top = top;
    this.#handlers = handlers;
    top.addEventListener("keydown", (event) => this.#onKey(event));
    top.addEventListener("click", (event) => this.#onClick(event));
  }

  /**
   * Shows the roots, opened as far as these folders, which are chosen. Raises what `load` raises for the roots. Shown
   * again meanwhile, it gives up.
   *
   * @param {string[]} paths
   */
  async show(paths) {
    const time = this.#shown += 1;
    this.#known.clear();
    this.#chosen = new Set();
    this.#top.replaceChildren();
    await this.#append(this.#top, null, null);
    for (const path of paths) if (time === this.#shown) await this.#reveal(path);
    if (time !== this.#shown) return;
    const chosen = this.#items().find((item) => this.#chosen.has(pathOf(item)));
    const first = chosen ?? this.#items()[0];
    if (first) this.#focus(first);
    this.#handlers.changed([...this.#chosen]);
  }

  /** Asks anew for the folders that are to be seen, and draws what differs. */
  async refresh() {
    const open = this.#items().filter((item) => item.getAttribute("aria-expanded") === "true").map(pathOf);
    for (const path of [null, ...open]) {
      const listing = await this.#handlers.load(path, null).catch(() => null);
      for (const folder of listing?.directories ?? []) this.#draw(folder);
    }
  }

  /** @param {Folder} folder */
  #draw(folder) {
    const item = this.#item(folder.path);
    if (!item || JSON.stringify(folder) === JSON.stringify(this.#known.get(folder.path))) return;
    this.#known.set(folder.path, folder);
    const row = item.querySelector(".folder");
    row?.querySelector(".badge")?.remove();
    row?.append(badge(folder) ?? "");
  }

  /** @type {(list: Element, path: string | null, cursor: string | null) => Promise<void>} */
  async #append(list, path, cursor) {
    const time = this.#shown;
    const { directories, next } = await this.#handlers.load(path, cursor);
    if (time !== this.#shown) return;
    list.querySelector(":scope > .more")?.remove();
    for (const folder of directories) {
      this.#known.set(folder.path, folder);
      list.append(this.#made(folder));
    }
    if (next) list.append(more(path, next, directories.length));
  }

  /** @param {Folder} folder */
  #made(folder) {
    return make(
      "li",
      {
        role: "treeitem",
        tabindex: "-1",
        "data-path": folder.path,
        "aria-selected": "false",
        "aria-level": String(folder.path.split("/").length),
        "aria-expanded": folder.has_children ? "false" : null,
      },
      make(
        "div",
        { class: "folder" },
        make("span", { class: "twisty", "aria-hidden": "true" }),
        make("span", { class: "tick", "aria-hidden": "true" }),
        make("span", { class: "folder-icon", "aria-hidden": "true" }),
        make(
          "span",
          { class: "folder-name" },
          make("bdi", { dir: "ltr" }, readable(folder.name)),
          folder.warning ? make("small", { class: "warning" }, folder.warning) : null,
        ),
        badge(folder),
      ),
    );
  }

  /** @param {string} path */
  async #reveal(path) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth += 1) {
      const above = this.#item(parts.slice(0, depth).join("/"));
      if (!above) return;
      await this.#expand(above);
    }
    const item = this.#item(path);
    if (item) this.#choose(item, true);
  }

  /** @param {HTMLElement} item */
  async #expand(item) {
    if (item.getAttribute("aria-expanded") !== "false") return;
    if (!item.querySelector(":scope > ul")) {
      item.setAttribute("aria-busy", "true");
      const inside = make("ul", { role: "group" });
      try {
        await this.#append(inside, pathOf(item), null);
      } catch (error) {
        this.#handlers.failed(error);
        return;
      } finally {
        item.removeAttribute("aria-busy");
      }
      item.append(inside);
    }
    item.setAttribute("aria-expanded", "true");
  }

  /** @type {(item: HTMLElement, chosen: boolean) => void} */
  #choose(item, chosen) {
    if (chosen) this.#chosen.add(pathOf(item));
    else this.#chosen.delete(pathOf(item));
    item.setAttribute("aria-selected", String(chosen));
    this.#handlers.changed([...this.#chosen]);
  }

  /** @param {HTMLElement} item */
  #chooseAlone(item) {
    for (const path of [...this.#chosen]) {
      const other = this.#item(path);
      if (other) other.setAttribute("aria-selected", "false");
    }
    this.#chosen.clear();
    this.#choose(item, true);
  }

  /** @param {HTMLElement} item */
  #toggle(item) {
    this.#choose(item, !this.#chosen.has(pathOf(item)));
  }

  /** @param {HTMLElement} item */
  #focus(item) {
    for (const other of this.#top.querySelectorAll('[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
    item.focus();
  }

  /** @param {HTMLElement} item */
  async #loadMore(item) {
    const list = item.parentElement;
    if (!list) return;
    const from = list.children.length - 1;
    try {
      await this.#append(list, item.dataset.of ?? null, item.dataset.next ?? null);
    } catch (error) {
      this.#handlers.failed(error);
      return;
    }
    const first = list.children[from];
    if (first instanceof HTMLElement) this.#focus(first);
  }

  /** @param {MouseEvent} event */
  async #onClick(event) {
    const item = itemOf(event);
    if (!item || !(event.target instanceof Element)) return;
    this.#focus(item);
    if (item.classList.contains("more")) await this.#loadMore(item);
    else if (event.target.closest(".twisty")) await this.#turn(item);
    else if (event.target.closest(".tick") || event.ctrlKey || event.metaKey) this.#toggle(item);
    else {
      this.#chooseAlone(item);
      await this.#expand(item);
    }
  }

  /** @param {HTMLElement} item */
  async #turn(item) {
    if (item.getAttribute("aria-expanded") === "true") item.setAttribute("aria-expanded", "false");
    else await this.#expand(item);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const item = itemOf(event);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length === 1 && event.key !== " ") this.#find(item, event.key);
    else {
      const act = this.#keys[event.key];
      if (!act) return;
      act(item);
    }
    event.preventDefault();
  }

  /** @type {Record<string, (item: HTMLElement) => void>} */
  #keys = {
    ArrowDown: (item) => this.#step(item, 1),
    ArrowUp: (item) => this.#step(item, -1),
    Home: () => this.#step(null, 0),
    End: () => this.#step(null, Infinity),
    ArrowRight: (item) => {
      if (item.getAttribute("aria-expanded") === "true") this.#step(item, 1);
      else this.#expand(item);
    },
    ArrowLeft: (item) => {
      const above = item.parentElement?.closest("[role=treeitem]");
      if (item.getAttribute("aria-expanded") === "true") item.setAttribute("aria-expanded", "false");
      else if (above instanceof HTMLElement) this.#focus(above);
    },
    " ": (item) => (item.classList.contains("more") ? this.#loadMore(item) : this.#toggle(item)),
    Enter: (item) => {
      if (item.classList.contains("more")) {
        this.#loadMore(item);
        return;
      }
      if (!this.#chosen.has(pathOf(item))) this.#chooseAlone(item);
      this.#handlers.enter();
    },
  };

  /** @type {(item: HTMLElement | null, by: number) => void} */
  #step(item, by) {
    const items = this.#items();
    const at = (item ? items.indexOf(item) : 0) + by;
    const wanted = items[Math.min(Math.max(at, 0), items.length - 1)];
    if (wanted) this.#focus(wanted);
  }

  /**
   * The next folder whose name begins with what was typed just now.
   *
   * @type {(item: HTMLElement, key: string) => void}
   */
  #find(item, key) {
    const now = performance.now();
    const text = (now - this.#typed.at < TYPED_TOGETHER_MS ? this.#typed.text : "") + key.toLowerCase();
    this.#typed = { text, at: now };
    const items = this.#items();
    const from = items.indexOf(item) + (text.length > 1 ? 0 : 1);
    const found = [...items.slice(from), ...items.slice(0, from)]
      .find((other) => this.#known.get(pathOf(other))?.name.toLowerCase().startsWith(text));
    if (found) this.#focus(found);
  }

  /**
   * The items that are to be seen, from top to bottom.
   *
   * @returns {HTMLElement[]}
   */
  #items() {
    /** @type {NodeListOf<HTMLElement>} */
    const all = this.#top.querySelectorAll("[role=treeitem]");
    return [...all].filter((item) => !item.parentElement?.closest('[aria-expanded="false"]'));
  }

  /**
   * @param {string} path
   * @returns {HTMLElement | null}
   */
  #item(path) {
    return this.#top.querySelector(`[data-path="${CSS.escape(path)}"]`);
  }
}

/** @type {(path: string | null, next: string, loaded: number) => HTMLElement} */
const more = (path, next, loaded) =>
  make(
    "li",
    { role: "treeitem", class: "more", tabindex: "-1", "data-of": path, "data-next": next },
    make("div", { class: "folder" }, `Load more than ${count(loaded, "folder")}`),
  );

/** @param {Event} event */
function itemOf({ target }) {
  const item = target instanceof Element ? target.closest("[role=treeitem]") : null;
  return item instanceof HTMLElement ? item : null;
}

/** @param {HTMLElement} item */
const pathOf = (item) => item.dataset.path ?? "";
