// The dialog that edits many files at once: what it says is tried first, and shown, then done with one button.

import { refusal } from "../lib/api.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { count, number, readable } from "../lib/words.js";
import { prepareKeywords } from "./keywords.js";
import { sayOf } from "./requests.js";
import { secondsOf } from "./shift.js";
import { leftInWords, linesOf } from "./told.js";
import { nameText } from "../shared/paths.js";

/** @import { Foreseen, Meant, Said, Words } from "../lib/types.d.ts" */
/** @typedef {{ files: number, meant: () => Promise<Meant>, apply: (words: Words) => unknown }} Edited */

const TEXTS = /** @type {const} */ (["title", "caption", "creator", "copyright", "label"]);

/** @type {Edited | null} */
let edited = null;
/** @type {Words | null} what was tried and is shown */
let tried = null;
let asked = 0;
/** @type {ReturnType<typeof prepareKeywords>} */
let adding;
/** @type {ReturnType<typeof prepareKeywords>} */
let removing;

/** What the form says. Throws a sentence where it cannot be. @returns {Words} */
function wordsOfForm() {
  const [score, nsfw] = [byId("bulk-score").value, byId("bulk-nsfw").value];
  /** @type {NonNullable<Words["set"]>} */
  const set = {};
  if (score && score !== "release") set.score = score === "none" ? null : Number(score);
  if (nsfw && nsfw !== "release") set.nsfw = nsfw === "yes";
  for (const name of TEXTS) {
    if (byId(`bulk-${name}-on`).checked) set[name] = byId(`bulk-${name}`).value.trim() || null;
  }
  const release = [...(score === "release" ? ["score"] : []), ...(nsfw === "release" ? ["nsfw"] : [])];
  const [added, removed] = [adding.words(), removing.words()];
  return {
    ...(Object.keys(set).length ? { set } : {}),
    ...(added.length ? { add_keywords: added } : {}),
    ...(removed.length ? { remove_keywords: removed } : {}),
    ...(release.length ? { release } : {}),
    ...time(),
  };
}

/** What becomes of the times. @returns {Pick<Words, "shift_taken_at" | "zone">} */
function time() {
  const how = byId("bulk-time").value;
  if (how === "zone") {
    const zone = byId("bulk-zone").value.trim();
    if (!zone) throw new Error("Say which zone: +02:00, or Europe/Berlin.");
    return { zone };
  }
  if (how === "") return {};
  const [days, hours, minutes, seconds] = /** @type {const} */ (["days", "hours", "minutes", "seconds"]).map((unit) =>
    byId(`bulk-${unit}`).value
  );
  const shift = secondsOf({
    sign: how,
    days: days ?? "",
    hours: hours ?? "",
    minutes: minutes ?? "",
    seconds: seconds ?? "",
  });
  if (!shift) throw new Error("Say by how much the time moves, in whole numbers.");
  return { shift_taken_at: shift };
}

/** Tries what the form says, and shows what would become of the files. */
async function preview() {
  let words;
  try {
    words = wordsOfForm();
    if (!Object.keys(words).length) throw new Error("Choose what is to change first.");
  } catch (error) {
    return setMessage(byId("bulk-error"), refusal(error).message);
  }
  if (!edited) return undefined;
  const mine = (asked += 1);
  byId("bulk-go").ariaBusy = "true";
  try {
    const found = await sayOf(await edited.meant(), words, { dry: true });
    if (mine !== asked) return undefined;
    tried = found.changed ? words : null;
    show(found);
  } catch (error) {
    if (mine === asked) setMessage(byId("bulk-error"), refusal(error).message);
  } finally {
    if (mine === asked) byId("bulk-go").ariaBusy = null;
  }
  return undefined;
}

/** @param {Said} found */
function show({ changed, preview: files = [], left }) {
  setMessage(byId("bulk-error"), "");
  const others = left.length ? ` Left out: ${leftInWords(left)}.` : "";
  const first = changed > files.length && files.length ? ` The first ${number(files.length)}:` : "";
  setText(byId("bulk-sum"), `${count(changed, "file")} would change.${others}${first}`);
  byId("bulk-lines").replaceChildren(...files.flatMap(rows));
  byId("bulk-table").hidden = !files.length;
  byId("bulk-preview").hidden = false;
  setText(byId("bulk-go"), changed ? `Edit ${count(changed, "file")}` : "Preview");
  byId("bulk-preview").scrollIntoView({ block: "nearest" });
}

/** What would become of a file, a row for each field. @param {Foreseen} file */
function rows(file) {
  const lines = linesOf(file);
  const name = make(
    "th",
    { scope: "rowgroup", rowspan: lines.length, title: readable(file.path) },
    nameText(file.path),
  );
  return lines.map(({ field, before, after }, at) =>
    make(
      "tr",
      {},
      at ? null : name,
      make("td", { class: "what" }, field),
      make("td", {}, readable(before)),
      make("td", { class: "then" }, readable(after)),
    )
  );
}

/** What was tried is not what the form says any more. */
function forget() {
  asked += 1;
  tried = null;
  byId("bulk-go").ariaBusy = null;
  byId("bulk-preview").hidden = true;
  setText(byId("bulk-go"), "Preview");
  setMessage(byId("bulk-error"), "");
  const how = byId("bulk-time").value;
  byId("bulk-shift").hidden = how !== "+" && how !== "-";
  byId("bulk-zones").hidden = how !== "zone";
  for (const name of TEXTS) byId(`bulk-${name}`).disabled = !byId(`bulk-${name}-on`).checked;
}

/** Opens it for so many files of a list. @param {Edited} wanted */
export function openBulk(wanted) {
  edited = wanted;
  byId("bulk-form").reset();
  adding.clear();
  removing.clear();
  setText(byId("bulk-title"), `Edit ${count(wanted.files, "file")}`);
  forget();
  byId("bulk-dialog").showModal();
  byId("bulk-score").focus();
}

export function prepareBulk() {
  adding = prepareKeywords(byId("bulk-add"), forget);
  removing = prepareKeywords(byId("bulk-remove"), forget);
  byId("bulk-form").addEventListener("input", forget);
  byId("bulk-form").addEventListener("change", forget);
  for (const name of TEXTS) {
    byId(`bulk-${name}-on`).addEventListener("change", () => {
      if (byId(`bulk-${name}-on`).checked) byId(`bulk-${name}`).focus();
    });
  }
  byId("bulk-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = tried;
    if (!words) return void preview();
    byId("bulk-dialog").close();
    edited?.apply(words);
  });
  for (const button of byId("bulk-dialog").querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => byId("bulk-dialog").close());
  }
  byId("bulk-dialog").addEventListener("close", () => {
    asked += 1;
    edited = null;
    byId("grid").focus({ preventScroll: true });
  });
}
