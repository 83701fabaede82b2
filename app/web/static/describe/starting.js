// Descriptions in the form of the ingest page: who is to be asked what, for how much, and of which files. Only there where
// a vision model is set up.

import { addPart } from "../configure/form.js";
import { byId, inside, make, setMessage, setText } from "../lib/dom.js";
import { keep, read } from "../lib/storage.js";
import { readable } from "../lib/words.js";
import { searched } from "../page/address.js";

/** @import { DescribeRequest, Parameters } from "../lib/types.d.ts" */

/**
 * What the server offers.
 *
 * @typedef {{ name: string, title: string }} OfferedTemplate
 * @typedef {{ name: string, model: string, local: boolean, priced: boolean }} OfferedProvider
 * @typedef {{ templates: OfferedTemplate[], providers: OfferedProvider[] }} Offer
 */

const KEY = "media-ingest-describe";
const box = byId("describe-options");
const on = byId("describe");
/** @type {Offer} */
const offer = JSON.parse(box.dataset["offer"] ?? "{}");

/** @type {(id: string, label: string, field: HTMLElement, ...more: HTMLElement[]) => HTMLElement} */
const labelled = (id, label, field, ...more) => make("div", {}, make("label", { for: id }, label), field, ...more);
/** @type {(id: string, text: string, means: string) => [HTMLElement, HTMLInputElement]} */
function option(id, text, means) {
  const input = make("input", { id, type: "checkbox", role: "switch" });
  return [make("label", { class: "option", for: id }, input, make("span", {}, text, make("small", {}, means))), input];
}

const template = make(
  "select",
  { id: "describe-template" },
  offer.templates.map(({ name, title }) => make("option", { value: name, selected: name === "caption" }, title)),
);
const provider = make(
  "select",
  { id: "describe-provider" },
  offer.providers.map(({ name, local }) => make("option", { value: name }, local ? `${name}, on this machine` : name)),
);
const model = make("input", {
  id: "describe-model",
  type: "text",
  spellcheck: "false",
  autocapitalize: "off",
  maxlength: 200,
});
const budget = make("input", {
  id: "describe-budget",
  type: "text",
  inputmode: "decimal",
  placeholder: "no limit",
  "aria-describedby": "describe-budget-note describe-budget-error",
});
const budgetNote = make("small", { id: "describe-budget-note", class: "help" });
const budgetError = make("small", { id: "describe-budget-error", class: "field-error", hidden: true });
const error = make("small", { class: "field-error", role: "alert", hidden: true });
const [directBox, direct] = option(
  "describe-direct",
  "Commit directly",
  "Otherwise what is said waits for you as proposals",
);
const [nsfwBox, nsfw] = option(
  "describe-nsfw",
  "NSFW pictures, too",
  "Also sends what is or may be NSFW to another machine",
);
const [wordBox, word] = option("describe-docx", "Word files", "One of each picture, while the session runs");
const [jsonBox, json] = option("describe-json", "JSON files", "One of each picture, for programs");
const fields = make(
  "div",
  { class: "describe-fields" },
  make(
    "div",
    { class: "side-by-side" },
    labelled("describe-template", "Template", template),
    labelled("describe-provider", "Provider", provider),
    labelled("describe-model", "Model", model),
    labelled(
      "describe-budget",
      "Budget",
      make("div", { class: "with-unit" }, budget, make("span", {}, "USD")),
      budgetNote,
      budgetError,
    ),
  ),
  make("div", { class: "options" }, wordBox, jsonBox, directBox, nsfwBox),
  error,
);
box.append(fields);

/** @type {string | null} */
let q = searched(); // the search whose files it is about, null: folders

const asked = () => offer.providers.find(({ name }) => name === provider.value);

/** Shows what goes with what was chosen. */
function follow() {
  const whom = asked();
  fields.hidden = !on.checked;
  model.placeholder = whom?.model ?? "";
  nsfwBox.hidden = !whom || whom.local;
  const priced = Boolean(whom?.priced) || model.value.trim() !== "";
  setText(
    budgetNote,
    priced
      ? "Nothing is sent that could cost more. What was described before costs nothing."
      : "What this model costs at most is not known: no budget can be promised.",
  );
  const files = byId("directory").closest("fieldset");
  files?.classList.toggle("searching", q !== null);
  searching.hidden = q === null;
  setText(inside(searching, "code"), readable(q));
  inside(searching, "a").setAttribute("href", `/library?${new URLSearchParams({ q: q ?? "" })}`);
}

