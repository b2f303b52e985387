/** What a text can be read as: the scheme's own key, and its name in messages. */
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
  decimal: "decimal",
  money: "amount",
} as const;

export type Scheme = keyof typeof SCHEME_NAMES;

/**
 * Why a text is refused. `length`: too short or too long. `character`: one that the scheme never has. `format`: the
 * right characters in the wrong places. `check_digit`: they disagree with the check. `unknown`: well formed, but in no
 * list we have.
 */
export type IdentifierReason = "length" | "character" | "format" | "check_digit" | "unknown";

/**
 * A text that does not read as what it should be. The message names the scheme, what is wrong and what would be right.
 *
 * Every parser of this folder throws it, and a TypeError for what is not a string. Parsers forgive one thing only: ASCII
 * letters may be lower case where the scheme's are capitals. Spaces, dashes and other scripts' digits are refused.
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

/** Something to look at in an identifier that is accepted all the same. */
export interface IdentifierWarning {
  readonly reason: IdentifierReason;
  readonly message: string;
}

/** An identifier in canonical form, with what should be looked at. */
export interface ParsedIdentifier {
  readonly value: string;
  readonly warnings: readonly IdentifierWarning[];
}
