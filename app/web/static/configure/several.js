// Several folders in one session: those beside the one that is typed, as chips that can be taken away.

import { byId, make, spoken } from "../lib/dom.js";
import { readable } from "../lib/words.js";

const MOST_RECENT = 12;
/** @type {string[]} */
let beside = []; // what was added, without the one that is typed

/** What the form asks for: each folder once, those that were added first. */
export function chosenDirectories() {
  const typed = byId("directory").value.trim();
  return [...new Set([...beside, ...(typed ? [typed] : [])])];
}

/** @param {string[]} paths */
export function setBeside(paths) {
  beside = [...new Set(paths)];
  byId("beside").hidden = beside.length === 0;
  byId("beside").replaceChildren(
    ...beside.map((path) =>
      make(
        "li",
        { class: "chip still" },
        readable(path),
        " ",
        make(
          "button",
          { type: "button", class: "take-away", onclick: () => takeAway(path) },
          make("span", { "aria-hidden": "true" }, "×"),
          spoken(`Leave ${readable(path)} out`),
        ),
      )
    ),
  );
}

export const besideNow = () => [...beside];

/** @param {string[]} paths at least one; the last is the one that is typed */
export function setDirectories(paths) {
  setBeside(paths.slice(0, -1));
  byId("directory").value = paths.at(-1) ?? "";
  changed();
}

/** Makes room for another folder: the one that is typed becomes a chip. */
function addAnother() {
  const typed = byId("directory").value.trim();
  if (typed) setBeside([...beside, typed]);
  byId("directory").value = "";
  changed();
  byId("directory").focus();
}

/** @param {string} path */
function takeAway(path) {
  setBeside(beside.filter((other) => other !== path));
  changed();
  byId("directory").focus();
}

function changed() {
  byId("directory").dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * Offers the folders of earlier sessions where one is typed.
 *
 * @param {{ parameters: { directories: string[] } }[]} sessions newest first
 */
export function offerRecent(sessions) {
  const paths = new Set(sessions.flatMap(({ parameters }) => parameters.directories));
  byId("recent-directories").replaceChildren(
    ...[...paths].slice(0, MOST_RECENT).map((path) => make("option", { value: path })),
  );
}

export function prepareSeveral() {
  byId("add-directory").addEventListener("click", addAnother);
}
