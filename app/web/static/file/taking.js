// What can be taken from the page of a file: its path, prompt and seed by a click, its workflow, its place on a map.

import { byId, inside, make, setText } from "../lib/dom.js";
import { fileName, readable } from "../lib/words.js";
import { weighted } from "./prompt.js";

/** @import { LibraryFile } from "../lib/types.d.ts" */

const SAID_MS = 2_000;
let workflow = ""; // the address of what can be downloaded

/** Draws all of it for the file whose values have just been drawn. @param {LibraryFile | null} known */
export function offerToTake(known) {
  if (workflow) URL.revokeObjectURL(workflow);
  workflow = "";
  const offered = known ? [copyButton("path", known.path), ...madeFrom(known)] : [];
  byId("taking").replaceChildren(...offered);
  if (!known) return;
  const [prompt, negative] = document.querySelectorAll("#known-made .prompt");
  for (const [place, text] of /** @type {const} */ ([[prompt, known.prompt], [negative, known.negative_prompt]])) {
    if (place && text) place.replaceChildren(...emphasised(text));
  }
  const dd = document.querySelector('#known-values [data-field="latitude"] dd');
  if (dd && known.latitude !== null && known.longitude !== null) {
    dd.append(" ", mapLink(known.latitude, known.longitude));
  }
}

/** @param {LibraryFile} known @returns {(Node | string)[]} */
function madeFrom(known) {
  const { prompt, negative_prompt: negative, generation, raw } = known;
  const seed = generation?.seed;
  const texts = raw?.text ?? {};
  const drawn = [texts.workflow, texts.prompt].find((text) => typeof text === "string" && text.trim().startsWith("{"));
  const dropped = Object.keys(raw?.dropped ?? {}).some((name) => name === "text.workflow");
  return [
    prompt ? copyButton("prompt", prompt) : null,
    negative ? copyButton("negative prompt", negative) : null,
    seed === undefined || seed === null ? null : copyButton("seed", String(seed)),
    typeof drawn === "string" && known.generator === "ComfyUI" ? workflowLink(drawn, known.path) : null,
    dropped
      ? make("small", { class: "quiet" }, "Its drawn workflow is too large to be kept: it is in the file.")
      : null,
  ].filter((one) => one instanceof HTMLElement);
}

/** @type {(text: string, path: string) => HTMLElement} */
function workflowLink(text, path) {
  workflow = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const name = fileName(path).replace(/\.\w+$/, "");
  return make(
    "a",
    { href: workflow, download: `${name}.workflow.json`, role: "button", class: "take-button" },
    "Workflow",
  );
}

/** @type {(latitude: number, longitude: number) => HTMLElement} */
function mapLink(latitude, longitude) {
  const place = `mlat=${latitude}&mlon=${longitude}#map=15/${latitude}/${longitude}`;
  const href = `https://www.openstreetmap.org/?${place}`;
  return make("a", { href, rel: "noreferrer", target: "_blank", class: "map-link" }, "Map");
}

/** @param {string} text @returns {(Node | string)[]} */
function emphasised(text) {
  return weighted(text).map(({ text: piece, weight }) => {
    const said = readable(piece, { lines: true });
    const told = Math.round(weight * 100) / 100;
    return told === 1
      ? said
      : make("span", { class: `weight ${weight > 1 ? "more" : "less"}`, title: `×${told}` }, said);
  });
}

/** @type {(what: string, text: string) => HTMLElement} */
function copyButton(what, text) {
  return make("button", {
    type: "button",
    class: "plain take-button",
    onclick: async () => {
      const copied = await copy(text);
      setText(byId("taken"), copied ? `Copied the ${what}.` : `The browser does not let the ${what} be copied.`);
      setTimeout(() => setText(byId("taken"), ""), SAID_MS);
    },
  }, `Copy ${what}`);
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text); // only where the page came by HTTPS, or from this machine
    return true;
  } catch {
    return copyOldWay(text);
  }
}

/** @param {string} text */
function copyOldWay(text) {
  const before = document.activeElement;
  const field = make("textarea", { class: "visually-hidden", "aria-hidden": "true" });
  field.value = text;
  inside(document.documentElement, "main").append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
