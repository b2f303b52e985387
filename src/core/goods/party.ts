import { parseCountry } from "./country.ts";
import { parseGln } from "./gln.ts";
import { IdentifierError, type ParsedIdentifier } from "./identifier.ts";
import { parseLei } from "./lei.ts";
import { alternatives, readFreeText, requireString } from "./reading.ts";
import { parseUscc } from "./uscc.ts";

/** Longest number of a national register that we take, in characters. */
const MAX_NATIONAL_LENGTH = 40;

/** How each scheme of legal identifier is read. */
const SCHEMES = {
  uscc: parseUscc,
  gln: (text: string) => sound(parseGln(text)),
  lei: (text: string) => sound(parseLei(text)),
  national: (text: string) => sound(readFreeText("national", text, MAX_NATIONAL_LENGTH)),
} as const;

type LegalScheme = keyof typeof SCHEMES;

/** Who an enterprise is, to the law: one identifier, and the country it is established in. */
interface Party extends ParsedIdentifier {
  readonly scheme: LegalScheme;
  /** ISO 3166-1 alpha-2. Of a `national` number: the country whose register it is in. */
  readonly country: string;
}

/**
 * Reads who an enterprise is. One of the mainland of China has a unified social credit code, and that is its national
 * number: a `national` one beside it would let it file twice, or without a check character. One of elsewhere, Hong
 * Kong, Macao and Taiwan with it, has none. GLN and LEI are open to both.
 *
 * A `national` number is 1 to 40 characters, kept as it is written but for NFC: registers differ, so it is not checked.
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
      `has another scheme, expected ${alternatives(Object.keys(SCHEMES))}`,
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
 * One text for one party, to compare and to keep unique: `uscc:…`, `gln:…`, `lei:…`, `national:NZ:…`. A country is part
 * of it only where numbers are unique within the country.
 */
export function partyKey(party: Pick<Party, "scheme" | "value" | "country">): string {
  return party.scheme === "national"
    ? `national:${party.country}:${party.value}`
    : `${party.scheme}:${party.value}`;
}

function isLegalScheme(scheme: string): scheme is LegalScheme {
  return Object.hasOwn(SCHEMES, scheme);
}

function sound(value: string): ParsedIdentifier {
  return { value, warnings: [] };
}
