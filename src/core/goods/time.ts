import { isDate } from "./date.ts";
import { IdentifierError } from "./identifier.ts";
import { requireString } from "./reading.ts";

const SHAPE = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const EXAMPLE = "such as 2026-11-28T11:00:00+08:00 or 2026-11-28T03:00:00Z";
const MAX_LENGTH = 40;
const MINUTE_MS = 60_000;

/**
 * Reads a moment of RFC 3339, 5.6, with seconds and a zone. `t` and `z` may be in lower case. A leap second
 * (`23:59:60` UTC at the end of June or December) becomes second 59: neither dates of JavaScript nor POSIX time have it,
 * and it stays in its day.
 *
 * @returns the text in upper case, which `Date.parse` reads
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `format`, or `unknown` (no such moment)
 */
export function readTime(text: string): string {
  const given = requireString("time", text);
  if (given.length > MAX_LENGTH) throw wrong("length", `has ${given.length} characters`);
  const parts = SHAPE.exec(given.toUpperCase());
  if (parts === null) throw wrong("format", fault(given));
  const [time, date = "", hour = "", minute = "", second = "", fraction = "", zone = ""] = parts;
  const before = `${date}T${hour}:${minute}:59${fraction}${zone}`;
  const read = second === "60" ? before : time;
  // Date.parse reads 30 February as 2 March, and 24:00 as the next day.
  const exists = isDate(date) && Number(hour) < 24 && !Number.isNaN(Date.parse(read));
  if (!exists) throw wrong("unknown", `is ${given}, which no calendar or clock shows`);
  if (second === "60" && !isLeapSecond(Date.parse(before)))
    throw wrong("unknown", "has second 60, which only 23:59 UTC of a 30 June or 31 December can have");
  return read;
}

/** Whether the last second before a possible leap second (ITU-R TF.460-6, annex 1, 2.1). */
function isLeapSecond(lastSecondMs: number): boolean {
  const next = new Date(lastSecondMs - (lastSecondMs % MINUTE_MS) + MINUTE_MS).toISOString();
  return /-(01|07)-01T00:00:00/.test(next);
}

/** What the text lacks. */
function fault(given: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(given)) return "has a date only";
  if (/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(given))
    return "has no zone (Z, or an offset such as +08:00)";
  return "is not a time of RFC 3339 with seconds and a zone";
}

function wrong(reason: "length" | "format" | "unknown", problem: string): IdentifierError {
  return new IdentifierError("time", reason, `${problem}; expected ${EXAMPLE}`);
}
