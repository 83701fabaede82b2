// The card of each stage: how it stands, its numbers, and its last events, each of which opens what the server sent.

import { around, byId, inside, make, rich, setText } from "../lib/dom.js";
import { clearLines, linesOf, takeRow } from "./log.js";
import { isGone, unheard } from "../lib/presence.js";
import { cardsOf, stageLabel } from "./stages.js";
import { capital, clock, count, hasEnded, number } from "../lib/words.js";

/** @import { Line } from "./log.js" */
/** @import { Card, Frame, Session } from "../lib/types.d.ts" */

const DRAW_EVERY_MS = 1_000; // nobody reads faster, and a fast run has hundreds of files a second
const DRAW_SOON_MS = 50;
const WIDE = "(min-width: 40rem)"; // there the events are open from the start

/** @type {Map<string, HTMLElement>} by stage */
const cards = new Map();
/** @type {WeakMap<Element, { name: string, line: Line }>} what a row of a card opens */
const behind = new WeakMap();
/** @type {number | undefined} */
let drawing; // the timer until the events are drawn
let drawnAt = 0; // in ms
let pressed = false; // a press has to be let go on the line where it began, or no click comes of it
let releasing = 0; // the timer until the press is over
let sessionId = "";

/** @param {Session} status */
export function showStages(status) {
  sessionId = status.session_id;
  byId(hasEnded(status) ? "complete-stages" : "process-stages").append(byId("stages"));
  byId("stages").hidden = hasEnded(status) && !status.total_files; // there was nothing for them to do
  for (const known of cardsOf(status)) {
    /** @type {Card} */
    const card = isGone() && known.state === "processing" ? { ...known, state: "waiting", word: "no answer" } : known;
    let element = cards.get(card.name);
    if (!element) {
      element = build(card.name);
      byId("stages-list").insertBefore(element, cards.get("commit") ?? null);
      cards.set(card.name, element);
    }
    draw(element, card);
  }
}

/** @param {string} name */
function build(name) {
  const commits = name === "commit";
  return make(
    "li",
    { class: "stage-card", "data-stage": name },
    make(
      "header",
      {},
      make("h4", { id: `stage-${name}` }, stageLabel(name)),
      make("span", { class: "word" }),
    ),
    make("p", { class: "n" }, make("strong", {}, "0"), make("span", {}, "")),
    make("progress", { max: 1, value: 0, "aria-labelledby": `stage-${name}` }),
    make(
      "dl",
      {},
      make("div", {}, make("dt", {}, "Failed"), make("dd", { class: "failed" }, failedButton(name))),
      make("div", {}, make("dt", {}, commits ? "Unchanged" : "Skipped"), make("dd", { class: "skipped" })),
      make("div", {}, make("dt", {}, commits ? "Vanished" : "Not reached"), make("dd", { class: "not-reached" })),
      make("div", {}, make("dt", {}, "Mean"), make("dd", { class: "ms" })),
    ),
    make("p", { class: "why", hidden: true }),
    make(
      "details",
      { open: matchMedia(WIDE).matches, ontoggle: drawEvents },
      make("summary", {}, commits ? "Last files" : "Last events"),
      make("ul", { class: "stage-lines", "aria-labelledby": `stage-${name}` }),
    ),
  );
}

/** @param {string} name */
const failedButton = (name) =>
  make("button", {
    type: "button",
    class: "figure",
    disabled: true,
    "data-list": `failed_in_${name}`,
    onclick: () => {
      const [id, failed] = [sessionId, cardFailed(name)];
      import("../shared/counted.js").then(({ openCounted, openFailedIn }) => {
        if (name === "commit") openCounted(id, "failed", failed);
        else openFailedIn(id, name, `${count(failed, "file")} failed: ${stageLabel(name)}`);
      }, unheard);
    },
  }, "0");

/** @param {string} name */
const cardFailed = (name) => Number(cards.get(name)?.dataset.failed ?? 0);

