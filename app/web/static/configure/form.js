// The form of the parameters: reading it, keeping it over a refresh, showing what is wrong beside the field at fault.

import { byId, make, setMessage } from "../lib/dom.js";
import { savedForm, saveForm } from "../lib/storage.js";
import { besideNow, chosenDirectories, setBeside, setDirectories } from "./several.js";

/** @import { ApiError } from "../lib/api.js" */
/** @import { FormPart, Parameters, Request } from "../lib/types.d.ts" */

const SWITCHES = /** @type {const} */ ([
  "recursive",
  "enable_nsfw_detection",
  "extract_metadata",
  "extract_keywords",
  "import_scores",
  "generate_thumbnails",
  "read_barcodes",
  "detect_objects",
  "skip_existing",
]);
const NUMBERS = /** @type {const} */ (["nsfw_threshold", "min_mb", "max_mb", "max_files", "workers"]);
const MEGABYTE = 1_000_000;
const TYPED = /** @type {const} */ (["directory", "pattern", ...NUMBERS]); // each has a place for what is wrong with it

/**
 * What a person calls a parameter that the server calls by its name.
 *
 * @type {Record<string, string>}
 */
const NAMES = {
  directory: "The directory",
  directories: "The directory",
  pattern: "The pattern",
  nsfw_threshold: "The threshold",
  min_bytes: "The least size",
  max_bytes: "The largest size",
  max_files: "The number of files",
  workers: "The number of workers",
};

/**
 * The field of the form for a parameter that it names otherwise.
 *
 * @type {Record<string, string>}
 */
const FIELDS = { directories: "directory", min_bytes: "min_mb", max_bytes: "max_mb" };

let thresholdChosen = false; // by a person in this tab: the library's is not offered any more
/** @type {number | null} */
let offered = null; // the library's threshold, as far as this page knows

/** @type {FormPart | null} */
let later = null; // the part that only some servers have

/** @param {FormPart} part */
export function addPart(part) {
  later = part;
}

/** @param {typeof NUMBERS[number]} id */
const optionalNumber = (id) => {
  const input = byId(id);
  return input.value === "" ? null : Number(input.value);
};

/** @param {number | null} megabytes */
const inBytes = (megabytes) => (megabytes === null ? null : Math.round(megabytes * MEGABYTE));

/**
 * The parameters as the contract names them. An empty pattern is left to the server's default, and a threshold that
 * nobody chose to the library: it may have another by now, which a session must not set back.
 */
export function readParameters() {
  /** @type {Request} */
  const parameters = { directories: chosenDirectories() };
  const pattern = byId("pattern").value.trim();
  if (pattern) parameters.pattern = pattern;
  for (const name of SWITCHES) parameters[name] = byId(name).checked;
  const threshold = optionalNumber("nsfw_threshold");
  if (thresholdChosen && threshold !== null) parameters.nsfw_threshold = threshold;
  parameters.min_bytes = inBytes(optionalNumber("min_mb"));
  parameters.max_bytes = inBytes(optionalNumber("max_mb"));
  parameters.max_files = optionalNumber("max_files");
  parameters.workers = optionalNumber("workers");
  return { ...parameters, ...later?.read() };
}

/**
 * Fills the form with the parameters of a preset: what they leave out is as it was at first, folders stay as they are.
 *
 * @param {Partial<Parameters> & { directory?: string }} parameters
 */
export function writeParameters(parameters) {
  const { directory, directories = directory ? [directory] : [] } = parameters;
  /** @type {(id: typeof NUMBERS[number], value: number | null | undefined) => void} */
  const fill = (id, value) => {
    byId(id).value = value === null || value === undefined ? byId(id).defaultValue : String(value);
  };
  /** @param {number | null | undefined} bytes */
  const inMegabytes = (bytes) => (typeof bytes === "number" ? bytes / MEGABYTE : null);
  byId("pattern").value = parameters.pattern ?? byId("pattern").defaultValue;
  for (const name of SWITCHES) byId(name).checked = parameters[name] ?? byId(name).defaultChecked;
  fill("min_mb", inMegabytes(parameters.min_bytes));
  fill("max_mb", inMegabytes(parameters.max_bytes));
  fill("max_files", parameters.max_files);
  fill("workers", parameters.workers);
  thresholdChosen = typeof parameters.nsfw_threshold === "number";
  fill("nsfw_threshold", parameters.nsfw_threshold ?? offered);
  byId("nsfw_threshold_slider").value = byId("nsfw_threshold").value;
  later?.write(parameters);
  if (directories.length) setDirectories(directories);
  else byId("pattern").dispatchEvent(new Event("input", { bubbles: true }));
}