/**
 * The budget as a number; as it was typed where it is none, which the server refuses: it must not count as no limit.
 *
 * @returns {number | null}
 */
function typedBudget() {
  const typed = budget.value.trim().replace(/^\$\s*/, "");
  if (!typed) return null;
  return Number.isNaN(Number(typed)) ? /** @type {any} */ (typed) : Number(typed);
}

/** @returns {DescribeRequest} */
function requested() {
  /** @type {DescribeRequest["write"]} */
  const write = [];
  if (json.checked) write.push("json");
  if (word.checked) write.push("docx");
  return {
    template: template.value,
    provider: provider.value,
    model: model.value.trim() || null,
    budget_usd: typedBudget(),
    commit: direct.checked ? "direct" : "proposals",
    include_nsfw: nsfw.checked && !asked()?.local,
    write,
  };
}

/** @param {Partial<DescribeRequest> | null | undefined} request */
function fill(request) {
  on.checked = Boolean(request);
  if (request) {
    template.value = request.template ?? template.value;
    provider.value = request.provider ?? provider.value;
    model.value = request.model ?? "";
    budget.value = request.budget_usd === null || request.budget_usd === undefined ? "" : String(request.budget_usd);
    direct.checked = request.commit === "direct";
    nsfw.checked = Boolean(request.include_nsfw);
    json.checked = Boolean(request.write?.includes("json"));
    word.checked = Boolean(request.write?.includes("docx"));
  }
  follow();
}

const searching = make(
  "div",
  { class: "searched" },
  make("p", {}, "The files of the library that this search finds:"),
  make("p", {}, make("code")),
  make(
    "p",
    { class: "split" },
    make("a", {}, "Show them"),
    make("button", { type: "button", class: "quiet-button", onclick: chooseFolders }, "Choose folders instead"),
  ),
);
byId("presets").before(searching);

function chooseFolders() {
  q = null;
  history.replaceState(history.state, "", location.pathname);
  follow();
  byId("directory").dispatchEvent(new Event("input", { bubbles: true }));
  byId("directory").focus();
}

/** @returns {Partial<DescribeRequest> | null} */
function saved() {
  try {
    const kept = JSON.parse(read("sessionStorage", KEY) ?? "null");
    return kept instanceof Object ? kept : null;
  } catch {
    return null;
  }
}

addPart({
  read: () => ({ ...(q === null ? {} : { q, directories: [] }), ...(on.checked ? { describe: requested() } : {}) }),
  write: (/** @type {Partial<Parameters>} */ parameters) => {
    q = parameters.q ?? null;
    fill(parameters.describe);
  },
  refuse: (refused) => {
    const [part, name] = (refused?.field ?? "").split(".");
    const mine = part === "describe" || (part === "q" && q !== null);
    const ofBudget = mine &&
      (name === "budget_usd" || /** @type {{ cause?: string }} */ (refused)?.cause === "price_unknown");
    const sentence = mine ? refused?.message.replace(/^describe\.budget_usd/, "The budget") : "";
    setMessage(budgetError, ofBudget ? sentence : "");
    budgetNote.hidden = ofBudget;
    setMessage(error, ofBudget ? "" : sentence);
    budget.toggleAttribute("aria-invalid", ofBudget);
    if (ofBudget) budget.setAttribute("aria-invalid", "true");
    return mine;
  },
});
fill(saved() ?? (q === null ? null : {}));
if (q !== null && !on.checked) {
  on.checked = true;
  follow();
}
byId("parameters").addEventListener("input", () => {
  keep("sessionStorage", KEY, on.checked ? JSON.stringify(requested()) : null);
  follow();
});
if (on.checked || q !== null) on.dispatchEvent(new Event("input", { bubbles: true }));
