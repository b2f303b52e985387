import { IdentifierError } from "./identifier.ts";
import { readDigits } from "./reading.ts";

/** Six digits are international; countries extend them: China to ten, the European Union eight or ten, Japan nine. */
const LENGTHS = [6, 7, 8, 9, 10];

/** Reserved in the nomenclature for future use. */
const RESERVED_CHAPTER = 77;
const LAST_CHAPTER = 97;

/**
 * Reads a code of the Harmonized System, six to ten digits without dots. Chapters 98 and 99, which some countries use
 * for national purposes, are refused: they do not describe the goods.
 *
 * @param options.digits the required number of digits: 10 in a Chinese declaration. Default: any of 6 to 10
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `unknown` (a chapter that does not exist)
 */
export function parseHs(text: string, options: { readonly digits?: 6 | 8 | 10 } = {}): string {
  const value = readDigits("hs", text, options.digits === undefined ? LENGTHS : [options.digits]);
  const chapter = Number(value.slice(0, 2));
  if (chapter < 1 || chapter > LAST_CHAPTER || chapter === RESERVED_CHAPTER)
    throw new IdentifierError(
      "hs",
      "unknown",
      `has chapter ${value.slice(0, 2)}, expected 01 to 97 without 77`,
    );
  return value;
}
