import { normalised, TextError } from "../text.ts";
import { IdentifierError, type Scheme, SCHEME_NAMES } from "./identifier.ts";

/** The characters and lengths that a scheme allows. */
interface Shape {
  readonly lengths: readonly number[];
  /** Matches one character that the scheme allows. Not global. */
  readonly alphabet: RegExp;
  /** The alphabet in words, for the message. */
  readonly expected: string;
}

const DIGITS = { alphabet: /^[0-9]$/, expected: "digits" } as const;

/**
 * Reads a text of a fixed alphabet and length; ASCII letters become capitals.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length` or `character`, in that order
 */
export function readShape(scheme: Scheme, text: string, shape: Shape): string {
  const given = requireString(scheme, text);
  if (!shape.lengths.includes(given.length)) {
    const found = `has ${given.length} characters, expected ${lengthsInWords(shape.lengths)}`;
    throw new IdentifierError(scheme, "length", found);
  }
  const upper = upperAscii(given);
  const characters = Array.from(upper);
  const wrong = characters.findIndex((character) => !shape.alphabet.test(character));
  if (wrong >= 0) {
    const found = `has ${JSON.stringify(characters[wrong])} at position ${wrong + 1}, expected ${shape.expected}`;
    throw new IdentifierError(scheme, "character", found);
  }
  return upper;
}

/**
 * Reads ASCII digits, in one of the given lengths.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length` or `character`
 */
export function readDigits(scheme: Scheme, text: string, lengths: readonly number[]): string {
  return readShape(scheme, text, { lengths, ...DIGITS });
}

/**
 * Reads a text of a foreign scheme (a number of a foreign register, a maker's mark): letters and digits of any
 * script, and `& . / ' -`, `_` and single spaces between them; NFC. Letter case is kept.
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length` or `character`
 */
export function readFreeText(scheme: Scheme, text: string, maxLength: number): string {
  const given = requireString(scheme, text);
  const value = composed(scheme, given, maxLength);
  if (value.length < 1)
    throw new IdentifierError(scheme, "length", `has 0 characters, expected 1 to ${maxLength}`);
  if (!/^[\p{L}\p{N}][\p{L}\p{N}\p{M}&./'_-]*(?: [\p{L}\p{N}\p{M}&./'_-]+)*$/u.test(value))
    throw new IdentifierError(
      scheme,
      "character",
      "must begin with a letter or digit, and have letters, digits, & . / ' _ - and single spaces only",
    );
  return value;
}

function composed(scheme: Scheme, text: string, maxLength: number): string {
  try {
    return normalised(text, maxLength);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new IdentifierError(scheme, error.reason === "length" ? "length" : "character", error.message);
  }
}

/** @throws {TypeError} if `text` is not a string */
export function requireString(scheme: Scheme, text: unknown): string {
  if (typeof text !== "string") throw new TypeError(`${SCHEME_NAMES[scheme]} must be a string`);
  return text;
}

/** "8, 12, 13 or 14". */
export function alternatives(choices: readonly (string | number)[]): string {
  const last = String(choices.at(-1));
  return choices.length < 2 ? last : `${choices.slice(0, -1).join(", ")} or ${last}`;
}

/** "6 to 10" for consecutive lengths, else as `alternatives`. */
function lengthsInWords(lengths: readonly number[]): string {
  const first = lengths[0] ?? 0;
  const consecutive = lengths.length > 2 && lengths.every((length, index) => length === first + index);
  return consecutive ? `${first} to ${first + lengths.length - 1}` : alternatives(lengths);
}

// toUpperCase alone would turn ß into SS and ı into I, and so accept characters outside the scheme.
function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
