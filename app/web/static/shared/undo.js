// Undoing a session: what it would come to is asked first, and told in the question.

import * as api from "../lib/api.js";
import { count } from "../lib/words.js";
import { ask } from "./confirm.js";

/**
 * What an undo came to, in a sentence; null where a person thought better of it. Throws what the server refuses.
 *
 * @param {string} id
 * @returns {Promise<string | null>}
 */
export async function undoSession(id) {
  const { removed, kept } = await api.undo(id);
  if (!removed) {
    const why = kept
      ? "every file was looked at by another session since, or has words of yours"
      : "it left nothing here";
    return `Nothing to undo: ${why}.`;
  }
  const stay = kept ? ` ${count(kept, "other file")} of it ${kept === 1 ? "stays" : "stay"}.` : "";
  const yes = await ask({
    title: "Undo this session?",
    text: `The library forgets ${
      count(removed, "file")
    } that only this session added.${stay} No file on disk is touched.`,
    yes: `Forget ${count(removed, "file")}`,
    no: "Keep them",
  });
  if (!yes) return null;
  const done = await api.undo(id, removed);
  return `Undone: the library forgot ${count(done.removed, "file")}. The session and its report stay.`;
}
