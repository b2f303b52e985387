import { IdentifierError, type ParsedIdentifier } from "./identifier.ts";
import { readShape } from "./reading.ts";

const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/** ISO 3779's transliteration: a digit counts as itself, and letters run 1 to 9 three times, with gaps. */
const LETTER_VALUES = new Map(
  "A1 B2 C3 D4 E5 F6 G7 H8 J1 K2 L3 M4 N5 P7 R9 S2 T3 U4 V5 W6 X7 Y8 Z9"
    .split(" ")
    .map((pair) => [pair.charAt(0), Number(pair.charAt(1))]),
);

/** Index of the check digit: position 9. */
const CHECK = 8;

interface VinOptions {
  /** True if the check digit binds: a vehicle made for, or going to, North America or China. Default false. */
  readonly strict?: boolean;
}

interface Vin extends ParsedIdentifier {
  /** Whether position 9 is the right check digit; if not, a warning has the right one. */
  readonly conformant: boolean;
}

/**
 * Reads a vehicle identification number (ISO 3779; GB 16735 in China). Wrong characters are always an error. The
 * check digit is mandatory in North America and China only, and many valid European numbers have none: a mismatch is
 * reported in `conformant` and as a warning, or refused with `strict`.
 *
 * The check digit detects a wrong character only if its value differs: every wrong digit, but not A for J, which both
 * count 1.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length` or `character`; with `strict` also `check_digit`
 */
export function parseVin(text: string, options: VinOptions = {}): Vin {
  const value = readShape("vin", text, {
    lengths: [17],
    alphabet: /^[0-9A-HJ-NPR-Z]$/,
    expected: "digits and the letters A to Z without I, O and Q",
  });
  const expected = checkDigit(value);
  const found = value.charAt(CHECK);
  if (found === expected) return { value, conformant: true, warnings: [] };
  const mismatch = new IdentifierError(
    "vin",
    "check_digit",
    `check digit (position 9) is ${found}, expected ${expected}`,
  );
  if (options.strict === true) throw mismatch;
  return { value, conformant: false, warnings: [{ reason: mismatch.reason, message: mismatch.message }] };
}

function checkDigit(vin: string): string {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * characterValue(vin.charAt(index)), 0);
  return sum % 11 === 10 ? "X" : String(sum % 11);
}

function characterValue(character: string): number {
  return LETTER_VALUES.get(character) ?? Number(character);
}
