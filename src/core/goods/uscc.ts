import { IdentifierError, type IdentifierWarning, type ParsedIdentifier } from "./identifier.ts";
import { readShape } from "./reading.ts";

/** GB 32100-2015: no I, O, S, V, Z. A character's value is its index; 31 of them, a prime. */
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** Prefix of an individual business (个体工商户), such as a shop in a market. */
const INDIVIDUAL_SHOP = "92";

/** GB 11714, of positions 9 to 16. */
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/**
 * Reads a unified social credit code, 统一社会信用代码 (GB 32100-2015): registering authority, type, six digits of division,
 * organisation code, check character. The check character detects every single wrong character and every swap of two
 * neighbours.
 *
 * The organisation code (positions 9 to 17) has a separate check character (GB 11714). A mismatch there is only a
 * warning: we have no proof that every code in use satisfies it.
 *
 * @returns 18 characters, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character`, `format` or `check_digit`
 */
export function parseUscc(text: string): ParsedIdentifier {
  const value = readShape("uscc", text, {
    lengths: [18],
    alphabet: /^[0-9A-HJ-NPQRTUWXY]$/,
    expected: "digits and the letters A to Y without I, O, S and V",
  });
  requireLayout(value);
  const expected = usccCheckCharacter(value.slice(0, 17));
  if (value[17] !== expected)
    throw new IdentifierError("uscc", "check_digit", `check character is ${value[17]}, expected ${expected}`);
  return { value, warnings: organisationWarnings(value) };
}

/**
 * Whether a USCC belongs to an individual business (个体工商户), as the shops of a procurement market are.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} if it is not a USCC
 */
export function isIndividualShop(text: string): boolean {
  return parseUscc(text).value.startsWith(INDIVIDUAL_SHOP);
}

/** Authorities are digits, A, N (rural collectives and similar) and Y (others); division codes are GB/T 2260. */
function requireLayout(value: string): void {
  if (!/^[0-9ANY]/.test(value))
    throw new IdentifierError("uscc", "format", `begins with ${value[0]}, expected a digit, A, N or Y`);
  if (!/^..[0-9]{6}/.test(value))
    throw new IdentifierError(
      "uscc",
      "format",
      `has ${value.slice(2, 8)} as its division, expected six digits`,
    );
}

/** Weights are 3^i mod 31. The outer `% 31` matters: without it one code in 31, those ending in 0, would be refused. */
function usccCheckCharacter(body: string): string {
  let sum = 0;
  let weight = 1;
  for (const character of body) {
    sum += ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return ALPHABET.charAt((31 - (sum % 31)) % 31);
}

function organisationWarnings(value: string): IdentifierWarning[] {
  const expected = organisationCheckCharacter(value.slice(8, 16));
  if (value[16] === expected) return [];
  const message = `organisation code (positions 9 to 17) has check character ${value[16]}, GB 11714 expects ${expected}`;
  return [{ reason: "check_digit", message }];
}

/** GB 11714: A is 10 … Z is 35; 10 is written X, 11 is written 0. */
function organisationCheckCharacter(body: string): string {
  const sum = ORGANISATION_WEIGHTS.reduce(
    (total, weight, index) => total + weight * parseInt(body.charAt(index), 36),
    0,
  );
  const check = 11 - (sum % 11);
  if (check === 10) return "X";
  return check === 11 ? "0" : String(check);
}
