// What descriptions cost and came to, in words.

import { byId, make } from "../lib/dom.js";
import { count, number } from "../lib/words.js";

/** @import { DescribeEstimate, DescribeRequest, Session } from "../lib/types.d.ts" */

const STYLE = "/static/css/describe.css";
const EXACT = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});
const BOOKED = new Intl.NumberFormat("en", { style: "currency", currency: "USD", minimumFractionDigits: 4 });
const TINY = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumSignificantDigits: 2 });

/** Loads the style of what is shown of descriptions, where the page came without it. */
export function dress() {
  if (!document.querySelector(`link[href="${STYLE}"]`)) {
    document.head.append(make("link", { rel: "stylesheet", href: STYLE }));
  }
}

/** "$5.00", "$0.0123", "$0.0000025". @param {number} amount */
export const usd = (amount) => (amount && amount < 0.0001 ? TINY : EXACT).format(amount);
/** What was paid, to four decimals. @param {number} amount */
export const booked = (amount) => (amount && amount < 0.0001 ? TINY : BOOKED).format(amount);

/**
 * What was spent so far: "$0.1200", "$0.1200 and 3 of unknown cost".
 *
 * @param {Session["describe"]} spending
 */
export function spentInWords(spending) {
  const { spent_usd: spent = 0, unpriced = 0 } = spending ?? {};
  if (!unpriced) return booked(spent);
  return spent ? `${booked(spent)} and ${number(unpriced)} of unknown cost` : "cost unknown";
}

/** "$0.49 to $1.20", "up to $1.20", "$0.49", "no cost". @param {{ low: number, high: number }} cost */
function costInWords({ low, high }) {
  if (!high) return "no cost";
  if (!low) return `up to ${usd(high)}`;
  return usd(low) === usd(high) ? usd(high) : `${usd(low)} to ${usd(high)}`;
}

/**
 * "1,234 descriptions, $0.49 to $1.20, at most $5.00; 12 pictures left out because they are or may be NSFW"
 *
 * @type {(estimate: DescribeEstimate, budget: number | null) => string}
 */
export function estimateInWords({ requests, usd: cost, left_out: left }, budget) {
  const parts = [
    count(requests, "description"),
    cost ? costInWords(cost) : "cost unknown",
    ...(budget === null ? [] : [`at most ${usd(budget)}`]),
  ];
  const which = left === 1 ? "because it is or may be NSFW" : "because they are or may be NSFW";
  return `${parts.join(", ")}${left ? `; ${count(left, "picture")} left out ${which}` : ""}.`;
}

/** @type {(element: HTMLElement, estimate: DescribeEstimate, request: DescribeRequest | null | undefined) => void} */
export function tellEstimate(element, estimate, request) {
  const budget = typeof request?.budget_usd === "number" ? request.budget_usd : null;
  const short = budget !== null && estimate.usd && estimate.usd.low > budget;
  element.replaceChildren(
    make("p", { class: "plan-hint estimate" }, estimateInWords(estimate, budget)),
    ...(short
      ? [
        make(
          "p",
          { class: "plan-hint" },
          "The budget ends before the pictures do: the session stops there, and can go on.",
        ),
      ]
      : []),
  );
}

/**
 * How many pictures were described, of how many that a model was to describe.
 *
 * @param {Session} status
 */
function described({ stages }) {
  const { total = 0, done = 0, skipped = 0 } = stages["describe"] ?? {};
  return { done, of: total - skipped };
}

const FILES = /** @type {const} */ ([["docx", "Word file"], ["json", "JSON file"]]);

/**
 * "25/25 described, 25 Word files in FOLDER, 25 runs recorded, $0.0100, session file PATH"
 *
 * @type {(status: Session, folder: string, file: string | null) => string}
 */
export function endInWords(status, folder, file) {
  const { done, of } = described(status);
  const written = FILES.filter(([format]) => status.parameters.describe?.write.includes(format))
    .map(([format, name]) => count(status.describe?.written?.[format] ?? done, name));
  return [
    `${number(done)}/${number(of)} described`,
    ...(written.length && folder ? [`${written.join(" and ")} in ${folder}/${status.session_id}`] : []),
    `${count(status.describe?.requests ?? 0, "run")} recorded`,
    spentInWords(status.describe),
    `session file ${file ?? ""}`,
  ].join(", ");
}

/**
 * What the end of a session says of its descriptions, and where they can be had as files.
 *
 * @type {(status: Session, file: string | null) => HTMLElement[]}
 */
export function descriptions(status, file) {
  if (!status.parameters.describe) return [];
  dress();
  const said = endInWords(status, byId("complete").dataset.outputs ?? "", file);
  const links = FILES.map(([format, name]) =>
    make(
      "a",
      {
        role: "button",
        class: "plain",
        download: "",
        href: `/api/ingest/sessions/${status.session_id}/outputs.zip?formats=${format}`,
      },
      `${name}s (zip)`,
    )
  );
  const runs = make("a", { role: "button", class: "plain", href: `/runs?session=${status.session_id}` }, "Runs");
  const offered = [...(described(status).done ? links : []), ...(status.describe?.requests ? [runs] : [])];
  return [
    make("p", { class: "described" }, `${said}.`),
    ...(offered.length ? [make("div", { class: "actions" }, ...offered)] : []),
  ];
}
