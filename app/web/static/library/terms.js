// How a search is put together from parts: the words of the search language, as docs/search.md has them. Pure.

const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N}_./-]*$/u;
const FIELD = /** @type {Record<string, string>} */ ({
  year: "taken",
  month: "taken",
  day: "taken",
  prompt_verdict: "verdict",
});
const EXACT = new Set(["camera", "lens", "model", "lora", "sampler", "proposed"]); // of words: `=` asks for the whole value
const FLAGS = new Set(["incomplete", "missing", "described", "describe_failed"]);
const WORDS = new Set(["and", "or", "not", "none"]);
const OPERATOR = /(?:and|or|not)(?![^\s()"])/iy;
const QUOTED = /^(-?\w+[:=])"(.*)"$/su;

/** Text without case and accents. What it makes equal is equal to a search, too; there it is a little more. */
const folded = (/** @type {string} */ text) =>
  text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toUpperCase().toLowerCase();

/** A value as it stands in a search. @param {string} value */
export function quoted(value) {
  return PLAIN.test(value) && !WORDS.has(folded(value)) ? value : `"${value.replace(/["\\*]/g, "\\$&")}"`;
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
 * The parts of a search that stand side by side, each as it is written; one in parentheses is one part, and so is each
 * `and`, `or` and `not` between them.
 *
 * @param {string} q
 */
export function parts(q) {
  /** @type {string[]} */
  const found = [];
  let part = "";
  let depth = 0;
  const end = () => {
    if (part) found.push(part);
    part = "";
  };
  for (let at = 0; at < q.length;) {
    const rest = depth || part ? "" : operatorAt(q, at);
    const piece = rest || (q[at] === '"' ? phraseAt(q, at) : q.charAt(at));
    at += piece.length;
    if (piece === "(" && !depth && part !== "-") end();
    if (piece === "(") depth += 1;
    if (piece === ")") depth = Math.max(0, depth - 1);
    if (depth || piece.trim()) part += piece;
    if (!depth && (rest || !piece.trim() || piece === ")" || piece.startsWith('"'))) end();
  }
  end();
  return found;
}

/** @type {(q: string, at: number) => string} */
function operatorAt(q, at) {
  OPERATOR.lastIndex = at;
  return OPERATOR.exec(q)?.[0] ?? "";
}

/** The phrase that begins there, with its quotes. @type {(q: string, at: number) => string} */
const phraseAt = (q, at) => /^"(?:\\.|[^"\\])*"?/s.exec(q.slice(at))?.[0] ?? '"';

/** @param {string[]} found */
const choosing = (found) => found.some((part) => part.toLowerCase() === "or");

/** What has to hold of each file that is found: the parts of a search, none where one of several suffices. */
function conditions(/** @type {string} */ q) {
  const found = parts(q);
  /** @type {string[]} */
  const whole = [];
  if (choosing(found)) return whole;
  let before = "";
  for (const part of found) {
    if (part.toLowerCase() === "and") continue;
    if (part.toLowerCase() === "not") before += `${part} `;
    else {
      whole.push(before + part);
      before = "";
    }
  }
  return whole;
}

/** @type {(one: string, other: string) => boolean} whether two terms ask the same, however they are spelled */
const alike = (one, other) => plain(one) === plain(other);

const unescaped = (/** @type {string} */ value) => value.replace(/\\(["\\*])/g, "$1");

/** @param {string} term */
function plain(term) {
  const [, field, value] = QUOTED.exec(term) ?? [];
  return folded(field && value !== undefined ? field + quoted(unescaped(value)) : term);
}

/** @type {(q: string, term: string) => boolean} whether a term has to hold of each file that a search finds */
export const has = (q, term) => conditions(q).some((one) => alike(one, term));

/** The values of a field that a search asks for of each file that it finds. @type {(q: string, field: string) => string[]} */
export const valuesOf = (q, field) =>
  conditions(q).flatMap((one) => {
    if (!one.toLowerCase().startsWith(`${field}:`)) return [];
    const [, , value] = QUOTED.exec(one) ?? [];
    return [value === undefined ? one.slice(field.length + 1) : unescaped(value)];
  });

/** The search with a term beside all that it says. @type {(q: string, term: string) => string} */
export function withTerm(q, term) {
  const before = q.trim();
  if (!before) return term;
  return choosing(parts(before)) ? `(${before}) ${term}` : `${before} ${term}`;
}

/** The search without a term that has to hold. @type {(q: string, term: string) => string} */
export const withoutTerm = (q, term) => conditions(q).filter((one) => !alike(one, term)).join(" ");

/** The one folder that a search is about, `ROOT/relative`; empty where it names none, or several. @param {string} q */
export function folderOf(q) {
  const named = conditions(q).flatMap((part) =>
    /^(?:folder|root):(?:"((?:[^"\\]|\\.)*)"|(?!none$)([^"*()]+))$/iu.exec(part) ?? []
  );
  const [, phrase, bare] = named;
  return named.length === 3 ? (bare ?? phrase ?? "").replace(/\\(.)/g, "$1") : "";
}
