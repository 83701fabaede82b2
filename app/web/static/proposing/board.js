// What is proposed for files, and what a person ticks of it, adds to it and changes in it. Pure: each step gives another board.

/** @import { Board, BoardFile, BoardWord, EditOfOne, FileProposals, Origin, Proposal } from "../lib/types.d.ts" */

/** Where a proposal comes from, as a person tells them apart. @type {(proposal: Proposal) => Origin} */
export function originOf({ source, by }) {
  if (source === "similar") return by === "phash" || by === "features" ? "similar" : "copy";
  return source;
}

/** A word as it is compared: one word in two spellings is proposed once. @param {string} text */
export const keyOf = (text) => text.normalize("NFC").toLowerCase();
/** A word as it is written: in one line, without spaces at its ends. @param {string} text */
export const plain = (text) => text.normalize("NFC").trim().replaceAll(/\s+/g, " ");

/** @param {FileProposals[]} files */
export const boardOf = (files) => files.map(fileOf);

/** @type {(file: FileProposals) => BoardFile} */
function fileOf({ proposed, ...file }) {
  /** @type {Map<string, BoardWord>} */
  const words = new Map();
  for (const one of proposed) {
    const key = keyOf(one.text);
    const word = words.get(key) ??
      { text: one.text, origins: [], confidence: one.confidence, like: one.like, ticked: false };
    if (!word.origins.includes(originOf(one))) word.origins.push(originOf(one));
    words.set(key, word);
  }
  return { ...file, words: [...words.values()] };
}

/** Whether a word is shown: one that is ticked always is, so that nothing is committed unseen. */
/** @type {(word: BoardWord, shown: Set<Origin>) => boolean} */
export const isShown = ({ ticked, origins }, shown) => ticked || origins.some((origin) => shown.has(origin));

/** @type {(board: Board, change: (file: BoardFile) => BoardFile) => Board} */
const eachFile = (board, change) => board.map(change);
/** @type {(file: BoardFile, text: string) => boolean} */
const has = ({ keywords }, text) => keywords.some((keyword) => keyOf(keyword) === keyOf(text));

/** Ticks a word or takes the tick away, in one file, or in all for which it is there. */
/** @type {(board: Board, text: string, ticked: boolean, path?: string) => Board} */
export const tick = (board, text, ticked, path) =>
  eachFile(board, (file) => path !== undefined && file.path !== path ? file : changed(file, text, { ticked }));

/** @type {(file: BoardFile, text: string, change: Partial<BoardWord>) => BoardFile} */
function changed(file, text, change) {
  const key = keyOf(text);
  if (!file.words.some((word) => keyOf(word.text) === key)) return file;
  return { ...file, words: file.words.map((word) => keyOf(word.text) === key ? { ...word, ...change } : word) };
}

/** Ticks all that is shown, or nothing any more. @type {(board: Board, shown: Set<Origin>, ticked: boolean) => Board} */
export const tickShown = (board, shown, ticked) =>
  eachFile(
    board,
    (file) => ({
      ...file,
      words: file.words.map((word) => ({ ...word, ticked: ticked ? isShown(word, shown) : false })),
    }),
  );

/** Adds a word of one's own, ticked, to one file or to all that have it not. */
/** @type {(board: Board, text: string, path?: string) => Board} */
export function add(board, text, path) {
  const own = plain(text);
  if (!own) return board;
  return eachFile(board, (file) => {
    if ((path !== undefined && file.path !== path) || has(file, own)) return file;
    const there = file.words.some((word) => keyOf(word.text) === keyOf(own));
    if (there) return changed(file, own, { ticked: true });
    return {
      ...file,
      words: [...file.words, { text: own, origins: ["own"], confidence: 1, like: null, ticked: true }],
    };
  });
}

/** Writes a word otherwise wherever it is; it stays ticked where it was, and goes where the file has the new one. */
/** @type {(board: Board, from: string, to: string) => Board} */
export function rename(board, from, to) {
  const [before, text] = [keyOf(from), plain(to)];
  if (!text || text === from) return board;
  return eachFile(board, (file) => {
    const old = file.words.find((word) => keyOf(word.text) === before);
    if (!old) return file;
    const other = file.words.find((word) => word !== old && keyOf(word.text) === keyOf(text));
    const origins = [...new Set([...old.origins, ...(other?.origins ?? [])])];
    const now = { ...old, text, origins, ticked: old.ticked || (other?.ticked ?? false) };
    const words = file.words.flatMap((word) =>
      word === old ? (has(file, text) ? [] : [now]) : word === other ? [] : [word]
    );
    return { ...file, words };
  });
}

/**
 * The words over all files, those of most files first.
 *
 * @type {(board: Board, shown: Set<Origin>) => { text: string, files: number, ticked: number, origins: Origin[] }[]}
 */
export function wordsOf(board, shown) {
  /** @type {Map<string, { text: string, files: number, ticked: number, origins: Origin[] }>} */
  const words = new Map();
  for (const word of board.flatMap((file) => file.words)) {
    if (!isShown(word, shown)) continue;
    const one = words.get(keyOf(word.text)) ?? { text: word.text, files: 0, ticked: 0, origins: [] };
    one.files += 1;
    one.ticked += Number(word.ticked);
    one.origins = [...new Set([...one.origins, ...word.origins])];
    words.set(keyOf(word.text), one);
  }
  return [...words.values()].sort((one, other) => other.files - one.files || one.text.localeCompare(other.text));
}

/** Which sources any word has, with how many of them. @param {Board} board */
export function originsOf(board) {
  /** @type {Map<Origin, number>} */
  const origins = new Map();
  for (const origin of board.flatMap((file) => file.words).flatMap((word) => word.origins)) {
    origins.set(origin, (origins.get(origin) ?? 0) + 1);
  }
  return origins;
}

/** What a commit says of each file that has a tick. @type {(board: Board) => EditOfOne[]} */
export const editsOf = (board) =>
  board.flatMap(({ path, words }) => {
    const ticked = words.filter((word) => word.ticked).map((word) => word.text);
    return ticked.length ? [{ path, add_keywords: ticked }] : [];
  });

/** The board after a commit of these edits: their words are the files'. What was ticked meanwhile stays ticked. */
/** @type {(board: Board, edits: EditOfOne[]) => Board} */
export const committed = (board, edits) =>
  ofEdited(board, edits, (file, said) => ({
    ...file,
    keywords: [...file.keywords, ...said],
    words: file.words.filter((word) => !said.includes(word.text)),
  }));

/** The board after these edits were undone: their words are ticked again, as they were `before`. */
/** @type {(board: Board, edits: EditOfOne[], before: Board) => Board} */
export const takenBack = (board, edits, before) =>
  ofEdited(board, edits, (file, said) => {
    const words = before.find((old) => old.path === file.path)?.words.filter((word) => said.includes(word.text)) ?? [];
    const others = file.words.filter((word) => !words.some((old) => keyOf(old.text) === keyOf(word.text)));
    return { ...file, keywords: file.keywords.filter((text) => !said.includes(text)), words: [...words, ...others] };
  });

/** @type {(board: Board, edits: EditOfOne[], change: (file: Board[number], said: string[]) => Board[number]) => Board} */
function ofEdited(board, edits, change) {
  const byPath = new Map(edits.map((edit) => [edit.path, edit.add_keywords]));
  return eachFile(board, (file) => {
    const said = byPath.get(file.path);
    return said ? change(file, said) : file;
  });
}
