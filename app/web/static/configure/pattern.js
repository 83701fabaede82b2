// What people type for a pattern, and what they mean: "jpg" or "*.jpg, *.png" names no file.

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
