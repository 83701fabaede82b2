// What went wrong in a session that is at rest, by cause: what it means, what to do, which files, and trying again.

import * as api from "../lib/api.js";
import { countsOf } from "../lib/counts.js";
import { byId, make, rich, setMessage, setText } from "../lib/dom.js";
import { fileRow, openFiles } from "../shared/files.js";
import { helps, retry, retryAllLabel } from "../shared/retry.js";
import { capital, causeLabel, count, grouped, hasEnded, isAtRest, number, readable } from "../lib/words.js";

/** @import { FailedGroup, Failures, Listed, Session } from "../lib/types.d.ts" */

const SHOWN_OF_A_CAUSE = 5;
const PAGE = 1000;

let shown = ""; // of which session, and how many failures; an older answer is dropped

/**
 * Shows the failures of this session, unless it is under way; null shows none.
 *
 * @param {Session | null} status
 */
export async function showFailures(status) {
  const counts = status && (hasEnded(status) || isAtRest(status)) ? countsOf(status) : null;
  const rests = counts !== null && counts.failed + counts.incomplete > 0;
  const key = rests ? JSON.stringify([status?.session_id, counts.failed, counts.incomplete]) : "";
  if (key === shown) return;
  shown = key;
  byId("failures").hidden = true;
  if (!rests || !status) return;
  byId(hasEnded(status) ? "complete-failures" : "process-failures").append(byId("failures"));
  const id = status.session_id;
  try {
    const failed = counts.failed ? await api.failures(id) : { files: 0, causes: [] };
    const incomplete = counts.incomplete ? await incompleteGroups(id) : [];
    if (key === shown) draw(id, failed, incomplete);
  } catch (error) {
    if (key !== shown) return;
    draw(id, { files: 0, causes: [] }, []);
    byId("failures").hidden = false;
    const { message, cause } = api.refusal(error);
    setMessage(byId("retry-error"), message, cause);
  }
}

/** @type {(id: string, failed: Failures, incomplete: HTMLElement[]) => void} */
function draw(id, { files, causes }, incomplete) {
  byId("failures").hidden = !causes.length && !incomplete.length;
  byId("retry-all").hidden = !files;
  byId("retry-all").classList.toggle("plain", !causes.some(({ cause }) => helps(cause)));
  setText(byId("retry-all"), retryAllLabel(files));
  byId("retry-all").onclick = () => retry(byId("retry-all"), byId("retry-error"), id);
  setMessage(byId("retry-error"), "");
  byId("failures-list").replaceChildren(...causes.map((group) => failedGroup(id, group)));
  byId("incomplete").hidden = !incomplete.length;
  byId("incomplete-list").replaceChildren(...incomplete);
}

/** @type {(id: string, group: FailedGroup) => HTMLElement} */
function failedGroup(id, { cause, files, meaning, advice }) {
  const label = causeLabel(cause);
  const message = make("p", { class: "field-error", role: "alert", hidden: true });
  const list = make("button", {
    type: "button",
    class: "plain",
    "aria-label": `Show ${count(files, "file")}: ${label}`,
    onclick: () => openFailed(id, cause, files),
  }, `Show ${count(files, "file")}`);
  const these = files === 1 ? "Retry this" : "Retry these";
  /** @type {HTMLButtonElement} */
  const again = make("button", {
    type: "button",
    class: helps(cause) ? "" : "plain",
    "data-acts": true,
    "aria-label": `${these}: ${label}`,
    onclick: () => retry(again, message, id, { cause }),
  }, these);
  return make(
    "li",
    { class: "failed-group" },
    make("strong", { class: "failed-number" }, number(files)),
    make(
      "div",
      {},
      make("span", { class: "cause" }, label),
      make("p", {}, rich(meaning)),
      make("p", { class: "quiet" }, "What to do: ", rich(advice)),
    ),
    make("div", { class: "actions" }, helps(cause) ? [again, list] : [list, again], message),
  );
}

/** @type {(id: string, cause: string, files: number) => void} */
function openFailed(id, cause, files) {
  openFiles({
    title: `${number(files)} failed: ${causeLabel(cause)}`,
    load: (cursor) => api.sessionFiles(id, { outcome: "failed", cause, cursor, limit: 100 }),
    choice: { label: "Retry chosen", act: (button, message, paths) => retry(button, message, id, { paths }) },
  });
}

/**
 * By cause, those that were taken in although one stage failed; the largest first.
 *
 * @param {string} id
 */
async function incompleteGroups(id) {
  const { files, next } = await api.sessionFiles(id, { incomplete: true, limit: PAGE });
  const byCause = grouped(files, ({ cause }) => cause ?? "");
  return [...byCause].sort((one, other) => other[1].length - one[1].length)
    .map(([cause, those]) => incompleteGroup(id, cause, those, Boolean(next), files.length <= SHOWN_OF_A_CAUSE));
}

/** @type {(id: string, cause: string, files: Listed[], more: boolean, open: boolean) => HTMLElement} */
function incompleteGroup(id, cause, files, more, open) {
  const total = `${number(files.length)}${more ? "+" : ""}`;
  const reasons = new Set(files.map((file) => file.reason));
  /** @param {string | null} cursor */
  const load = (cursor) => api.sessionFiles(id, { incomplete: true, cause, cursor, limit: 100 });
  return make(
    "details",
    { class: "cause-group", open },
    make(
      "summary",
      {},
      make("strong", {}, total),
      ` ${causeLabel(cause)}`,
      reasons.size === 1 ? make("small", { class: "quiet" }, readable(capital(files[0]?.reason ?? ""))) : null,
    ),
    make("ul", { class: "files" }, files.slice(0, SHOWN_OF_A_CAUSE).map((file) => fileRow(file, true))),
    files.length > SHOWN_OF_A_CAUSE || more
      ? make("button", {
        type: "button",
        class: "quiet-button",
        onclick: () => openFiles({ title: `${total} ${causeLabel(cause)}`, load, thumbnails: true }),
      }, `Show all ${total}`)
      : null,
  );
}
