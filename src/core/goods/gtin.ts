import { parseMod10 } from "./mod10.ts";

/**
 * Reads a GTIN-8, -12, -13 or -14 (GS1 General Specifications, 2.1 and 7.9).
 *
 * @returns 14 digits, padded with zeros on the left: the form that is stored and compared
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `check_digit`
 */
export function parseGtin(text: string): string {
  return parseMod10("gtin", text, [8, 12, 13, 14]).padStart(14, "0");
}
