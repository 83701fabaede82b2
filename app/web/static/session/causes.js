// The failures of a session by cause: what each means, what to do, which files, and trying again. Loaded when there are any.

import * as api from "../lib/api.js";
import { byId, make, rich, setMessage, setText } from "../lib/dom.js";
import { fileRow, openFiles } from "../shared/files.js";
import { retry, retryAllLabel } from "../shared/retry.js";
import { capital, causeLabel, count, grouped, number, readable } from "../lib/words.js";

/** @import { FailedGroup, Failures, Listed } from "../lib/types.d.ts" */

const SHOWN_OF_A_CAUSE = 5;
const PAGE = 1000;

/** Whether another try can help: the cause may be over, or files have changed. @param {FailedGroup} group */
const helps = ({ retry_helps: mayBeOver, changed }) => mayBeOver || Boolean(changed);

/**
 * `undescribed` pictures were taken in without the description that was asked for: a retry asks again.
 *
 * @type {(id: string, failed: Failures, incomplete: HTMLElement[], undescribed: number) => void}
 */
export function draw(id, { files, causes }, incomplete, undescribed) {
  byId("failures").hidden = !causes.length && !incomplete.length;
  byId("retry-all").hidden = !(files + undescribed);
  byId("retry-all").classList.toggle("plain", !causes.some(helps) && !undescribed);
  setText(byId("retry-all"), retryAllLabel(files + undescribed));
  byId("retry-all").onclick = () => retry(byId("retry-all"), byId("retry-error"), id);
  setMessage(byId("retry-error"), "");
  byId("failures-list").replaceChildren(...causes.map((group) => failedGroup(id, group)));
  byId("incomplete").hidden = !incomplete.length;
  byId("incomplete-list").replaceChildren(...incomplete);
}

/** @type {(id: string, group: FailedGroup) => HTMLElement} */
function failedGroup(id, group) {
  const { cause, files, meaning, advice, changed } = group;
  const label = causeLabel(cause);
  const message = make("p", { class: "field-error", role: "alert", hidden: true });
  const list = make("button", {
    type: "button",
    class: "plain",
    "data-list": `failed_${cause}`,
    "aria-label": `Show ${count(files, "file")}: ${label}`,
    onclick: () => openFailed(id, cause, files),
  }, `Show ${count(files, "file")}`);
  const these = files === 1 ? "Retry this" : "Retry these";
  /** @type {HTMLButtonElement} */
  const again = make("button", {
    type: "button",
    class: helps(group) ? "" : "plain",
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
      changed
        ? make("p", {}, `${count(changed, "file")} ${changed === 1 ? "has" : "have"} changed since: try again.`)
        : null,
    ),
    make("div", { class: "actions" }, helps(group) ? [again, list] : [list, again], message),
  );
}

/** @type {(id: string, cause: string, files: number) => void} */
function openFailed(id, cause, files) {
  openFiles({
    title: `${number(files)} failed: ${causeLabel(cause)}`,
    list: `failed_${cause}`,
    load: (cursor) => api.sessionFiles(id, { outcome: "failed", cause, cursor, limit: 100 }),
    choice: { label: "Retry chosen", act: (button, message, paths) => retry(button, message, id, { paths }) },
  });
}

/**
 * By cause, those that were taken in although one stage failed; the largest first.
 *
 * @param {string} id
 */
export async function incompleteGroups(id) {
  const { files, next } = await api.sessionFiles(id, { incomplete: true, limit: PAGE });
  const byCause = grouped(files, ({ cause }) => cause ?? "");
  return [...byCause].sort((one, other) => other[1].length - one[1].length)
    .map(([cause, those]) => incompleteGroup(id, cause, those, Boolean(next), files.length <= SHOWN_OF_A_CAUSE));
}

/** @type {(id: string, cause: string, files: Listed[], more: boolean, open: boolean) => HTMLElement} */
function incompleteGroup(id, cause, files, more, open) {
  const total = `${number(files.length)}${more ? "+" : ""}`;
  const list = `without_${cause}`;
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
        "data-list": list,
        onclick: () => openFiles({ title: `${total} ${causeLabel(cause)}`, list, load, thumbnails: true }),
      }, `Show all ${total}`)
      : null,
  );
}
