// The emphasis in a prompt, as its text writes it: `(word:1.3)`, `(word)` and `[word]`. Pure; no element is known.

const ROUND = 1.1; // what a pair of parentheses multiplies by, and a pair of brackets divides by
const DEEPEST = 64; // pairs in each other that count: beyond, a text is not meant for people, and takes its time
const TOLD = /^:\s*(\d{1,2}(?:\.\d{1,4})?)\s*\)/;

/**
 * @typedef {{ text: string, weight: number }} Piece
 * @typedef {{ sign: string, from: number }} Opened
 */

/**
 * The pieces of a prompt with their weights, in order; together they are the text. What is never closed has none.
 *
 * @param {string} text
 * @returns {Piece[]}
 */
export function weighted(text) {
  const weights = new Float64Array(text.length).fill(1);
  /** @type {Opened[]} */
  const open = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === "\\") at += 1; // what follows is meant as it is
    else if (sign === "(" || sign === "[") open.push({ sign, from: at });
    else if (sign === ":" && open.at(-1)?.sign === "(") {
      const told = TOLD.exec(text.slice(at, at + 16));
      if (!told) continue;
      const end = at + told[0].length;
      const from = open.pop()?.from ?? 0;
      if (open.length < DEEPEST) multiply(weights, from, end, Number(told[1]));
      at = end - 1;
    } else if (sign === ")" || sign === "]") {
      const from = open.at(-1)?.sign === (sign === ")" ? "(" : "[") ? open.pop()?.from : undefined;
      if (from !== undefined && open.length < DEEPEST) {
        multiply(weights, from, at + 1, sign === ")" ? ROUND : 1 / ROUND);
      }
    }
  }
  return pieces(text, weights);
}

/** @type {(weights: Float64Array, from: number, end: number, by: number) => void} */
function multiply(weights, from, end, by) {
  for (let at = from; at < end; at += 1) weights[at] = (weights[at] ?? 1) * by;
}

/** @type {(text: string, weights: Float64Array) => Piece[]} */
function pieces(text, weights) {
  /** @type {Piece[]} */
  const found = [];
  for (let from = 0, at = 1; at <= text.length; at += 1) {
    if (at < text.length && weights[at] === weights[from]) continue;
    found.push({ text: text.slice(from, at), weight: weights[from] ?? 1 });
    from = at;
  }
  return found;
}