/** @type {(element: HTMLElement, card: Card) => void} */
function draw(element, { name, state, word, why, total, done, failed, skipped, notReached, pending, ms }) {
  element.dataset.state = state;
  element.dataset.failed = String(failed);
  setText(inside(element, ".word"), state === "complete" && failed ? `${word}, ${number(failed)} failed` : word);
  setText(inside(element, ".n strong"), number(done));
  setText(inside(element, ".n span"), ` / ${number(total)}`);
  const bar = /** @type {HTMLProgressElement} */ (inside(element, "progress"));
  bar.value = total ? (total - pending) / total : 0;
  const button = /** @type {HTMLButtonElement} */ (inside(element, ".failed button"));
  setText(button, number(failed));
  button.disabled = !failed;
  button.setAttribute("aria-label", `${count(failed, "file")} failed: ${stageLabel(name)}`);
  inside(element, ".failed").classList.toggle("bad", failed > 0);
  setText(inside(element, ".skipped"), number(skipped));
  setText(inside(element, ".not-reached"), number(notReached));
  setText(inside(element, ".ms"), ms === null ? "–" : `${ms < 10 ? ms.toFixed(1) : number(Math.round(ms))} ms`);
  const said = inside(element, ".why");
  if (said.dataset.said === why) return;
  said.dataset.said = why;
  said.hidden = !why;
  said.title = why;
  said.replaceChildren(...rich(capital(reason(why))));
}

/**
 * The first sentence of why a stage cannot run, without saying again that it cannot: what helps stands on Configure.
 *
 * @param {string} why
 */
const reason = (why) => why.replace(/^[^:]* is unavailable: /, "").split(/(?<=\.) /)[0] ?? "";

/**
 * Takes a frame of the stream that is a row of the log; it is drawn a little later, with those that come meanwhile.
 *
 * @param {Frame} frame
 */
export function takeEvent(frame) {
  takeRow(frame);
  drawing ??= setTimeout(drawEvents, Math.max(drawnAt + DRAW_EVERY_MS - Date.now(), DRAW_SOON_MS));
}

/** Forgets the events of the session before. */
export function clearEvents() {
  clearLines();
  drawEvents();
}

/** Draws what is new in each list that is open, unless a person is in it. */
function drawEvents() {
  clearTimeout(drawing);
  drawing = undefined;
  drawnAt = Date.now();
  for (const [name, card] of cards) {
    const list = inside(card, ".stage-lines");
    const lines = linesOf(name);
    if (!inside(card, "details").hasAttribute("open")) continue;
    if (lines.length && (pressed || list.matches(":hover, :focus-within"))) {
      drawing ??= setTimeout(drawEvents, DRAW_EVERY_MS);
      continue;
    }
    const newest = Number(list.dataset.newest ?? 0);
    const fresh = lines.filter(({ id }) => id > newest);
    list.prepend(...fresh.map((line) => row(name, line)));
    while (list.children.length > lines.length) list.lastElementChild?.remove();
    list.dataset.newest = String(lines[0]?.id ?? newest);
  }
}

/** @type {(name: string, line: Line) => HTMLElement} */
function row(name, line) {
  const { tone, mark, text, ms, at } = line;
  const button = make(
    "button",
    { type: "button", class: `bare line ${tone}`, title: text },
    make("time", { datetime: at }, at ? clock(new Date(at)) : ""),
    make("span", { class: "glyph", "aria-hidden": "true" }, mark),
    make("span", { class: "visually-hidden" }, tone === "row" ? "" : `${tone}: `),
    make("bdi", { dir: "ltr" }, text),
    make("span", { class: "ms" }, ms === null ? "" : `${number(Math.round(ms))} ms`),
  );
  behind.set(button, { name, line });
  return make("li", {}, button);
}

export function prepareCards() {
  byId("stages-list").addEventListener("pointerdown", () => {
    clearTimeout(releasing);
    pressed = true;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, () => {
      releasing = setTimeout(() => (pressed = false), DRAW_SOON_MS); // the click comes behind it
    });
  }
  byId("stages-list").addEventListener("click", (event) => {
    const button = around(event, ".line");
    const found = button && behind.get(button);
    if (found) import("./payload.js").then(({ openPayload }) => openPayload(found.name, found.line), unheard);
  });
}
