import { IdentifierError } from "./identifier.ts";
import { readShape } from "./reading.ts";

/**
 * Reads a freight container number (ISO 6346): three letters of the owner, U (freight container), J (detachable
 * equipment) or Z (trailer, chassis), six digits, check digit. Spaces, and the box painted around the check digit,
 * are not part of the number.
 *
 * The check digit detects every single wrong digit, except where the remainder changes between 10 and 0: both are
 * written 0.
 *
 * @returns 11 characters, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character`, `format` or `check_digit`
 */
export function parseContainer(text: string): string {
  const value = readShape("container", text, {
    lengths: [11],
    alphabet: /^[0-9A-Z]$/,
    expected: "letters and digits",
  });
  if (!/^[A-Z]{3}[UJZ][0-9]{7}$/.test(value))
    throw new IdentifierError(
      "container",
      "format",
      `is ${value}, expected three letters of the owner, then U, J or Z, then seven digits`,
    );
  const expected = checkDigit(value.slice(0, 10));
  if (value[10] !== expected)
    throw new IdentifierError(
      "container",
      "check_digit",
      `check digit is ${value[10]}, expected ${expected}`,
    );
  return value;
}

/** ISO 6346, annex A: sum of value × 2^position, mod 11, and 10 becomes 0. */
function checkDigit(body: string): string {
  let sum = 0;
  for (let index = 0; index < body.length; index++) sum += characterValue(body.charAt(index)) * 2 ** index;
  return String((sum % 11) % 10);
}

/** Letter values start at 10 (A) and skip 11, 22 and 33, which are 0 mod 11. */
function characterValue(character: string): number {
  const base36 = parseInt(character, 36);
  if (base36 < 10) return base36;
  return base36 + Math.floor((base36 - 1) / 10);
}
