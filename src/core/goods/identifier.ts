/** The schemes of identifiers and values: the key of each, and its name in messages. */
export const SCHEME_NAMES = {
  gtin: "GTIN",
  gln: "GLN",
  sscc: "SSCC",
  uscc: "USCC",
  vin: "VIN",
  lei: "LEI",
  container: "container number",
  container_seal: "container seal",
  hs: "HS code",
  locode: "UN/LOCODE",
  country: "country",
  province: "province",
  currency: "currency",
  unit: "unit of measure",
  customs_office: "customs office",
  customs_registration: "customs registration number",
  declaration: "declaration number",
  inventory: "inventory number",
  pre_entry: "pre-entry number",
  national: "national registration number",
  party: "party",
  trade_mode: "trade mode",
  category: "category",
  stage: "stage",
  date: "date",
  time: "time",
  decimal: "decimal",
  money: "amount",
} as const;

export type Scheme = keyof typeof SCHEME_NAMES;

/**
 * Why a text is refused. `length`: too short or too long. `character`: one that the scheme does not allow. `format`:
 * the right characters in the wrong places. `check_digit`: the check digit or character is wrong. `unknown`: well
 * formed, but in none of our lists.
 */
export type IdentifierReason = "length" | "character" | "format" | "check_digit" | "unknown";

/**
 * The text is not valid in its scheme. The message names the scheme, what is wrong and what would be right.
 *
 * Every parser of this folder throws it, and a TypeError for a value that is not a string. Parsers accept one
 * deviation: lower-case ASCII letters where the scheme has capitals. They refuse spaces, dashes and digits of other
 * scripts.
 */
export class IdentifierError extends RangeError {
  override readonly name = "IdentifierError";
  readonly scheme: Scheme;
  readonly reason: IdentifierReason;

  /** @param detail follows the scheme's name in the message */
  constructor(scheme: Scheme, reason: IdentifierReason, detail: string) {
    super(`${SCHEME_NAMES[scheme]} ${detail}`);
    this.scheme = scheme;
    this.reason = reason;
  }
}

/** A doubt about an identifier that is accepted nevertheless. */
export interface IdentifierWarning {
  readonly reason: IdentifierReason;
  readonly message: string;
}

/** An identifier in canonical form, with its warnings. */
export interface ParsedIdentifier {
  readonly value: string;
  readonly warnings: readonly IdentifierWarning[];
}
