// The small picture of a file in a list, veiled where it may be NSFW.

import { thumbnailUrl } from "../lib/api.js";
import { make } from "../lib/dom.js";
import { markAlone } from "./veil.js";

/** @import { Listed } from "../lib/types.d.ts" */

/**
 * The thumbnail of a file of the library, which opens the file; a dot where there is none after all.
 *
 * @param {Pick<Listed, "path" | "is_nsfw">} file
 */
export function thumbnail(file) {
  const image = make("img", {
    class: "thumb",
    src: thumbnailUrl(file.path),
    alt: "",
    loading: "lazy",
    decoding: "async",
    width: 56,
    height: 56,
    "data-explain": file.path,
  });
  const shown = file.is_nsfw === false ? image : make("span", { class: "veiled-thumb" }, image);
  image.addEventListener(
    "error",
    () => shown.replaceWith(make("span", { class: "thumb none", "aria-hidden": "true" }, "·")),
  );
  markAlone(shown, file);
  return shown;
}
