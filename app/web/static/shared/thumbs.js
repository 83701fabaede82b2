// The small picture of a file in a list. One that counts as NSFW is blurred until it is hovered or has the focus.

import { thumbnailUrl } from "../lib/api.js";
import { byId, make } from "../lib/dom.js";
import { saveBlur, savedBlur } from "../lib/storage.js";
import { fileName, readable } from "../lib/words.js";

/** @import { Listed } from "../lib/types.d.ts" */

let blurs = savedBlur();

/**
 * The thumbnail of a file of the library, which opens the file; a dot where there is none after all.
 *
 * @param {Pick<Listed, "path" | "is_nsfw">} file
 */
export function thumbnail({ path, is_nsfw: detected }) {
  const image = make("img", {
    class: "thumb",
    src: thumbnailUrl(path),
    alt: "",
    loading: "lazy",
    decoding: "async",
    width: 56,
    height: 56,
    "data-explain": path,
  });
  const shown = detected ? make("span", { class: "nsfw-thumb", "data-name": readable(fileName(path)) }, image) : image;
  image.addEventListener(
    "error",
    () => shown.replaceWith(make("span", { class: "thumb none", "aria-hidden": "true" }, "·")),
  );
  if (detected) veil(shown);
  return shown;
}

/**
 * Blurs it or not, as it is set; blurred, it can be reached with the keyboard and says what it is.
 *
 * @param {HTMLElement} element
 */
function veil(element) {
  const said = {
    tabindex: "0",
    role: "img",
    "aria-label": `${element.dataset.name}: blurred as NSFW, shown while focused`,
  };
  element.classList.toggle("veil", blurs);
  for (const [name, value] of Object.entries(said)) {
    if (blurs) element.setAttribute(name, value);
    else element.removeAttribute(name);
  }
}

export function prepareBlur() {
  byId("blur_nsfw").checked = blurs;
  byId("blur_nsfw").addEventListener("change", () => {
    blurs = byId("blur_nsfw").checked;
    saveBlur(blurs);
    /** @type {NodeListOf<HTMLElement>} */
    const pictures = document.querySelectorAll(".nsfw-thumb");
    pictures.forEach(veil);
  });
}
