import { COUNTRIES } from "./country.ts";
import { IdentifierError } from "./identifier.ts";
import { readShape } from "./reading.ts";

/** UN/LOCODE's own code for installations in international waters (from memory, not checked). */
const INTERNATIONAL_WATERS = "XZ";

/**
 * Reads a UN/LOCODE (UNECE Recommendation 16), written without its space: a country of ISO 3166-1, then three letters
 * or digits 2 to 9 of a place. Only the country is looked up: places are too many and change too often.
 *
 * @returns five characters, capitals
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `length`, `character`, `format` or `unknown` (the country)
 */
export function parseLocode(text: string): string {
  const value = readShape("locode", text, {
    lengths: [5],
    alphabet: /^[A-Z2-9]$/,
    expected: "letters and the digits 2 to 9",
  });
  const country = value.slice(0, 2);
  if (!/^[A-Z]{2}$/.test(country))
    throw new IdentifierError(
      "locode",
      "format",
      `begins with ${country}, expected the two letters of a country`,
    );
  if (!COUNTRIES.has(country) && country !== INTERNATIONAL_WATERS)
    throw new IdentifierError(
      "locode",
      "unknown",
      `begins with ${country}, expected a country of ISO 3166-1`,
    );
  return value;
}
