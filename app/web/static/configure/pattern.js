// What people type for a pattern, and what they mean: "jpg" or "*.jpg, *.png" names no file.

import { byId } from "../lib/dom.js";

const SUFFIX = /^(?:\*?\.)?([a-z0-9]{2,5})$/i;

/**
 * The globs that a person means who typed suffixes, with or without commas: "jpg, .png" is "*.jpg|*.png". Null where
 * the pattern may be meant as it stands.
 *
 * @param {string} pattern
 */
export function meantPattern(pattern) {
  const parts = pattern.split(/[|,;\s]+/).filter(Boolean);
  const suffixes = parts.map((part) => SUFFIX.exec(part)?.[1]);
  if (!parts.length || suffixes.includes(undefined)) return null;
  const meant = suffixes.map((suffix) => `*.${suffix}`).join("|");
  return meant === pattern ? null : meant;
}

/** @param {string} pattern */
export function setPattern(pattern) {
  byId("pattern").value = pattern;
  byId("pattern").dispatchEvent(new Event("input", { bubbles: true }));
}

/** Offers what a person means who typed suffixes instead of globs. */
function offerMeant() {
  const meant = meantPattern(byId("pattern").value.trim());
  byId("pattern-meant").hidden = meant === null;
  byId("pattern-use").textContent = meant ?? "";
}

export function preparePattern() {
  byId("pattern").addEventListener("input", offerMeant);
  byId("pattern-use").addEventListener("click", () => {
    setPattern(byId("pattern-use").textContent ?? "");
    byId("pattern").focus();
  });
  offerMeant();
}
