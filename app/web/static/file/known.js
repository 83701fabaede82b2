// What the library knows of one file, in the dialog of the file: its values with where each was read, how an AI image
// was made, keywords by source, and the tags as they were read.

import { libraryFileUrl } from "../lib/api.js";
import { byId, inside, make } from "../lib/dom.js";
import { pathButton } from "../shared/paths.js";
import { told } from "./things.js";
import { bytes, capital, count, duration, grouped, number, readable } from "../lib/words.js";

/** @typedef {[term: string, value: HTMLElement | string | null, field?: string]} Line */
/** @import { Child, Keyword, LibraryFile, Thing, Verdict, Written } from "../lib/types.d.ts" */

/** @type {Record<string, string>} */
const SOURCE = {
  exif: "EXIF",
  xmp: "XMP",
  iptc: "IPTC",
  png: "PNG text",
  sidecar: "sidecar",
  takeout: "Google Takeout",
  json: "JSON beside it",
  txt: "text beside it",
  name: "its name",
  video: "container",
  prompt: "prompt",
  negative_prompt: "negative prompt",
  model: "model",
  person: "you",
  scores: "scores file",
};
/** @param {string} source */
const sourceLabel = (source) => SOURCE[source] ?? source.replaceAll("_", " ");

/** @type {Record<Verdict, string>} */
const VERDICT = { parsed: "Understood", partly: "Partly understood", raw_only: "Kept as it is" };
const SETTINGS = [
  "model",
  "model_hash",
  "size",
  "steps",
  "sampler",
  "scheduler",
  "cfg",
  "seed",
  "denoise",
  "clip_skip",
  "vae",
];
/** @type {Record<string, string>} */
const SETTING = { cfg: "CFG", vae: "VAE", loras: "LoRAs" };
/** What the stages look for that have a model. */
const LOOKED_FOR = { detect: "Objects were", barcodes: "Barcodes were" };
const REGIONS = 200; // that are listed; the JSON has the rest
const LONG = 400; // characters of a raw value that are shown; the JSON has the rest

/**
 * Shows all sections for a file of the library; none without one.
 *
 * @param {LibraryFile | null} known
 */
export function showKnown(known) {
  const said = known ? values(known) : [];
  show("known-values", ".values", said);
  byId("known-nothing").hidden = said.length > 0 || Boolean(known?.generator);
  show("known-made", ".made", known?.generator ? made(known) : []);
  show("known-keywords", ".values", known ? keywords(known) : []);
  show("known-regions", ".lines", known ? regions(known) : []);
  show("known-raw", ".raw", known ? raw(known) : []);
  // To be edited, and the JSON: also where it says nothing.
  byId("known-values").hidden = byId("known-raw").hidden = !known;
  if (!known) return;
  const verdict = inside(byId("known-made"), ".verdict");
  verdict.textContent = known.prompt_verdict ? VERDICT[known.prompt_verdict] : "";
  verdict.dataset.verdict = known.prompt_verdict ?? "";
  const details = inside(byId("known-raw"), "details");
  details.removeAttribute("open");
  details.hidden = !Object.keys(known.raw ?? {}).length;
  byId("known-json").href = libraryFileUrl(known.path);
}

/** @type {(id: `known-${"values" | "made" | "keywords" | "regions" | "raw"}`, place: string, elements: HTMLElement[]) => void} */
function show(id, place, elements) {
  byId(id).hidden = !elements.length;
  inside(byId(id), place).replaceChildren(...elements);
}

/**
 * A line: what it is called, its value, and where it was read.
 *
 * @type {(term: string, value: Child | Child[], source?: string, field?: string) => HTMLElement}
 */
const line = (term, value, source, field) =>
  make(
    "div",
    { "data-field": field },
    make("dt", {}, term),
    make("dd", {}, value, source ? make("small", { class: "source" }, sourceLabel(source)) : null),
  );

/**
 * Lines that show more than the value of their field, or not as it is.
 *
 * @type {Record<string, (known: LibraryFile) => HTMLElement | string | null>}
 */
const TOGETHER = {
  taken_at: taken,
  camera_model: (known) => together(known.camera_make, known.camera_model),
  exposure_seconds: exposure,
  focal_length_mm: focal,
  latitude: place,
  duration_seconds: (known) => known.duration_seconds === null ? "" : duration(known.duration_seconds),
  video_codec: video,
  embedded_video_bytes: (known) =>
    known.embedded_video_bytes ? `with a video of ${bytes(known.embedded_video_bytes)}` : "",
};

