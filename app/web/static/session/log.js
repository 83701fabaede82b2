// The last events of each stage of a session, as they come by its stream. Holds no numbers and draws nothing.

import { stageLabel } from "./stages.js";
import { fileName, glyph, number, readable } from "../lib/words.js";

/** @import { Answer, Frame, Outcome } from "../lib/types.d.ts" */

const KEPT = 20;

/**
 * One line of a stage's log: `tone` is how it looks, `payload` what the server sent, whole.
 *
 * @typedef {{ id: number, tone: string, mark: string, text: string, ms: number | null, at: string | null, payload: object }} Line
 */

/** @type {Map<string, Line[]>} newest first */
const lines = new Map();
let added = 0;

/** The lines of a stage or of `commit`, newest first. @param {string} name */
export const linesOf = (name) => lines.get(name) ?? [];

export function clearLines() {
  lines.clear();
}

/** @type {(name: string, line: Omit<Line, "id">) => void} */
function add(name, line) {
  added += 1;
  lines.set(name, [{ id: added, ...line }, ...linesOf(name).slice(0, KEPT - 1)]);
}

/**
 * Takes a frame that is a row of the log.
 *
 * @param {Frame} frame
 */
export function takeRow(frame) {
  if (frame.name === "file_complete") {
    const files = "files" in frame.data ? frame.data.files : [frame.data];
    for (const file of files.slice(-KEPT)) takeFile(file);
  } else if (frame.name === "stage_start" || frame.name === "stage_progress" || frame.name === "stage_complete") {
    const { stage, at = null, processed_files: done, total_files: total } = frame.data;
    const texts = {
      stage_start: `begins: ${number(total ?? null)} in all`,
      stage_progress: `${number(done ?? null)} of ${number(total ?? null)}`,
      stage_complete: `ends: ${number(done ?? null)} done`,
    };
    add(stage, { tone: "row", mark: "·", text: texts[frame.name], ms: null, at, payload: frame.data });
  }
}

/** What became of a file in one stage, beside the glyph of it. @type {Record<string, Outcome | "skipped">} */
const AS_OUTCOME = { done: "unchanged", failed: "failed" };

/** @param {Answer} file */
function takeFile(file) {
  const { path, at, outcome, stages = {} } = file;
  const text = readable(fileName(path));
  for (const [name, { status, ms = null }] of Object.entries(stages)) {
    if (status === "not_reached") continue;
    const mark = status === "done" ? "✓" : glyph(AS_OUTCOME[status] ?? null);
    add(name, { tone: status, mark, text, ms, at, payload: file });
  }
  if (!file.stages && file.stage) {
    add(file.stage, { tone: "failed", mark: glyph("failed"), text, ms: null, at, payload: file });
  }
  add("commit", { tone: outcome ?? "", mark: glyph(outcome), text, ms: file.ms, at, payload: file });
}

/**
 * What a line is called in the title of a dialog.
 *
 * @type {(name: string, line: Line) => string}
 */
export const lineTitle = (name, { text }) => `${stageLabel(name)}: ${text}`;
