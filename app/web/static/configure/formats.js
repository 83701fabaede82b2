// The formats that are in the folders, as toggles: what is chosen becomes the pattern.

import { byId, make, spoken } from "../lib/dom.js";
import { bytes, number } from "../lib/words.js";
import { setPattern } from "./pattern.js";

/** @import { FilesOfFormat, Plan } from "../lib/types.d.ts" */

const ALL = "*";
let formatsShown = "";

/**
 * The pattern that chooses these formats out of those that are there.
 *
 * @type {(formats: Record<string, FilesOfFormat>, chosen: string[]) => string}
 */
export function patternOf(formats, chosen) {
  if (chosen.length === Object.keys(formats).length) return ALL;
  return chosen.flatMap((name) => formats[name]?.pattern ?? []).join("|");
}

/**
 * The formats that a pattern chooses whole; null where it does something else.
 *
 * @type {(formats: Record<string, FilesOfFormat>, pattern: string) => string[] | null}
 */
export function chosenBy(formats, pattern) {
  const names = Object.keys(formats);
  if (!pattern || pattern === ALL) return names;
  const globs = new Set(pattern.toLowerCase().split("|"));
  const chosen = names.filter((name) => formats[name]?.pattern.split("|").every((glob) => globs.has(glob)));
  const used = new Set(chosen.flatMap((name) => formats[name]?.pattern.split("|") ?? []));
  return [...globs].every((glob) => used.has(glob)) ? chosen : null;
}

/**
 * The toggles of a plan's formats: the last one that is chosen cannot be taken away, for nothing would be left.
 *
 * @param {Plan} plan
 */
export function showFormats({ formats }) {
  const pattern = byId("pattern").value.trim();
  const key = JSON.stringify([formats, pattern]);
  if (key === formatsShown) return;
  formatsShown = key;
  const chosen = chosenBy(formats, pattern);
  byId("formats").hidden = Object.keys(formats).length < 2;
  byId("formats-note").hidden = chosen !== null;
  const focused = document.activeElement?.getAttribute("data-format");
  byId("formats-list").replaceChildren(
    ...Object.entries(formats).map(([name, found]) => toggle(name, found, formats, chosen ?? [])),
  );
  if (!focused) return;
  /** @type {HTMLElement | null} */
  const again = byId("formats-list").querySelector(`[data-format="${CSS.escape(focused)}"]`);
  again?.focus();
}

/** @type {(name: string, found: FilesOfFormat, formats: Record<string, FilesOfFormat>, chosen: string[]) => HTMLElement} */
function toggle(name, found, formats, chosen) {
  const pressed = chosen.includes(name);
  const others = pressed ? chosen.filter((other) => other !== name) : [...chosen, name];
  const choose = () => setPattern(patternOf(formats, Object.keys(formats).filter((each) => others.includes(each))));
  return make(
    "li",
    {},
    make(
      "button",
      {
        type: "button",
        class: "chip format",
        "data-format": name,
        "aria-pressed": String(pressed),
        disabled: pressed && chosen.length === 1,
        title: bytes(found.bytes),
        onclick: choose,
      },
      make("strong", {}, number(found.files)),
      ` ${name.toUpperCase()}`,
      spoken(`, ${bytes(found.bytes)}`),
    ),
  );
}
