// How a search is put together from parts: the words of the search language, as docs/search.md has them. Pure.

const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N}_./-]*$/u;
const FIELD = /** @type {Record<string, string>} */ ({ year: "taken", month: "taken", prompt_verdict: "verdict" });
const EXACT = new Set(["camera", "lens", "model", "lora"]); // fields of words: `=` asks for the whole value
const FLAGS = new Set(["incomplete", "missing"]);
const WORDS = new Set(["and", "or", "not", "none"]);

/** A value as it stands in a search. @param {string} value */
export function quoted(value) {
  return PLAIN.test(value) && !WORDS.has(value.toLowerCase()) ? value : `"${value.replace(/["\\*]/g, "\\$&")}"`;
}

/**
 * The term of a search that means the files which a facet counts under a value.
 *
 * @type {(facet: string, value: string | number | boolean | null) => string}
 */
export function termOf(facet, value) {
  if (FLAGS.has(facet)) return value ? `is:${facet}` : `-is:${facet}`;
  const field = FIELD[facet] ?? facet;
  return value === null ? `${field}:none` : `${field}${EXACT.has(field) ? "=" : ":"}${quoted(String(value))}`;
}

/**
 * The parts of a search that stand side by side, each as it is written; a part in parentheses is one.
 *
 * @param {string} q
 */
export function parts(q) {
  const found = [];
  let part = "";
  let depth = 0;
  let within = false;
  for (let at = 0; at < q.length; at += 1) {
    const char = q.charAt(at);
    if (within && char === "\\") {
      part += char + q.charAt(at += 1);
      continue;
    }
    if (char === '"') within = !within;
    if (!within && char === "(") depth += 1;
    if (!within && char === ")") depth -= 1;
    if (/\s/.test(char) && !within && depth <= 0) {
      if (part) found.push(part);
      part = "";
    } else part += char;
  }
  return part ? [...found, part] : found;
}

/** @type {(q: string, term: string) => boolean} whether a search has a term as one of its parts */
export const has = (q, term) => parts(q).includes(term);

/** The search with a term beside all that it says. @type {(q: string, term: string) => string} */
export function withTerm(q, term) {
  const before = q.trim();
  if (!before) return term;
  return parts(before).some((part) => part.toLowerCase() === "or") ? `(${before}) ${term}` : `${before} ${term}`;
}

/** The search without a term. @type {(q: string, term: string) => string} */
export const withoutTerm = (q, term) => parts(q).filter((part) => part !== term).join(" ");

/** The one folder that a search is about, `ROOT/relative`; empty where it names none, or several. @param {string} q */
export function folderOf(q) {
  const named = parts(q).flatMap((part) => /^(?:folder|root):(?:"((?:[^"\\]|\\.)*)"|([^"*()]+))$/iu.exec(part) ?? []);
  const [, quoted, plain] = named;
  return named.length === 3 ? (plain ?? quoted ?? "").replace(/\\(.)/g, "$1") : "";
}