/**
 * The fields that have a line, in their order, as the server declares them.
 *
 * @returns {{ name: string; label: string; unit: string }[]}
 */
const declared = () => JSON.parse(inside(byId("known-values"), ".values").dataset.fields ?? "[]");

/**
 * The line of a field; one that is not put together shows its value as it is, a number with its unit.
 *
 * @type {(known: LibraryFile, field: { name: string; label: string; unit: string }) => Line}
 */
function lineOf(known, { name, label, unit }) {
  if (TOGETHER[name]) return [label, TOGETHER[name](known), name];
  const value = Object.entries(known).find(([key]) => key === name)?.[1] ?? null;
  return [label, typeof value === "number" ? [rounded(value), unit].filter(Boolean).join(" ") : value, name];
}

/** @param {LibraryFile} known */
function values(known) {
  /** @type {Line[]} */
  const lines = [
    ...declared().map((field) => lineOf(known, field)),
    ["Live Photo", known.pair && pathButton(known.pair.path)],
    ["Score", stars(known.score), "score"],
    ["NSFW", nsfw(known), known.sources.is_nsfw ? "is_nsfw" : "nsfw_probability"],
  ];
  return lines.flatMap(([term, value, field = ""]) => {
    const source = known.sources[field];
    if (!value && source !== "person") return [];
    const shown = typeof value === "string" ? readable(value, { lines: true }) : value;
    return [line(term, shown ?? make("span", { class: "quiet" }, "none"), source, field || undefined)];
  });
}

/** A person's word, and the probability. @param {LibraryFile} known */
function nsfw({ is_nsfw: detected, nsfw_probability: probability, sources }) {
  const modelled = probability === null ? "" : probability.toFixed(2);
  if (!sources.is_nsfw) return modelled;
  return `${detected ? "yes" : "no"}${modelled && `, ${modelled} by the model`}`;
}

/** "2008-10-22 16:28:39 +02:00": the camera's own clock, never turned into the reader's zone.
 *
 * @param {LibraryFile} known
 */
function taken({ taken_at: at, taken_at_rule: rule }) {
  if (!at) return "";
  const [, date, time = "", zone = ""] = /^([^T]*)(?:T([\d:.]*))?(.*)$/.exec(at) ?? [];
  return make(
    "time",
    { datetime: at, title: rule ?? "" },
    [
      date,
      time.replace(/\.?0*$/, (end) => (time.includes(".") ? "" : end)),
      zone === "Z" || zone === "+00:00" ? "UTC" : zone,
    ].filter(Boolean).join(" "),
  );
}

/**
 * Makes are often repeated in the model.
 *
 * @type {(maker: string | null, model: string | null) => string}
 */
function together(maker, model) {
  const repeated = !maker || !model || model.toLowerCase().startsWith(maker.toLowerCase());
  return repeated ? model ?? maker ?? "" : `${maker} ${model}`;
}

/** @param {LibraryFile} known */
function exposure({ exposure_seconds: seconds, f_number: aperture, iso }) {
  const time = seconds && (seconds < 0.4 ? `1/${number(Math.round(1 / seconds))} s` : `${rounded(seconds)} s`);
  return [time, aperture && `f/${rounded(aperture)}`, iso && `ISO ${iso}`].filter(Boolean).join(" · ");
}

/** @param {Written} value */
const rounded = (value, digits = 2) => (typeof value === "string" ? value : String(Number(value.toFixed(digits))));

/** @param {LibraryFile} known */
function focal({ focal_length_mm: own, focal_length_35mm: full }) {
  const compared = full ? `${rounded(full)} mm in 35 mm` : "";
  if (!own) return compared;
  return `${rounded(own)} mm${compared ? ` (${compared})` : ""}`;
}

/** @param {LibraryFile} known */
function place({ latitude, longitude, altitude_m: altitude }) {
  const point = latitude === null || longitude === null
    ? ""
    : `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? "S" : "N"}, ${Math.abs(longitude).toFixed(5)}° ${
      longitude < 0 ? "W" : "E"
    }`;
  return [point, altitude === null ? "" : `${number(Math.round(altitude))} m`].filter(Boolean).join(" · ");
}

/** @param {LibraryFile} known */
function video({ frame_rate: rate, video_codec: codec, audio_codec: audio }) {
  return [codec, rate && `${rounded(rate)} frames/s`, audio && `sound: ${audio}`].filter(Boolean).join(" · ");
}

