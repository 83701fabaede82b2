// The dialog with what the server sent of one event of a stage, whole. It is loaded when it is first asked for.

import { closable, openDialog } from "../lib/dialogs.js";
import { byId, make, setMessage, setText } from "../lib/dom.js";
import { lineTitle } from "./log.js";
import { stageLabel } from "./stages.js";
import { readable } from "../lib/words.js";

/** @import { Line } from "./log.js" */

/** @type {(name: string, line: Line) => void} */
export function openPayload(name, line) {
  const payload = /** @type {Record<string, any>} */ (line.payload);
  setText(byId("payload-title"), lineTitle(name, line));
  setMessage(byId("payload-lead"), payload["reason"] ? readable(payload["reason"]) : "");
  const stages = /** @type {[string, { status: string, ms?: number | null }][]} */ (
    Object.entries(payload["stages"] ?? {})
  );
  byId("payload-stages").hidden = !stages.length;
  byId("payload-stages").replaceChildren(
    ...stages.map(([stage, { status, ms }]) =>
      make(
        "div",
        {},
        make("dt", {}, stageLabel(stage)),
        make("dd", {}, `${status.replaceAll("_", " ")}${typeof ms === "number" ? `, ${ms.toFixed(1)} ms` : ""}`),
      )
    ),
  );
  byId("payload-explain").hidden = !payload["path"];
  if (payload["path"]) byId("payload-explain").dataset.explain = payload["path"];
  setText(byId("payload-json"), readable(JSON.stringify(payload, null, 2), { lines: true }));
  openDialog(byId("payload-dialog"), null, () => openPayload(name, line));
}

closable(byId("payload-dialog"));
