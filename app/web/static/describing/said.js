// What a model said of a picture beside title, description and keywords: its other fields, who said it, and what it cost.

import { make } from "../lib/dom.js";
import { capital, readable } from "../lib/words.js";

/** @import { FileDescribed } from "../lib/types.d.ts" */

const JUDGED = new Set(["title", "description", "keywords"]);

/** What a field of a template says. @param {unknown} value @returns {string} */
const valueInWords = (value) =>
  Array.isArray(value)
    ? value.map(valueInWords).join(", ")
    : typeof value === "boolean"
    ? (value ? "yes" : "no")
    : typeof value === "object" && value !== null
    ? JSON.stringify(value)
    : String(value ?? "none");

const COST = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 4,
  maximumFractionDigits: 6,
});

/** What a request cost: "$0.0035", "$0.000354", "nothing", "cost unknown". @param {number | null} usd */
export const costInWords = (usd) => usd === null ? "cost unknown" : usd === 0 ? "nothing" : COST.format(usd);

/** Who said it, in a line. @param {NonNullable<FileDescribed["said"]>} said */
export const saidInWords = ({ template, provider, model, cost_usd: usd, at }) =>
  `${model} at ${provider}, template ${template}, ${at.slice(0, 10)}: ${costInWords(usd)}`;

/** The fields that nobody judges, and who said them; nothing where no request is known. @param {FileDescribed} file */
export function others({ said }) {
  if (!said) return [];
  const fields = Object.entries(said.output).filter(([name]) => !JUDGED.has(name));
  const lines = fields.map(([name, value]) =>
    make(
      "div",
      {},
      make("dt", {}, capital(readable(name.replaceAll("_", " ")))),
      make("dd", {}, make("bdi", {}, readable(valueInWords(value)))),
    )
  );
  return [
    ...(lines.length ? [make("dl", { class: "said-fields" }, ...lines)] : []),
    make("p", { class: "quiet said-by" }, readable(saidInWords(said))),
  ];
}
