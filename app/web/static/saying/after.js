// What a file of a list looks like after something was said of it, where the list does not find it any more. Pure.

/** @import { FoundFile, Words } from "../lib/types.d.ts" */

/** @type {(file: FoundFile, words: Words) => FoundFile} */
export function afterWords(file, { set = {}, add_keywords: added = [], remove_keywords: removed = [], release = [] }) {
  const keywords = [...new Set([...(set.keywords ?? file.keywords), ...added])].filter((word) =>
    !removed.includes(word)
  );
  return {
    ...file,
    score: release.includes("score") ? null : set.score === undefined ? file.score : set.score,
    title: set.title === undefined ? file.title : set.title || null,
    taken_at: set.taken_at === undefined ? file.taken_at : set.taken_at || null,
    is_nsfw: set.nsfw === undefined || set.nsfw === null ? file.is_nsfw : set.nsfw,
    keywords,
  };
}
