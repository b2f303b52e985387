import { parseMod10 } from "./mod10.ts";

/**
 * Reads a Serial Shipping Container Code: 18 digits, the last a check digit (GS1 General Specifications, 7.9).
 *
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character` or `check_digit`
 */
export function parseSscc(text: string): string {
  return parseMod10("sscc", text, [18]);
}
