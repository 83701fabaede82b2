// What the descriptions of a session under way cost so far, and the way on where its budget is reached.

import { refusal, request } from "../lib/api.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { count, number } from "../lib/words.js";
import { booked, dress, spentInWords } from "./words.js";

/** @import { Session, Spending } from "../lib/types.d.ts" */

const SVG = "http://www.w3.org/2000/svg";
const NONE = { spent_usd: 0, reserved_usd: 0, budget_usd: null, requests: 0, answers: 0 };

let shownOf = ""; // the session

/** @type {(name: string, attributes: Record<string, string>) => Element} */
function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** @type {(term: string) => [HTMLElement, HTMLElement]} a figure, and where its value stands */
function figure(term) {
  const value = make("dd");
  return [make("div", {}, make("dt", {}, term), value), value];
}

const [spentBox, spent] = figure("Spent");
const [reservedBox, reserved] = figure("Reserved");
const [leftBox, left] = figure("Left");
const [answersBox, answers] = figure("Answers");
const bar = svg("svg", {
  viewBox: "0 0 100 4",
  preserveAspectRatio: "none",
  "aria-hidden": "true",
  class: "spent-bar",
});
const paid = svg("rect", { class: "paid", height: "4" });
const held = svg("rect", { class: "held", height: "4" });
bar.append(svg("rect", { width: "100", height: "4" }), paid, held);
const whom = make("p", { class: "quiet" });
const amount = make("input", {
  id: "budget",
  type: "text",
  inputmode: "decimal",
  autocomplete: "off",
  "aria-describedby": "budget-error",
});
const raise = make("button", { type: "submit", "data-acts": true }, "Raise the budget and go on");
const wrong = make("p", { id: "budget-error", class: "field-error", role: "alert", hidden: true });
const form = make(
  "form",
  { class: "raise", novalidate: true, onsubmit: goOn },
  make("label", { for: "budget" }, "New budget in USD"),
  make("div", { class: "raise-by" }, make("span", { "aria-hidden": "true" }, "$"), amount, raise),
  wrong,
);

/** Gives the session that is shown a larger budget, and lets it go on; the stream tells how it stands. @param {Event} event */
async function goOn(event) {
  event.preventDefault();
  if (raise.classList.contains("moving")) return;
  const typed = amount.value.trim().replace(/^\$/, "");
  raise.classList.add("moving");
  setMessage(wrong, "");
  try {
    const body = { session_id: shownOf, budget_usd: typed && !Number.isNaN(Number(typed)) ? Number(typed) : typed };
    await request("POST", "/api/ingest/resume", { body });
    byId("process-title").focus();
  } catch (error) {
    const { message, cause } = refusal(error);
    setMessage(wrong, message.replace(/^budget_usd/, "The budget"), cause);
    amount.focus();
  } finally {
    raise.classList.remove("moving");
  }
}

/** A budget that allows about as much again. @param {Spending} spending */
const larger = ({ budget_usd: budget, spent_usd: paidSoFar }) =>
  String(Number((2 * (budget ?? paidSoFar)).toPrecision(6)));

/** @param {Session} status */
export function showSpending(status) {
  const spending = status.describe ?? { ...NONE, budget_usd: status.parameters.describe?.budget_usd ?? null };
  const budget = spending.budget_usd;
  if (!bar.isConnected) {
    dress();
    byId("money").replaceChildren(
      make("h3", { id: "money-title" }, "Descriptions"),
      make("dl", { class: "spent-figures" }, answersBox, spentBox, reservedBox, leftBox),
      /** @type {HTMLElement} */ (/** @type {unknown} */ (bar)),
      whom,
      form,
    );
  }
  setText(answers, number(spending.answers));
  answers.title = `of ${count(spending.requests, "request")}`;
  setText(spent, spentInWords(spending));
  setText(reserved, booked(spending.reserved_usd));
  leftBox.hidden = budget === null;
  bar.toggleAttribute("hidden", !budget);
  if (budget !== null) {
    const rest = booked(Math.max(budget - spending.spent_usd - spending.reserved_usd, 0));
    left.replaceChildren(`${rest} `, make("small", {}, `of ${booked(budget)}`));
    const part = (/** @type {number} */ value) => Math.min((100 * value) / (budget || 1), 100);
    paid.setAttribute("width", String(part(spending.spent_usd)));
    held.setAttribute("x", String(part(spending.spent_usd)));
    held.setAttribute("width", String(part(spending.reserved_usd)));
  }
  setText(whom, whomInWords(status));
  const ended = status.status === "attention" && status.attention?.cause === "budget_reached";
  if (ended && (form.hidden || shownOf !== status.session_id)) {
    amount.value = larger(spending);
    setMessage(wrong, "");
  }
  form.hidden = !ended;
  byId("resume").classList.toggle("plain", ended); // it would stop again at once
  shownOf = status.session_id;
}

/** Who is asked, by what template, and what becomes of the answers. @param {Session} status */
function whomInWords({ parameters: { describe } }) {
  if (!describe) return "";
  const by = describe.model ? `${describe.model} (${describe.provider})` : `the provider ${describe.provider}`;
  const then = describe.commit === "direct" ? "written at once" : "proposed";
  return `Template ${describe.template}, asked of ${by}; what is said is ${then}.`;
}
