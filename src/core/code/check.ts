import { ALPHABET, CODE_LENGTH, MistypedCodeError, normaliseCode, symbolValue } from "./alphabet.ts";

/** Characters that the check covers: all but the last. */
const BODY_LENGTH = CODE_LENGTH - 1;

/** GF(32) as polynomials over GF(2) modulo x^5 + x^2 + 1, which is primitive: α = 2 has order 31. */
const MODULUS = 0b100101;

/**
 * α^i·v at `(i - 1) << 5 | v`, for the positions i = 1..15 of the body. The check character itself has weight 1 =
 * α^0. All 16 weights differ and none is 0, so one wrong character, or two swapped, always leaves a remainder.
 */
const WEIGHTED = weightedValues();

/** The term of symbol `value` (0–31) at body position `index` (0–14). The check value is the XOR of all terms. */
export function checkTerm(index: number, value: number): number {
  return WEIGHTED[(index << 5) | value]!;
}

/**
 * The check character of a code's first fifteen: c16 = Σ α^i·c_i over GF(32).
 *
 * @param body15 15 symbols, normalised
 * @throws {TypeError} if `body15` is not a string
 * @throws {RangeError} if it is not 15 upper-case symbols
 */
export function checkCharacter(body15: string): string {
  const value = checkValue(body15);
  if (value < 0 || body15.length !== BODY_LENGTH)
    throw new RangeError(`body15 must be ${BODY_LENGTH} characters of ${ALPHABET}`);
  return ALPHABET.charAt(value);
}

/**
 * Whether a normalised code's check character is right. Also false for a text that is not shaped like a code.
 *
 * @throws {TypeError} if `code16` is not a string
 */
export function hasValidCheck(code16: string): boolean {
  const value = checkValue(code16);
  return value >= 0 && code16.length === CODE_LENGTH && symbolValue(code16.charCodeAt(BODY_LENGTH)) === value;
}

/**
 * Reads a typed code: forgives its spelling, as `normaliseCode` does, and verifies its check character.
 *
 * @returns 16 symbols, upper case, with the right check character
 * @throws {TypeError} if `text` is not a string
 * @throws {MistypedCodeError} `character`, `length` or `check`
 */
export function parseCode(text: string): string {
  const code = normaliseCode(text);
  if (!hasValidCheck(code)) throw wrongCheck();
  return code;
}

/** The error for a well-formed code with a wrong check character. */
export function wrongCheck(): MistypedCodeError {
  return new MistypedCodeError(
    "check",
    "the check character is wrong: a character was misread, or two were swapped",
  );
}

/** The check value of the first fifteen characters, or -1 if one is missing or not a symbol. */
function checkValue(code: string): number {
  if (typeof code !== "string") throw new TypeError("a code must be a string");
  let sum = 0;
  for (let index = 0; index < BODY_LENGTH; index++) {
    const value = symbolValue(code.charCodeAt(index));
    if (value < 0) return -1;
    sum ^= checkTerm(index, value);
  }
  return sum;
}

function weightedValues(): Uint8Array {
  const table = new Uint8Array(BODY_LENGTH << 5);
  for (let value = 0; value < 32; value++) {
    let product = value;
    for (let index = 0; index < BODY_LENGTH; index++) {
      product = timesAlpha(product);
      table[(index << 5) | value] = product;
    }
  }
  return table;
}

function timesAlpha(value: number): number {
  const doubled = value << 1;
  return doubled & 32 ? doubled ^ MODULUS : doubled;
}
