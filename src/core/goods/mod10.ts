import { IdentifierError, type Scheme } from "./identifier.ts";
import { readDigits } from "./reading.ts";

/**
 * The check digit of a GS1 key (GS1 General Specifications, 7.9): weights 3, 1, 3, 1 … from the right of the body. It
 * detects every single wrong digit, and swaps of neighbours that do not differ by 5.
 *
 * @param body the digits before the check digit, at least one
 * @returns one digit
 * @throws {TypeError} if `body` is not a string
 * @throws {RangeError} if it is not all digits
 */
export function mod10CheckDigit(body: string): string {
  if (typeof body !== "string") throw new TypeError("body must be a string");
  if (!/^[0-9]+$/.test(body)) throw new RangeError("body must be digits, at least one");
  let sum = 0;
  for (let index = 0; index < body.length; index++) {
    const weight = (body.length - index) % 2 === 1 ? 3 : 1;
    sum += weight * Number(body[index]);
  }
  return String((10 - (sum % 10)) % 10);
}

/**
 * Reads a GS1 key that ends in a check digit.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `check_digit`
 */
export function parseMod10(scheme: Scheme, text: string, lengths: readonly number[]): string {
  const digits = readDigits(scheme, text, lengths);
  const expected = mod10CheckDigit(digits.slice(0, -1));
  const found = digits.slice(-1);
  if (found !== expected)
    throw new IdentifierError(scheme, "check_digit", `check digit is ${found}, expected ${expected}`);
  return digits;
}
