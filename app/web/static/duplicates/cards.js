// How a group of files that are alike is drawn: side by side, each with what it has in another way than the others.

import { thumbnailUrl } from "../lib/api.js";
import { make } from "../lib/dom.js";
import { count, fileName, number, readable } from "../lib/words.js";
import { nameText } from "../shared/paths.js";
import { mark } from "../shared/veil.js";
import { apartInWords, inCommon, linesOf, nameOf, shortened, staying } from "./groups.js";

/** @import { AlikeBy, AlikeFile, AlikeGroup, GroupLine, Judged } from "../lib/types.d.ts" */

const WITH_KEYS = 9;

/** @type {(group: AlikeGroup, by: AlikeBy, judged: Judged) => HTMLElement} */
export function groupCard(group, by, judged) {
  const [lines, name, stays] = [linesOf(group), nameOf(group), staying(group, judged)];
  const [same, ticked] = [inCommon(group), judged.ticked.includes(name)];
  const title = `${count(group.number, "file")} like ${readable(fileName(name))}`;
  const more = group.number - group.files.length;
  const files = group.files.map((one, place) =>
    fileCard(one, place, {
      by,
      lines,
      most: one.file.path === group.keep,
      stays: stays.includes(one.file.path),
      kept: Object.hasOwn(judged.kept, one.file.path),
    })
  );
  return make(
    "article",
    {
      class: ticked ? "card group ticked" : "card group",
      tabindex: -1,
      "aria-label": title,
      "data-group": name,
    },
    make(
      "div",
      { class: "group-head" },
      make(
        "label",
        { class: "group-tick", title: "Tick it for the plan" },
        make("input", { type: "checkbox", checked: ticked, "aria-label": `Tick ${title}` }),
        make("span", { class: "group-number" }, count(group.number, "file")),
      ),
      same.length
        ? make("span", { class: "quiet group-same" }, `all ${same.map((text) => readable(text)).join(" · ")}`)
        : null,
    ),
    make("ul", { class: "group-files" }, files),
    more > 0 ? make("p", { class: "quiet" }, `and ${count(more, "other file")}, which the plan knows, too`) : null,
  );
}

/**
 * @param {AlikeFile} one
 * @param {number} place
 * @param {{ by: AlikeBy, lines: GroupLine[], most: boolean, stays: boolean, kept: boolean }} how
 */
function fileCard({ file, distance }, place, { by, lines, most, stays, kept }) {
  const name = fileName(file.path);
  const href = `/file?${new URLSearchParams({ path: file.path })}`;
  const far = apartInWords(by, distance);
  const folder = file.path.slice(0, -name.length - 1);
  return make(
    "li",
    { class: stays ? "alike stays" : "alike" },
    make(
      "div",
      { class: "alike-inner" },
      picture(file, href, place),
      most ? make("span", { class: "mark alike-most" }, "Worth most") : null,
      make(
        "div",
        { class: "alike-told" },
        make(
          "a",
          { class: "alike-name", href, title: readable(file.path) },
          nameText(shortened(file.path)),
        ),
        make("small", { class: "quiet path" }, make("bdi", { dir: "ltr" }, readable(folder))),
        make(
          "dl",
          {},
          lines.map(({ label, texts, best }) => line(label, texts[place] ?? "", best[place] ?? false)),
          far ? line("Bits apart", far, false) : null,
        ),
        make(
          "p",
          { class: "alike-foot" },
          kept ? make("span", { class: "mark good" }, "✓ Kept") : make(
            "button",
            {
              type: "button",
              class: stays ? "keep-one" : "plain keep-one",
              "data-keep": file.path,
              "data-acts": true,
              "aria-label": `Keep this one: ${readable(name)}`,
            },
            "Keep this one",
          ),
        ),
      ),
    ),
  );
}

/** @type {(file: AlikeFile["file"], href: string, place: number) => HTMLElement} */
function picture(file, href, place) {
  const nothing = () => make("span", { class: "alike-none" }, file.kind === "video" ? "Video" : "No picture");
  const image = make("img", { src: thumbnailUrl(file.path), alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(nothing()));
  const link = make(
    "a",
    { class: "alike-picture", href, "aria-label": `${place + 1} ${readable(fileName(file.path))}` },
    file.has_thumbnail ? image : nothing(),
    place < WITH_KEYS ? make("kbd", { "aria-hidden": "true" }, number(place + 1)) : null,
  );
  mark(link, file.has_thumbnail ? file.is_nsfw : undefined);
  return link;
}

/** @type {(label: string, text: string, best: boolean) => HTMLElement} */
const line = (label, text, best) =>
  make(
    "div",
    {},
    make("dt", {}, label),
    make("dd", { class: text ? (best ? "best" : null) : "quiet" }, make("bdi", {}, text ? readable(text) : "none")),
  );
