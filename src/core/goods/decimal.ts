import { IdentifierError, type Scheme } from "./identifier.ts";
import { requireString } from "./reading.ts";

/** The number `coefficient × 10^-scale`, exactly. */
export interface Decimal {
  readonly coefficient: bigint;
  /** Digits after the point. */
  readonly scale: number;
}

/**
 * Reads a number that is not negative, written in plain decimal: `0`, `12`, `12.50`. No sign, exponent, grouping,
 * leading zero, or point without digits on both sides.
 *
 * @param maxDigits digits in all, before and after the point
 * @throws {TypeError} if `text` is not a string
 * @throws {IdentifierError} `format` or `length`, of `scheme`
 */
export function parseDecimal(text: string, maxDigits: number, scheme: Scheme = "decimal"): Decimal {
  const value = requireString(scheme, text);
  // Counted first: a regular expression and a BigInt are not to be run on a text of any length.
  if (value.length > maxDigits + 1 || value.replace(".", "").length > maxDigits)
    throw new IdentifierError(scheme, "length", `must have at most ${maxDigits} digits`);
  const parts = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(value);
  if (parts === null)
    throw new IdentifierError(
      scheme,
      "format",
      'must be written in plain decimal, such as "1234.50", and not negative',
    );
  const fraction = parts[2] ?? "";
  return { coefficient: BigInt(`${parts[1]}${fraction}`), scale: fraction.length };
}
