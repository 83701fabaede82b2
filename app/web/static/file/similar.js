// The files that look like the one that is shown, as small pictures that lead to them.

import { byId, inside, make } from "../lib/dom.js";
import { fileName, readable } from "../lib/words.js";
import { mark } from "../shared/veil.js";
import { thumbnailUrl } from "../lib/api.js";
import { similar } from "./requests.js";

/** @import { SimilarFile } from "../lib/types.d.ts" */

const SHOWN = 12;

let wanted = ""; // an answer for a file that was shown before comes too late

/** @param {string} path */
export async function showSimilar(path) {
  wanted = path;
  byId("similar").hidden = true;
  const found = await similar(path, SHOWN).catch(() => null); // a file without a row looks like nothing
  if (wanted !== path) return;
  const files = (found?.files ?? []).filter((file) => file.has_thumbnail);
  byId("similar").hidden = !files.length;
  inside(byId("similar"), "ul").replaceChildren(...files.map(item));
}

/** @param {SimilarFile} file */
function item({ path, distance, is_nsfw: nsfw }) {
  const image = make("img", { src: thumbnailUrl(path), alt: "", loading: "lazy", decoding: "async" });
  const how = distance ? `${distance} of 64 bits differ` : "looks the same";
  const link = make(
    "a",
    { href: `/file?${new URLSearchParams({ path })}`, title: `${readable(path)}: ${how}` },
    make("span", { class: "similar-picture" }, image),
    readable(fileName(path)),
  );
  mark(link, nsfw);
  return make("li", {}, link);
}
