// What is shown of groups of files that are alike: what all files of one have, in what they differ, how far they are apart.
// Pure: texts from values, and addresses.

import { query } from "../lib/api.js";
import { bytes, count, duration, fileName, number } from "../lib/words.js";
import { scoreInWords } from "../saying/told.js";

/** @import { AlikeAsked, AlikeBy, AlikeGroup, AlikeSaid, Coverage, FoundFile, GroupLine, Judged, PlanAsked, Words } from "../lib/types.d.ts" */

/** @typedef {FoundFile & AlikeSaid} Told */

/** In how many bits files of a kind can differ. @type {Record<AlikeBy, number>} */
const BITS = { bytes: 0, picture: 0, phash: 64, features: 1024 };
const WORDS_SHOWN = 6;
const NAME_SHOWN = 60; // characters: about three lines
const NAME_END = 20; // of them, from the end: there copies differ

/** What an address asks for; `widest` is the distance by which groups are made, which none says. */
/** @type {(search: string, widest?: number) => AlikeAsked} */
export function askedBy(search, widest = 0) {
  const told = new URLSearchParams(search);
  const [by, distance] = [told.get("by") ?? "", told.get("max_distance") ?? ""];
  const kind = /** @type {AlikeBy} */ (Object.hasOwn(BITS, by) ? by : "bytes");
  return {
    by: kind,
    max_distance: /^\d{1,4}$/.test(distance) && Number(distance) < widest ? Number(distance) : null,
    cursor: told.get("cursor") || null,
    path: told.get("path") || null,
  };
}

/** The address that asks for it. @param {AlikeAsked} asked */
export const addressOf = ({ by, max_distance, cursor, path }) =>
  `/duplicates${query({ by, max_distance, cursor, path })}`;

/** "At most 3 of 64 bits differ". @type {(by: AlikeBy, distance: number) => string} */
export const distanceInWords = (by, distance) =>
  distance ? `At most ${number(distance)} of ${number(BITS[by])} bits differ` : "No bit differs";

/** A path whose file has a long name, without the middle of that: "holiday/a very long na…e (2).jpg". @param {string} path */
export function shortened(path) {
  const name = fileName(path);
  const characters = [...name];
  if (characters.length <= NAME_SHOWN) return path;
  const begin = characters.slice(0, NAME_SHOWN - NAME_END - 1);
  return `${path.slice(0, -name.length)}${begin.join("")}…${characters.slice(-NAME_END).join("")}`;
}

/** @type {Record<AlikeBy, string>} what is known of the files that were compared */
const KNOWN = { bytes: "Bytes", picture: "Pixels", phash: "Hashes", features: "Features" };

/** "Features of 212,000 of 300,000 files"; also of those that are too many to be grouped. */
/** @type {(by: AlikeBy, covered: Pick<Coverage, "searched" | "of" | "missing">) => string} */
export const coverageInWords = (by, { searched, of, missing }) =>
  `${KNOWN[by]} of ${number(searched + (missing.too_many ?? 0))} of ${count(of, "file")}`;

/** Why no group is shown; `alone` where that of one file was asked for. @type {(coverage: Coverage, alone: boolean) => string} */
export function noneInWords({ searched, of, missing }, alone) {
  if (missing.too_many) return "So many files are not grouped in this way.";
  if (searched) return alone ? "It is in no group of this kind." : "No files are alike in this way.";
  return of ? "Nothing of this kind is known of any file yet." : "The library is empty.";
}

/** "12 groups of 27 files". @type {(found: { total: number, files: number }) => string} */
export const foundInWords = ({ total, files }) => total ? `${count(total, "group")} of ${count(files, "file")}` : "";

/** @param {FoundFile} file */
const pixels = ({ width, height }) => width && height ? `${number(width)} × ${number(height)}` : "";

/**
 * The lines of a file, in their order: the fields each speaks of, what it is called, its text, and what makes it worth more.
 *
 * @type {{ of: (keyof Told)[], label: string, text: (file: Told) => string, worth?: (file: Told) => number }[]}
 */
const LINES = [
  { of: ["format"], label: "Format", text: ({ format }) => format.toUpperCase() },
  {
    of: ["width", "height"],
    label: "Pixels",
    text: pixels,
    worth: ({ width, height }) => (width ?? 0) * (height ?? 0),
  },
  { of: ["size"], label: "Size", text: ({ size }) => bytes(size), worth: ({ size }) => size },
  {
    of: ["duration_seconds"],
    label: "Length",
    text: ({ duration_seconds: seconds }) => seconds === null ? "" : duration(seconds),
  },
  { of: ["taken_at"], label: "Taken", text: ({ taken_at: at }) => at?.replace("T", " ") ?? "" },
  {
    of: ["score"],
    label: "Score",
    text: ({ score }) => score === null ? "" : scoreInWords(score),
    worth: ({ score }) => score ?? 0,
  },
  { of: ["title"], label: "Title", text: ({ title }) => title ?? "" },
  { of: ["caption"], label: "Caption", text: ({ caption }) => caption ?? "" },
  {
    of: ["regions"],
    label: "Regions",
    text: ({ regions }) => regions ? number(regions) : "",
    worth: ({ regions }) => regions ?? 0,
  },
  { of: ["keywords"], label: "Words", text: ({ keywords }) => keywords.join(", ") },
  { of: ["label"], label: "Label", text: ({ label }) => label ?? "" },
  { of: ["creator"], label: "Creator", text: ({ creator }) => creator ?? "" },
  { of: ["copyright"], label: "Copyright", text: ({ copyright }) => copyright ?? "" },
  { of: ["camera"], label: "Camera", text: ({ camera }) => camera ?? "" },
  { of: ["lens"], label: "Lens", text: ({ lens }) => lens ?? "" },
  { of: ["model"], label: "Model", text: ({ model }) => model ?? "" },
  { of: ["sampler"], label: "Sampler", text: ({ sampler }) => sampler ?? "" },
  { of: ["seed"], label: "Seed", text: ({ seed }) => seed ?? "" },
  { of: ["incomplete"], label: "Read", text: ({ incomplete }) => incomplete ? "in part" : "whole" },
  { of: ["missing"], label: "On disk", text: ({ missing }) => missing ? "gone" : "there" },
];
const IN_COMMON = ["Format", "Pixels", "Size", "Length", "Taken", "Score", "Camera"];

