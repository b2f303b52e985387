import { IdentifierError } from "./identifier.ts";
import { readShape } from "./reading.ts";

/**
 * Reads a Legal Entity Identifier (ISO 17442): 18 letters and digits, two check digits after ISO/IEC 7064 MOD 97-10.
 * Check digits run from 02 to 98; 00, 01 and 99, which leave the same remainders, are refused.
 *
 * @returns 20 characters, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `check_digit`
 */
export function parseLei(text: string): string {
  const value = readShape("lei", text, {
    lengths: [20],
    alphabet: /^[0-9A-Z]$/,
    expected: "letters and digits",
  });
  const expected = checkDigits(value.slice(0, 18));
  const found = value.slice(18);
  if (found !== expected)
    throw new IdentifierError("lei", "check_digit", `check digits are ${found}, expected ${expected}`);
  return value;
}

/** Letters are read as two decimal digits, A as 10 to Z as 35. */
function checkDigits(body: string): string {
  let remainder = 0;
  for (const character of `${body}00`) {
    const value = parseInt(character, 36);
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  }
  return String(98 - remainder).padStart(2, "0");
}
