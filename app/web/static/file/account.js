// What became of a file, and what the library knows of it: fetched and drawn, in the dialog and on the page of a file.

import * as api from "../lib/api.js";
import { byId, inside, make, rich, setMessage } from "../lib/dom.js";
import { offerEdit } from "./edit.js";
import { isVideo, reasonElement } from "../shared/files.js";
import { showKnown } from "./known.js";
import { pathButton } from "../shared/paths.js";
import { thumbnail } from "../shared/thumbs.js";
import { bytes, capital, count, day, glyph, readable } from "../lib/words.js";

/** @import { ApiError } from "../lib/api.js" */
/** @import { Explanation, Failure, Happening, LibraryFile } from "../lib/types.d.ts" */

const TIME = /\b(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\b/g; // here they stand on the reader's clock
const SESSION = /\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/;

let asked = 0; // an answer that comes after a later question is old

/**
 * Fetches and draws; `drawn` gets the path that it turned out to be, and what the library knows of the file.
 *
 * @type {(path: string, drawn: (path: string, known: LibraryFile | null) => void, refused: (error: ApiError) => void) => Promise<void>}
 */
export async function tell(path, drawn, refused) {
  const mine = (asked += 1);
  try {
    const answer = await api.explain(path);
    const [known, advice] = await Promise.all([libraryFile(answer), advices(answer)]);
    if (mine !== asked) return;
    show(answer, known, advice);
    drawn(answer.path, known);
  } catch (error) {
    if (mine === asked) refused(api.refusal(error));
  }
}

/**
 * What the library knows of the file: whether there is a picture, and whether it is to be blurred.
 *
 * @type {(answer: Explanation) => Promise<LibraryFile | null> | null}
 */
const libraryFile = ({ row, path }) => (row ? api.libraryFile(path).catch(() => null) : null);

/**
 * What to do about each cause, as the sessions of the failures say it.
 *
 * @type {(answer: Explanation) => Promise<Map<string, string>>}
 */
async function advices({ failures, sessions }) {
  const ids = sessions.filter((id) => failures.some(({ fatal, session_id: of }) => fatal && of === id));
  const answers = await Promise.all(ids.map((id) => api.failures(id).catch(() => null)));
  return new Map(answers.flatMap((answer) => answer?.causes ?? []).map(({ cause, advice }) => [cause, advice]));
}

/** @type {(answer: Explanation, known: LibraryFile | null, advice: Map<string, string>) => void} */
function show(answer, known, advice) {
  const { path, sentence, failures, events, duplicates, duplicates_count: copies, matches, verdict } = answer;
  byId("explain-picture").replaceChildren(...picture(answer, known));
  byId("explain-sentence").replaceChildren(...linked(sentence));
  setMessage(byId("explain-facts"), facts(answer, known));
  showKnown(known);
  offerEdit(known);
  section("explain-failures", failures.map((failure) => failureLine(failure, advice.get(failure.cause ?? ""))));
  section(
    "explain-events",
    [...events].reverse().map((event) =>
      eventLine(failures.some(({ reason }) => reason === event.reason) ? { ...event, reason: null } : event, path)
    ),
  );
  section("explain-matches", verdict === "several" ? matches.map((match) => make("li", {}, pathButton(match))) : []);
  section("explain-copies", [
    ...duplicates.map((copy) => make("li", {}, pathButton(copy))),
    ...(copies > duplicates.length
      ? [make("li", { class: "quiet" }, `and ${count(copies - duplicates.length, "other")}`)]
      : []),
  ]);
}

/** @type {(answer: Explanation, known: LibraryFile | null) => HTMLElement[]} */
function picture({ path, row }, known) {
  const without = !known || (isVideo(path) && !known.phash) ||
    row?.stages_failed.some(({ stage }) => stage === "thumbnail");
  return without ? [] : [thumbnail({ path, is_nsfw: known.is_nsfw })];
}

/**
 * A sentence whose sessions can be opened.
 *
 * @type {(sentence: string) => (string | HTMLElement)[]}
 */
function linked(sentence) {
  const parts = sentence.replaceAll(TIME, (_, at) => day(at.replace(" ", "T") + "Z")).split(SESSION);
  return parts.flatMap((part, odd) => (odd % 2 ? [sessionButton(part, part.slice(0, 8))] : rich(readable(part))));
}

/** @type {(id: string, text: string, label?: string | null) => HTMLElement} */
const sessionButton = (id, text, label = null) =>
  make("button", { type: "button", class: "quiet-button", "data-session": id, "aria-label": label }, text);

/** @type {(answer: Explanation, known: LibraryFile | null) => string} */
function facts({ on_disk: disk, row }, known) {
  const size = disk?.kind === "file" ? disk.size : row?.size;
  const pixels = known?.width ? `${known.width} × ${known.height}` : "";
  return [row?.format?.toUpperCase(), pixels, size === undefined ? "" : bytes(size)].filter(Boolean).join(" · ");
}

/** @type {(id: "explain-failures" | "explain-events" | "explain-copies" | "explain-matches", lines: HTMLElement[]) => void} */
function section(id, lines) {
  byId(id).hidden = !lines.length;
  inside(byId(id), "ul").replaceChildren(...lines);
}

/** @type {(failure: Failure, advice?: string) => HTMLElement} */
function failureLine(failure, advice) {
  const { at, attempts, fatal } = failure;
  const often = attempts > 1 ? ` · ${attempts} times, the last time` : "";
  return make(
    "li",
    {},
    make(
      "small",
      { class: "quiet" },
      fatal ? "Not taken in" : "Taken in without this part",
      often,
      " · ",
      make("time", { datetime: at }, day(at)),
    ),
    reasonElement(failure),
    advice ? make("p", { class: "quiet" }, "What to do: ", rich(advice)) : null,
  );
}

/** @type {(event: Happening, path: string) => HTMLElement} */
function eventLine(event, path) {
  const { at, outcome, session_id: id } = event;
  const elsewhere = event.path && event.path !== path;
  return make(
    "li",
    {},
    make(
      "div",
      { class: "split" },
      make(
        "span",
        {},
        make("span", { class: `glyph ${outcome}`, "aria-hidden": "true" }, glyph(outcome)),
        ` ${capital(outcome)} `,
        make("time", { class: "quiet", datetime: at }, day(at)),
      ),
      id ? sessionButton(id, "Session", `Session of ${day(at)}`) : null,
    ),
    elsewhere ? make("small", { class: "quiet" }, `when it was ${readable(event.path)}`) : null,
    reasonElement(event),
  );
}

/**
 * One sentence that went wrong, and nothing else.
 *
 * @type {(path: string, error: ApiError) => void}
 */
export function showTrouble(path, error) {
  const nothing = {
    failures: [],
    events: [],
    duplicates: [],
    duplicates_count: 0,
    matches: [],
    matches_count: 0,
    sessions: [],
    on_disk: null,
    row: null,
  };
  show({ path, verdict: "", sentence: error.message, ...nothing }, null, new Map());
}
