import { IdentifierError } from "./identifier.ts";
import { requireString } from "./reading.ts";

const SHAPE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;

/**
 * Reads a calendar date, `YYYY-MM-DD` (ISO 8601-1, the extended format), from 0001-01-01 to 9999-12-31. It must be a
 * day that the Gregorian calendar has. It has no time zone.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `format` or `unknown` (no such day)
 */
export function parseDate(text: string): string {
  const value = requireString("date", text);
  if (!SHAPE.test(value)) throw new IdentifierError("date", "format", "must be written YYYY-MM-DD");
  if (!isDate(value))
    throw new IdentifierError("date", "unknown", `is ${value}, expected a day of the calendar`);
  return value;
}

/** Whether `parseDate` reads a text. */
export function isDate(text: string): boolean {
  const parts = SHAPE.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return false;
  const [year = 0, month = 0, day = 0] = parts;
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

/**
 * Orders two dates.
 *
 * @returns -1 if `a` is before `b`, 0 on the same day, 1 after
 * @throws {TypeError} if one is not a string
 * @throws {IdentifierError} if one is not a date
 */
export function compareDates(a: string, b: string): -1 | 0 | 1 {
  const [left, right] = [parseDate(a), parseDate(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1; // fixed width: text order is date order
}

/**
 * A moment as RFC 3339, in UTC with milliseconds.
 *
 * @param atMs milliseconds since the Unix epoch
 * @throws {RangeError} if `atMs` is outside the range of a JavaScript date
 */
export function rfc3339(atMs: number): string {
  return new Date(atMs).toISOString();
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