/** A number that is not one: the browser gives an empty value and says so here. Returns whether all is well. */
export function checkNumbers() {
  clearErrors();
  const bad = NUMBERS.filter((id) => byId(id).validity.badInput);
  for (const id of bad) fieldError(id, "This is not a number.");
  return bad.length === 0;
}

export function clearErrors() {
  for (const id of TYPED) {
    byId(id).removeAttribute("aria-invalid");
    setMessage(byId(`${id}-error`), "");
  }
  setMessage(byId("form-error"), "");
  later?.refuse(null);
}

/**
 * Shows a refusal beside the field that it names, else above the Start button.
 *
 * @param {ApiError} error
 */
export function showError(error) {
  clearErrors();
  const named = FIELDS[error.field ?? ""] ?? error.field;
  const field = TYPED.find((id) => id === named);
  const sentence = error.message.replace(/^\w+/, (word) => NAMES[word] ?? word);
  if (field) fieldError(field, sentence);
  else if (later?.refuse(error)) return;
  else if (["outside_roots", "no_such_directory", "not_a_directory"].includes(error.cause)) {
    fieldError("directory", sentence);
  } else setMessage(byId("form-error"), sentence, error.cause);
  if (error.cause === "outside_roots") {
    const command = `${byId("configure").dataset.command} serve --root NAME=/path/to/folder`;
    const settings = make("a", { href: "/settings" }, "settings");
    byId("directory-error").append(
      " Your own folder: add it in the ",
      settings,
      ", or run ",
      make("code", {}, command),
    );
  }
}

/** @type {(id: typeof TYPED[number], sentence: string) => void} */
function fieldError(id, sentence) {
  byId(id).setAttribute("aria-invalid", "true");
  setMessage(byId(`${id}-error`), sentence);
  const advanced = byId(id).closest("details");
  if (advanced) advanced.open = true;
}

/**
 * The library's threshold, unless a person has chosen one in this tab.
 *
 * @param {number | null} threshold
 */
export function offerThreshold(threshold) {
  offered = threshold;
  if (thresholdChosen || threshold === null) return;
  byId("nsfw_threshold").value = String(threshold);
  byId("nsfw_threshold_slider").value = String(threshold);
}

/** @param {string} edited the id of the field */
function keep(edited) {
  if (edited.startsWith("nsfw_threshold")) thresholdChosen = true;
  /** @type {Record<string, string | boolean>} */
  const values = {};
  for (const id of TYPED) if (thresholdChosen || id !== "nsfw_threshold") values[id] = byId(id).value;
  for (const id of SWITCHES) values[id] = byId(id).checked;
  saveForm({ ...values, beside: JSON.stringify(besideNow()) });
}

function restore() {
  const values = savedForm() ?? {};
  thresholdChosen = "nsfw_threshold" in values;
  for (const id of TYPED) if (id in values) byId(id).value = String(values[id]);
  for (const id of SWITCHES) if (id in values) byId(id).checked = Boolean(values[id]);
  setBeside(JSON.parse(String(values["beside"] ?? "[]")));
  const [root] = JSON.parse(byId("configure").dataset.roots ?? "[]"); // first comes what the command line names
  if (chosenDirectories().length === 0 && root) byId("directory").value = root;
  byId("nsfw_threshold_slider").value = byId("nsfw_threshold").value;
}

/**
 * The slider runs nothing, unless it mends a threshold that was refused; and a preset's name is no parameter.
 *
 * @param {string} id
 */
const changesPlan = (id) =>
  !id.startsWith("preset") &&
  (id !== "nsfw_threshold_slider" || byId("nsfw_threshold").hasAttribute("aria-invalid"));

/**
 * `onChange` after every edit that can change the plan; Enter in a field looks at once: a browser submits no form of
 * many fields and no button.
 *
 * @param {{ onChange: () => void, onEnter: () => void }} callbacks
 */
export function prepareForm({ onChange, onEnter }) {
  restore();
  const form = byId("parameters");
  byId("nsfw_threshold_slider").addEventListener("input", () => {
    byId("nsfw_threshold").value = byId("nsfw_threshold_slider").value;
  });
  byId("nsfw_threshold").addEventListener("input", () => {
    byId("nsfw_threshold_slider").value = byId("nsfw_threshold").value;
  });
  form.addEventListener("input", (event) => {
    const edited = event.target instanceof Element ? event.target.id : "";
    keep(edited);
    if (changesPlan(edited)) onChange();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    onEnter();
  });
}
