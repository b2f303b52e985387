import { parseCountry } from "./country.ts";
import { parseGln } from "./gln.ts";
import { IdentifierError, type ParsedIdentifier } from "./identifier.ts";
import { parseLei } from "./lei.ts";
import { alternatives, readFreeText, requireString } from "./reading.ts";
import { parseUscc } from "./uscc.ts";

/** Longest national registration number, in characters. */
const MAX_NATIONAL_LENGTH = 40;

/** The parser of each scheme of legal identifier. */
const SCHEMES = {
  uscc: parseUscc,
  gln: (text: string) => withoutWarnings(parseGln(text)),
  lei: (text: string) => withoutWarnings(parseLei(text)),
  national: (text: string) => withoutWarnings(readFreeText("national", text, MAX_NATIONAL_LENGTH)),
} as const;

type LegalScheme = keyof typeof SCHEMES;

/** The legal identity of an enterprise: one identifier, and the country where it is established. */
interface Party extends ParsedIdentifier {
  readonly scheme: LegalScheme;
  /** ISO 3166-1 alpha-2. For a `national` number, the country of the register. */
  readonly country: string;
}

/**
 * Reads the legal identity of an enterprise. An enterprise of mainland China has a unified social credit code, which
 * is its national number: a second, `national` one would let it file twice, or without a check character. Enterprises
 * elsewhere, including Hong Kong, Macao and Taiwan, have none. Both may use a GLN or LEI.
 *
 * A `national` number is 1 to 40 characters, stored as written except for NFC. Registers differ, so its form is not
 * checked.
 *
 * @param party.scheme `uscc`, `gln`, `lei` or `national`
 * @throws {TypeError} if a part is not a string
 * @throws {IdentifierError} of the scheme, of `country`, or of `party`: `unknown` (scheme), `format` (scheme and country
 *   do not go together)
 */
export function parseParty(party: { scheme: string; value: string; country: string }): Party {
  const scheme = requireString("party", party.scheme);
  if (!isLegalScheme(scheme))
    throw new IdentifierError(
      "party",
      "unknown",
      `has an unknown scheme, expected ${alternatives(Object.keys(SCHEMES))}`,
    );
  const country = parseCountry(party.country);
  if (scheme === "uscc" && country !== "CN")
    throw new IdentifierError(
      "party",
      "format",
      `has a USCC and country ${country}: only enterprises of CN have a USCC`,
    );
  if (scheme === "national" && country === "CN")
    throw new IdentifierError("party", "format", "has a national number and country CN, expected its USCC");
  return { scheme, country, ...SCHEMES[scheme](party.value) };
}

/**
 * A unique key of a party, to compare and to index: `uscc:…`, `gln:…`, `lei:…`, `national:NZ:…`. A country is part of
 * it only where numbers are unique within the country.
 */
export function partyKey(party: Pick<Party, "scheme" | "value" | "country">): string {
  return party.scheme === "national"
    ? `national:${party.country}:${party.value}`
    : `${party.scheme}:${party.value}`;
}

function isLegalScheme(scheme: string): scheme is LegalScheme {
  return Object.hasOwn(SCHEMES, scheme);
}

function withoutWarnings(value: string): ParsedIdentifier {
  return { value, warnings: [] };
}
