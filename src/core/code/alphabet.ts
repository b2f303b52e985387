import { normalised, TextError } from "../text.ts";

/** Crockford's base32 alphabet (crockford.com/base32): no I, L, O or U. A symbol's value is its index. */
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Characters of a trace code: 15 of enciphered serial, then 1 check character. */
export const CODE_LENGTH = 16;

/** A code as it is stored and hashed: 16 symbols, upper case, no separators. */
const NORMAL_CODE = /^[0-9A-HJKMNP-TV-Z]{16}$/;

/**
 * Separators that people and keyboards put between characters: spaces, dashes and invisible marks. U+30FC is not a
 * dash in Unicode, but the hyphen key of a Japanese keyboard types it.
 */
const SEPARATORS = /[\p{White_Space}\p{Dash}\p{Default_Ignorable_Code_Point}\u30FC]/gu;

/** Longest typed text that is read, in UTF-16 units. Longer texts are refused before any Unicode work. */
const MAX_TYPED_LENGTH = 256;

const VALUES = new Int8Array(128).fill(-1);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** Why a typed code is refused: a character that no code has, a length other than 16, or a wrong check character. */
export type MistypedReason = "character" | "length" | "check";

/** The text is not a trace code. Detecting this needs no key and no storage. */
export class MistypedCodeError extends RangeError {
  override readonly name = "MistypedCodeError";
  readonly reason: MistypedReason;
  /** For `character`: position of the wrong character, from 1, separators not counted. Otherwise undefined. */
  readonly position: number | undefined;

  constructor(reason: MistypedReason, message: string, position?: number) {
    super(message);
    this.reason = reason;
    this.position = position;
  }
}

/**
 * The value 0–31 of a symbol, or -1 for a character outside the alphabet.
 *
 * @param charCode a UTF-16 code unit
 */
export function symbolValue(charCode: number): number {
  return VALUES[charCode] ?? -1;
}

/**
 * Whether `code` is 16 upper-case symbols without separators. Does not verify the check character.
 *
 * @throws {TypeError} if `code` is not a string
 */
function isNormalised(code: string): boolean {
  if (typeof code !== "string") throw new TypeError("code must be a string");
  return NORMAL_CODE.test(code);
}

/**
 * @throws {TypeError} if `code` is not a string
 * @throws {RangeError} unless it is 16 upper-case symbols without separators
 */
export function assertNormalised(code: string): void {
  if (!isNormalised(code))
    throw new RangeError(
      `code must be ${CODE_LENGTH} upper-case characters of ${ALPHABET}, without separators`,
    );
}

/**
 * Reads a code as a person typed it: NFKC, separators stripped, any letter case, O for 0, I and L for 1. Does not
 * verify the check character: `parseCode` does.
 *
 * @returns 16 symbols, upper case
 * @throws {TypeError} if `text` is not a string
 * @throws {MistypedCodeError} `character` (with its position; also for U) or `length`
 */
export function normaliseCode(text: string): string {
  if (isNormalised(text)) return text;
  if (text.length > MAX_TYPED_LENGTH) throw wrongLength(`more than ${MAX_TYPED_LENGTH}`);
  const characters = Array.from(composed(text).replace(SEPARATORS, ""));
  const code = characters.map((character, index) => readSymbol(character, index + 1)).join("");
  if (code.length !== CODE_LENGTH) throw wrongLength(String(code.length));
  return code;
}

/**
 * A code as it is shown: `45VF-V6GS-11R1-9J3B`.
 *
 * @param code 16 symbols, normalised
 * @throws {TypeError} if `code` is not a string
 * @throws {RangeError} if it is not normalised
 */
export function groupCode(code: string): string {
  assertNormalised(code);
  return `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8, 12)}-${code.slice(12)}`;
}

/** A text that has no composed form within bounds is judged as it is. */
function composed(text: string): string {
  try {
    return normalised(text, MAX_TYPED_LENGTH, "NFKC");
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    return text;
  }
}

function readSymbol(character: string, position: number): string {
  // Check for ASCII before changing the case: toUpperCase would turn ß into SS and ı into I.
  const symbol = /^[!-~]$/.test(character) ? forgive(character.toUpperCase()) : "";
  if (symbolValue(symbol.charCodeAt(0)) >= 0) return symbol;
  const codePoint = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  throw new MistypedCodeError(
    "character",
    `character ${position} of the code is U+${codePoint}; a code has only 0-9 and A-Z, never U`,
    position,
  );
}

function forgive(letter: string): string {
  if (letter === "O") return "0";
  return letter === "I" || letter === "L" ? "1" : letter;
}

function wrongLength(count: string): MistypedCodeError {
  return new MistypedCodeError("length", `a code has ${CODE_LENGTH} characters, not ${count}`);
}
