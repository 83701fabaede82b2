// The three steps: which one is shown, and the title of the tab that goes with it.

import { byId } from "../lib/dom.js";
import { ending } from "../session/ending.js";
import { isGone } from "../lib/presence.js";
import { statusLabel } from "../lib/words.js";

/** @import { Session, Step } from "../lib/types.d.ts" */

/** @type {Step[]} */
const STEPS = ["configure", "process", "complete"];

/** @type {Step} */
let step = "configure";
export const stepShown = () => step;

/**
 * Shows a step; `session` is the status behind it, null where there is none.
 *
 * @param {Step} wanted
 * @param {Session | null} session
 */
export function showStep(wanted, session, { focus = false } = {}) {
  const index = STEPS.indexOf(wanted);
  STEPS.forEach((name, position) => {
    byId(name).hidden = name !== wanted;
    const item = byId(`step-${name}`);
    item.classList.toggle("done", position < index);
    if (position === index) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  step = wanted;
  showTitle(session);
  if (focus) byId(`${wanted}-title`).focus();
}

/** @param {Session | null} session */
export function showTitle(session) {
  document.title = title(session);
}

/** @param {Session | null} session */
function title(session) {
  if (isGone()) return "No answer - Media Ingest";
  if (step === "process" && session?.status === "processing") return `${Math.floor(session.progress)}% - Media Ingest`;
  if (step === "complete" && session) return `${ending(session).title} - Media Ingest`;
  if (step !== "configure" && session) return `${statusLabel(session.status)} - Media Ingest`;
  return "Media Ingest";
}