/**
 * A score as stars and as a word: what is rejected has none.
 *
 * @param {number | null} score
 */
function stars(score) {
  if (score === null) return "";
  if (score < 0) return "Rejected";
  return make(
    "span",
    { class: "stars", role: "img", "aria-label": `${score} of 5` },
    "★".repeat(score),
    make("span", { class: "quiet" }, "★".repeat(5 - score)),
  );
}

/** @param {LibraryFile} known */
function made({ generator, prompt, negative_prompt: negative, generation }) {
  const { loras = [], ...settings } = generation ?? {};
  const names = [
    ...SETTINGS.filter((name) => name in settings),
    ...Object.keys(settings).filter((name) => !SETTINGS.includes(name)),
  ];
  return [
    ...words("Prompt", prompt),
    ...words("Negative prompt", negative, "negative"),
    make(
      "dl",
      { class: "values" },
      line("Generator", readable(generator)),
      names.map((name) =>
        line(
          (Object.hasOwn(SETTING, name) && SETTING[name]) || capital(name.replaceAll("_", " ")),
          readable(setting(settings[name])),
        )
      ),
      loras.length
        ? line(
          "LoRAs",
          loras.map(({ name, weight }) => make("span", { class: "word" }, readable(name), weighed(weight))),
        )
        : null,
    ),
  ];
}

/** @type {(label: string, text: string | null, kind?: string) => HTMLElement[]} */
function words(label, text, kind = "") {
  if (!text) return [];
  return [make("h4", {}, label), make("p", { class: `prompt ${kind}` }, readable(text, { lines: true }))];
}

/** @param {unknown} value */
function setting(value) {
  if (Array.isArray(value)) return value.join(", ");
  if (value && typeof value === "object") {
    return "width" in value && "height" in value ? `${value.width} × ${value.height}` : JSON.stringify(value);
  }
  return typeof value === "number" ? rounded(value, 6) : String(value);
}

/**
 * Its emphasis, where there is one: "×1.3".
 *
 * @param {Written | null} [weight]
 */
function weighed(weight) {
  if (weight === null || weight === undefined || weight === 1) return null;
  return make("small", { class: "quiet" }, ` ×${rounded(weight)}`);
}

/** @param {LibraryFile} known */
function keywords({ keywords: found }) {
  return [...grouped(found ?? [], ({ source }) => source)].map(([source, those]) =>
    line(capital(sourceLabel(source)), make("ul", { class: `words from-${source}` }, those.map(word)))
  );
}

/** @param {Keyword} keyword */
const word = ({ text, weight }) => make("li", { class: "word" }, readable(text), weighed(weight));

/** What is in the picture, and which models looked for more. @param {LibraryFile} known */
function regions({ things, stages }) {
  const rest = things.length - REGIONS;
  return [
    ...things.slice(0, REGIONS).map(region),
    ...(rest > 0 ? [make("li", { class: "quiet" }, `and ${count(rest, "other")}`)] : []),
    ...Object.entries(LOOKED_FOR).flatMap(([stage, what]) => looked(what, stages[stage])),
  ];
}

/** @type {(what: string, mark?: { status: string; model?: string }) => HTMLElement[]} */
const looked = (what, mark) =>
  mark?.status === "done" && mark.model
    ? [make("li", { class: "quiet" }, `${what} looked for by `, make("span", { class: "path" }, readable(mark.model)))]
    : [];

/** @param {Thing} thing */
const region = (thing) =>
  make("li", {}, readable(thing.label), make("small", { class: "quiet" }, `${thing.kind}, ${told(thing)}`));

/** @param {LibraryFile} known */
function raw({ raw: parts }) {
  return Object.entries(parts ?? {}).flatMap(([part, tags]) => [
    make("h4", {}, part === "dropped" ? "Left out: more than 64 KB" : capital(sourceLabel(part))),
    make(
      "dl",
      { class: "values" },
      Object.entries(tags).sort().map(([name, value]) =>
        line(readable(name), clipped(part === "dropped" ? `${number(Number(value))} bytes` : value))
      ),
    ),
  ]);
}

/** @param {unknown} value */
function clipped(value) {
  const text = readable(
    typeof value === "string" ? value : Array.isArray(value) ? value.join(", ") : JSON.stringify(value),
  );
  return text.length > LONG ? `${text.slice(0, LONG)}… (${number(text.length)} characters)` : text;
}