/** The files of a group, as the lists have them, with what else is said of them. @type {(group: AlikeGroup) => Told[]} */
export const filesOf = ({ files }) => files.map(({ file, said }) => ({ ...file, ...said }));

/** What else is said of a file, once it got this. @type {(said: AlikeSaid, set: Words["set"]) => AlikeSaid} */
export function saidAfter(said, set = {}) {
  const { caption = said.caption, creator = said.creator, copyright = said.copyright, label = said.label } = set;
  return { ...said, caption, creator, copyright, label };
}

/** What all files of a group have, in short. @type {(group: AlikeGroup) => string[]} */
export function inCommon(group) {
  const [first] = filesOf(group);
  if (!first) return [];
  const same = LINES.filter(({ of, label }) => IN_COMMON.includes(label) && !of.some((name) => differs(group, name)));
  return same.map(({ text }) => text(first)).filter(Boolean);
}

/**
 * In what the files of a group differ, line by line: the text of each file, "" where it has none, and whether it is more
 * than that of another. Words are those that not all have.
 *
 * @type {(group: AlikeGroup) => GroupLine[]}
 */
export function linesOf(group) {
  const files = filesOf(group);
  const all = files[0]?.keywords.filter((word) => files.every(({ keywords }) => keywords.includes(word))) ?? [];
  const lines = LINES.filter(({ of }) => of.some((name) => differs(group, name))).map(({ label, text, worth }) => {
    const texts = files.map((file) => label === "Words" ? wordsBut(file, all) : text(file));
    const worths = files.map((file) => worth?.(file) ?? 0);
    const most = Math.max(...worths);
    return { label, texts, best: worths.map((one) => one === most && worths.some((other) => other < most)) };
  });
  return lines.filter(({ texts }) => new Set(texts).size > 1);
}

/** @type {(group: AlikeGroup, name: string) => boolean} */
const differs = (group, name) => group.differs.includes(name);

/** The words of a file that others have not: the first of them, and how many more. @type {(file: FoundFile, all: string[]) => string} */
function wordsBut({ keywords }, all) {
  const own = keywords.filter((word) => !all.includes(word));
  const more = own.length - WORDS_SHOWN;
  return more > 0 ? `${own.slice(0, WORDS_SHOWN).join(", ")} and ${number(more)} more` : own.join(", ");
}

/** How many bits a file is from the nearest other one of its group; "" where kinds know no distance. */
/** @type {(by: AlikeBy, distance: number) => string} */
export const apartInWords = (by, distance) => BITS[by] ? number(distance) : "";

/** By what a group is known while it is shown: its first file. @param {AlikeGroup} group */
export const nameOf = (group) => group.files[0]?.file.path ?? "";

/** Whether groups are drawn as others are. @type {(groups: AlikeGroup[], others: AlikeGroup[]) => boolean} */
export const sameGroups = (groups, others) => JSON.stringify(groups) === JSON.stringify(others);

/** The files of a group that stay: those that were chosen, or else the one that is worth most. */
/** @type {(group: AlikeGroup, judged: Judged) => string[]} */
export function staying(group, { kept }) {
  const chosen = filesOf(group).map(({ path }) => path).filter((path) => Object.hasOwn(kept, path));
  return chosen.length ? chosen : [group.keep];
}

/** What a plan is asked for: of the groups that are ticked, or of all. */
/** @type {(asked: AlikeAsked, judged: Judged, format: "sh" | "csv") => PlanAsked} */
export const planAsked = ({ by, max_distance }, { kept, ticked }, format) => ({
  by,
  format,
  ...(max_distance === null ? {} : { max_distance }),
  ...(Object.keys(kept).length ? { keepers: Object.keys(kept) } : {}),
  ...(ticked.length ? { groups_of: ticked } : {}),
});

/** Whether there is a plan: of files that are only similar none of all groups. */
/** @type {(asked: Pick<AlikeAsked, "by">, judged: Judged) => boolean} */
export const canPlan = ({ by }, { kept, ticked }) =>
  by !== "features" || ticked.length > 0 || Object.keys(kept).length > 0;

/** Of how many groups it is. @type {(asked: Pick<AlikeAsked, "by">, judged: Judged, total: number) => string} */
export const planInWords = (asked, judged, total) =>
  judged.ticked.length
    ? `Plan of ${count(judged.ticked.length, "ticked group")}`
    : !canPlan(asked, judged)
    ? "Tick groups or keep files first: similar is no proof"
    : asked.by === "features"
    ? `Plan of the groups of ${count(Object.keys(judged.kept).length, "kept file")}`
    : total === 1
    ? "Plan of the group"
    : `Plan of all ${number(total)} groups`;
