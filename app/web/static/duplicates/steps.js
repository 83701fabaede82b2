// What a person judged of groups, step by step: which files are kept and which groups ticked, and how a step is taken back,
// whatever came after it. Pure.

import { count, fileName, readable } from "../lib/words.js";
import { filesOf, nameOf } from "./groups.js";

/** @import { AlikeGroup, Judged, JudgedStep } from "../lib/types.d.ts" */

const MOST = 100; // as many as the server keeps edits

/** What was judged, with one file of a group kept in the place of all others, and the group ticked. */
/** @type {(judged: Judged, group: AlikeGroup, path: string) => Judged} */
export function keeping({ kept, ticked }, group, path) {
  const [name, paths] = [nameOf(group), filesOf(group).map((file) => file.path)];
  const others = Object.entries(kept).filter(([one, of]) => of !== name && !paths.includes(one));
  return { kept: { ...Object.fromEntries(others), [path]: name }, ticked: [...new Set([...ticked, name])] };
}

/** What was judged, with a group ticked or not. @type {(judged: Judged, group: AlikeGroup, tick: boolean) => Judged} */
export const ticking = ({ kept, ticked }, group, tick) => ({
  kept,
  ticked: [...ticked.filter((name) => name !== nameOf(group)), ...(tick ? [nameOf(group)] : [])],
});

/** What was judged without any tick, nor what is kept of the groups that were ticked; `shown` are those on the page. */
/** @type {(judged: Judged, shown: AlikeGroup[]) => Judged} */
export function unticking({ kept, ticked }, shown) {
  const paths = shown.filter((group) => ticked.includes(nameOf(group))).flatMap(filesOf).map(({ path }) => path);
  const left = Object.entries(kept).filter(([path, name]) => !ticked.includes(name) && !paths.includes(path));
  return { kept: Object.fromEntries(left), ticked: [] };
}

/** How ticking a group, or none of it any more, is told. @type {(group: AlikeGroup, tick: boolean) => string} */
export const tickedInWords = (group, tick) => `${tick ? "Ticked" : "Unticked"} ${readable(fileName(nameOf(group)))}`;

/** @param {number} groups */
export const untickedInWords = (groups) => `Unticked ${count(groups, "group")}`;

/** The steps with one more: what stood before it of all that it changed. `told` is its edit, null where it made none. */
/** @type {(steps: JudgedStep[], before: Judged, now: Judged, told: { edit: number | null, sentence: string }) => JudgedStep[]} */
export function withStep(steps, before, now, told) {
  const paths = Object.keys({ ...before.kept, ...now.kept }).filter((path) => before.kept[path] !== now.kept[path]);
  const names = [...new Set([...before.ticked, ...now.ticked])].filter((name) =>
    before.ticked.includes(name) !== now.ticked.includes(name)
  );
  if (!paths.length && !names.length && told.edit === null) return steps;
  const step = {
    ...told,
    kept: Object.fromEntries(paths.map((path) => [path, before.kept[path] ?? null])),
    ticked: Object.fromEntries(names.map((name) => [name, before.ticked.includes(name)])),
  };
  return [...steps, step].slice(-MOST);
}

/** What was judged without a step. @type {(judged: Judged, step: JudgedStep) => Judged} */
export function takenBack({ kept, ticked }, step) {
  /** @type {Record<string, string>} */
  const stood = {};
  for (const [path, name] of Object.entries({ ...kept, ...step.kept })) if (name !== null) stood[path] = name;
  const again = Object.entries(step.ticked).filter(([, stands]) => stands).map(([name]) => name);
  return { kept: stood, ticked: [...ticked.filter((name) => !Object.hasOwn(step.ticked, name)), ...again] };
}

/** Whether a step changed anything of a group. @type {(step: JudgedStep, group: AlikeGroup) => boolean} */
export const changes = (step, group) =>
  Object.hasOwn(step.ticked, nameOf(group)) || filesOf(group).some(({ path }) => Object.hasOwn(step.kept, path));

/** What holds at another distance, where groups are others: files that are kept, but no ticks, nor steps to them. */
/** @type {(all: { judged: Judged, steps: JudgedStep[] }) => { judged: Judged, steps: JudgedStep[] }} */
export const atOtherDistance = ({ judged, steps }) => ({
  judged: { ...judged, ticked: [] },
  steps: steps.map((step) => ({ ...step, ticked: {} })).filter(({ edit, kept }) =>
    edit !== null || Object.keys(kept).length
  ),
});
