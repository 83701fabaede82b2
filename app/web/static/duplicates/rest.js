// How much of the library was compared, and the session that makes what the others lack: asked before it is begun.

import * as api from "../lib/api.js";
import { byId, rich, setText } from "../lib/dom.js";
import { classLabel, count, number, range } from "../lib/words.js";
import { ask } from "../shared/confirm.js";
import { coverageInWords } from "./groups.js";

/** @import { AlikeBy, AlikeGroups, Plan, Request } from "../lib/types.d.ts" */

/** What a session over all folders can make: not what failed, and features of other weights only if it reads every file anew. */
const MADE = ["no_hash", "not_hashed", "nsfw_not_run"];

/** @type {AlikeBy} */
let by = "bytes";

/** @type {(kind: AlikeBy, found: AlikeGroups) => void} */
export function showCoverage(kind, { coverage, rest }) {
  by = kind;
  const causes = Object.keys(coverage.missing);
  byId("groups-coverage").hidden = !causes.length;
  setText(byId("coverage-said"), `${coverageInWords(by, coverage)}.`);
  byId("coverage-rest").replaceChildren(...rich(rest.join(" ")));
  byId("make-rest").hidden = !causes.some((cause) => MADE.includes(cause));
}

/** Asks for a session over all media roots, and leads to it. */
export async function makeRest() {
  const { directories } = await api.directories(null);
  /** @type {Request} */
  const parameters = { directories: directories.map(({ path }) => path) };
  const plan = await planned(parameters);
  const cannot = by === "features" ? plan.unavailable.nsfw : undefined;
  if (cannot) return setText(byId("coverage-rest"), cannot);
  if (!plan.pending) {
    return setText(byId("coverage-rest"), "A session has nothing to make: what can be had of these files is there.");
  }
  const yes = await ask({
    title: "Make the rest?",
    text: `A session over all folders: ${number(plan.pending)} of ${count(plan.discovered, "file")} (${what(plan)}), ${
      range(plan.estimate_seconds)
    }. It can be paused; no file is changed.`,
    yes: "Start",
    no: "Not now",
  });
  if (!yes) return;
  const started = await api.start(parameters).catch((error) => {
    const { sessionId } = api.refusal(error);
    if (sessionId) return { session_id: sessionId }; // it is under way already
    throw error;
  });
  location.assign(`/sessions/${started.session_id}`);
}

/** @param {Plan} plan */
const what = ({ pending_by: by }) =>
  Object.entries(by).filter(([, files]) => files).map(([name, files]) => `${number(files)} ${classLabel(name)}`).join(
    ", ",
  );

/** The plan, when the folders were walked. @type {(parameters: Request) => Promise<Plan>} */
async function planned(parameters) {
  for (;;) {
    const plan = await api.plan(parameters);
    if (!plan.walking) return plan;
    setText(byId("coverage-rest"), `Looking at the folders: ${count(plan.discovered, "file")}…`);
  }
}
