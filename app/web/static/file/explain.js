// What became of a file: the field that asks, and the dialog that answers for every path of the page.

import * as api from "../lib/api.js";
import { byId, closable, make, rich, setMessage, setText } from "../lib/dom.js";
import { leaveEdit, offerEdit, prepareEdit } from "./edit.js";
import { isVideo, reasonElement } from "../shared/files.js";
import { showKnown } from "./known.js";
import { pathButton } from "../shared/paths.js";
import { thumbnail } from "../shared/thumbs.js";
import { bytes, capital, count, day, fileName, glyph, readable } from "../lib/words.js";

const TIME = /\b(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\b/g; // here they stand on the reader's clock
const SESSION = /\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/;

let asked = 0; // an answer that comes after a later question is old

async function ask(path, refused) {
  const mine = (asked += 1);
  try {
    const answer = await api.explain(path);
    const [known, advice] = await Promise.all([libraryFile(answer), advices(answer)]);
    if (mine === asked) show(answer, known, advice);
  } catch (error) {
    if (mine === asked) refused(error);
  }
}

/** What the library knows of the file: whether there is a picture, and whether it is to be blurred. */
const libraryFile = ({ row, path }) => (row ? api.libraryFile(path).catch(() => null) : null);

/** What to do about each cause, as the sessions of the failures say it. */
async function advices({ failures, sessions }) {
  const ids = new Set(
    failures.filter(({ fatal, session_id: id }) => fatal && sessions.includes(id)).map(({ session_id: id }) => id),
  );
  const answers = await Promise.all([...ids].map((id) => api.failures(id).catch(() => ({ causes: [] }))));
  return new Map(answers.flatMap(({ causes }) => causes).map(({ cause, advice }) => [cause, advice]));
}

function show(answer, known, advice) {
  const { path, sentence, failures, events, duplicates, duplicates_count: copies } = answer;
  const name = fileName(path);
  setText(byId("explain-title"), readable(name || path));
  byId("explain-picture").replaceChildren(...picture(answer, known));
  byId("explain-sentence").replaceChildren(...linked(sentence));
  setMessage(byId("explain-facts"), facts(answer, known));
  showKnown(known);
  offerEdit(known);
  section("explain-failures", failures.map((failure) => failureLine(failure, advice.get(failure.cause))));
  section(
    "explain-events",
    [...events].reverse().map((event) =>
      eventLine(failures.some(({ reason }) => reason === event.reason) ? { ...event, reason: null } : event, path)
    ),
  );
  section("explain-copies", [
    ...duplicates.map((copy) => make("li", {}, pathButton(copy))),
    ...(copies > duplicates.length
      ? [make("li", { class: "quiet" }, `and ${count(copies - duplicates.length, "other")}`)]
      : []),
  ]);
  if (!byId("explain-dialog").open) byId("explain-dialog").showModal();
  byId("explain-body").scrollTop = 0;
}

function picture({ path, row }, known) {
  const without = !known || (isVideo(path) && !known.phash) ||
    row.stages_failed.some(({ stage }) => stage === "thumbnail");
  return without ? [] : [thumbnail({ path, is_nsfw: known.is_nsfw })];
}

/** A sentence whose sessions can be opened. */
const linked = (sentence) =>
  sentence.replaceAll(TIME, (_, at) => day(at.replace(" ", "T") + "Z")).split(SESSION).flatMap((
    part,
    index,
  ) => (index % 2 ? [sessionButton(part, part.slice(0, 8))] : rich(readable(part))));

const sessionButton = (id, text, label = null) =>
  make("button", { type: "button", class: "quiet-button", "data-session": id, "aria-label": label }, text);

function facts({ on_disk: disk, row }, known) {
  const size = disk?.kind === "file" ? disk.size : row?.size;
  const pixels = known?.width ? `${known.width} × ${known.height}` : "";
  return [row?.format?.toUpperCase(), pixels, size === undefined ? "" : bytes(size)].filter(Boolean).join(" · ");
}

function section(id, lines) {
  byId(id).hidden = !lines.length;
  byId(id).querySelector("ul").replaceChildren(...lines);
}

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

/** The dialog with one sentence that went wrong, and nothing else. */
function showTrouble(path, error) {
  show(
    {
      path,
      sentence: error.message,
      failures: [],
      events: [],
      duplicates: [],
      duplicates_count: 0,
      sessions: [],
      on_disk: null,
      row: null,
    },
    null,
    new Map(),
  );
}

export function prepareExplain() {
  closable(byId("explain-dialog"), leaveEdit);
  prepareEdit((path) => ask(path, (error) => showTrouble(path, error)));
  const field = byId("explain-path");
  const refuse = (error) => {
    field.setAttribute("aria-invalid", "true");
    setMessage(byId("explain-error"), error.message, error.cause);
  };
  const accept = () => {
    field.removeAttribute("aria-invalid");
    setMessage(byId("explain-error"), "");
  };
  field.addEventListener("input", accept);
  byId("explain").addEventListener("submit", (event) => {
    event.preventDefault();
    accept();
    ask(field.value, refuse);
  });
  document.addEventListener("click", ({ target }) => {
    const path = target.closest("[data-explain]")?.dataset.explain;
    if (path !== undefined && leaveEdit()) ask(path, (error) => showTrouble(path, error));
  });
}
