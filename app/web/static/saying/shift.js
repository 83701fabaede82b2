// By how much times are moved, between the fields of a form, seconds, and words. Pure.

/** @type {[seconds: number, unit: string][]} */
const UNITS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];

/**
 * The seconds that a form names; null where a field holds no whole number of 0 or more, empty fields are 0.
 *
 * @type {(form: { sign: string, days: string, hours: string, minutes: string, seconds: string }) => number | null}
 */
export function secondsOf({ sign, days, hours, minutes, seconds }) {
  const parts = [days, hours, minutes, seconds].map((text) => text.trim() || "0");
  if (!parts.every((text) => /^\d{1,9}$/.test(text))) return null;
  const sum = parts.reduce((sum, text, at) => sum + Number(text) * (UNITS[at]?.[0] ?? 0), 0);
  return sign === "-" && sum ? -sum : sum;
}

/** "+1 d 2 h", "−30 s"; empty for none. @param {number} seconds */
export function shiftInWords(seconds) {
  let rest = Math.abs(seconds);
  const parts = UNITS.flatMap(([size, unit]) => {
    const many = Math.floor(rest / size);
    rest -= many * size;
    return many ? [`${many} ${unit}`] : [];
  });
  return parts.length ? `${seconds < 0 ? "−" : "+"}${parts.join(" ")}` : "";
}
