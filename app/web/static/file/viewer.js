// What is seen of a file on its page: its picture as it is or by a preview, or the video; veiled where it may be NSFW.

import { thumbnailUrl } from "../lib/api.js";
import { byId, inside, setMessage, setText } from "../lib/dom.js";
import { veil } from "../shared/veil.js";
import { fileName, number, readable } from "../lib/words.js";
import { originalUrl, previewUrl } from "./requests.js";

/** @import { LibraryFile } from "../lib/types.d.ts" */
/** @typedef {"original" | "preview" | "thumbnail"} Shown */

const URL_OF = { original: originalUrl, preview: previewUrl, thumbnail: thumbnailUrl };

/** @type {LibraryFile | null} */
let file = null;
/** @type {Shown[]} what may be shown in place of the picture that is on show */
let left = [];
/** @type {Shown} */
let shown = "original";

/** @returns {Set<string>} the formats that browsers show */
const inBrowser = () => new Set((byId("viewer").dataset.shown ?? "").split(" "));

/**
 * What may show a file, best first.
 *
 * @type {(known: LibraryFile) => Shown[]}
 */
function ways(known) {
  /** @type {Shown[]} */
  const small = known.phash ? ["thumbnail"] : [];
  if (known.missing_at) return small;
  const turned = (known.orientation ?? 1) > 1 && known.format !== "jpeg"; // no browser turns every other format upright
  const itself = known.kind === "image" && inBrowser().has(known.format) && !turned;
  const made = known.phash || (known.kind === "image" && !("thumbnail" in known.stages));
  return [
    ...(itself ? /** @type {const} */ (["original"]) : []),
    ...(made ? /** @type {const} */ (["preview"]) : []),
    ...small,
  ];
}

/** Shows a file; null for one that the library does not know any more. @param {LibraryFile | null} known */
export function view(known) {
  const [picture, video] = [byId("viewer-picture"), byId("viewer-video")];
  file = known;
  picture.hidden = true;
  picture.removeAttribute("src");
  video.hidden = true;
  video.pause();
  video.removeAttribute("src");
  video.removeAttribute("poster");
  video.load();
  setMessage(byId("viewer-message"), "");
  byId("viewer-original").hidden = !known || Boolean(known.missing_at);
  veilAnew();
  if (!known) return;
  byId("viewer-original").href = originalUrl(known.path);
  byId("viewer-original").download = fileName(known.path);
  picture.alt = known.caption ?? known.title ?? readable(fileName(known.path));
  video.ariaLabel = readable(fileName(known.path));
  left = ways(known);
  if (known.kind === "video" && !known.missing_at) play(known);
  else showNext("");
}

/** @param {LibraryFile} known */
function play(known) {
  if (!inBrowser().has(known.format)) {
    cannotPlay();
    return;
  }
  const video = byId("viewer-video");
  if (left.includes("preview")) video.poster = previewUrl(known.path);
  video.src = originalUrl(known.path);
  video.hidden = false;
}

function cannotPlay() {
  if (!file) return;
  const [video, of] = [
    byId("viewer-video"),
    [file.video_codec, file.format.toUpperCase()].filter(Boolean).join(" in "),
  ];
  video.hidden = true;
  video.removeAttribute("src");
  showNext(`This browser cannot play ${of}${left.length ? ": this is a picture of it" : ""}.`);
}

/** Shows it in the next best way. @param {string} message */
function showNext(message) {
  const way = left.shift();
  const picture = byId("viewer-picture");
  if (!file || !way) {
    picture.hidden = true;
    picture.removeAttribute("src");
    setMessage(byId("viewer-message"), message || why());
    return;
  }
  shown = way;
  picture.dataset.said = message;
  picture.src = URL_OF[way](file.path);
  picture.hidden = false;
}

/** Why nothing is shown. */
function why() {
  if (!file) return "The library does not have this file any more.";
  return file.missing_at ? "Its file is gone from disk." : "There is no picture of it that can be shown.";
}

/** What stands below the picture: what it is, where it is not the file itself. */
function tellWhat() {
  const picture = byId("viewer-picture");
  if (!file || picture.hidden) return;
  const { width, height } = file;
  const [own, was] = [[picture.naturalWidth, picture.naturalHeight], [width, height]]
    .map(([across, down]) => `${number(across ?? 0)} × ${number(down ?? 0)}`);
  const smaller = width && picture.naturalWidth < width ? `, of ${was}` : "";
  const what = {
    original: "",
    preview: `A preview of ${own} px${smaller}.`,
    thumbnail: `${
      file.missing_at ? "Its file is gone from disk" : "It cannot be shown as it is"
    }; this is its thumbnail.`,
  }[shown];
  setMessage(byId("viewer-message"), picture.dataset.said || (file.kind === "video" ? "" : what));
}

/** A person said whether the file that is shown is NSFW: it is veiled anew if that changed. @param {LibraryFile} known */
export function judgeVeil(known) {
  if (!file || file.path !== known.path || file.is_nsfw === known.is_nsfw) return;
  file = known;
  veilAnew();
}

/** Veils the file as it is set now, whatever was shown before. */
export function veilAnew() {
  cover(file !== null && file.is_nsfw !== false && veil() !== "show");
}

/** @param {boolean} on */
function cover(on) {
  byId("viewer-veil").hidden = !on;
  byId("viewer-video").inert = on;
  if (!on || !file) return;
  const probability = file.nsfw_probability;
  const known = file.sources.is_nsfw
    ? "You said that this is NSFW."
    : file.is_nsfw === null
    ? "Nobody has checked whether this is NSFW."
    : `This counts as NSFW${probability === null ? "" : ` (${probability.toFixed(2)})`}.`;
  setText(inside(byId("viewer-veil"), "p"), known);
}

/** @param {() => void} redraw called where another picture is on show, or none */
export function prepareViewer(redraw) {
  const [picture, video] = [byId("viewer-picture"), byId("viewer-video")];
  picture.addEventListener("load", tellWhat);
  picture.addEventListener("error", () => {
    if (picture.hasAttribute("src")) showNext(picture.dataset.said ?? "");
    redraw();
  });
  video.addEventListener("error", () => {
    if (video.hasAttribute("src")) cannotPlay();
  });
  video.addEventListener("loadedmetadata", () => {
    if (!video.videoWidth && file?.width) cannotPlay(); // only its sound is understood
  });
  inside(byId("viewer-veil"), "button").addEventListener("click", () => {
    cover(false);
    redraw();
    (video.hidden ? byId("viewer-stage") : video).focus();
  });
}
