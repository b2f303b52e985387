import { minorUnitsOf, parseCurrency } from "./currency.ts";
import { type Decimal, parseDecimal } from "./decimal.ts";
import { IdentifierError } from "./identifier.ts";

/** An amount that is not negative. */
export interface Money {
  /** Plain decimal with exactly the decimal places of the currency: `150000.00` USD, `1200` JPY. */
  readonly amount: string;
  /** ISO 4217, capitals. */
  readonly currency: string;
}

/** So that an amount in minor units fits a signed 64-bit integer. */
const MAX_DIGITS = 18;

/**
 * Reads an amount of money. It may have fewer decimal places than the currency, not more.
 *
 * @param amount plain decimal, such as `1234.5`
 * @param currency ISO 4217, alphabetic
 * @throws {TypeError} if one is not a string
 * @throws {IdentifierError} of scheme `currency`, or of `money`: `length`, `format`, or `unknown` (the currency has no
 *   minor units, as gold)
 */
export function parseMoney(amount: string, currency: string): Money {
  const code = parseCurrency(currency);
  const places = decimalPlaces(code);
  const { coefficient, scale } = parseDecimal(amount, MAX_DIGITS, "money");
  if (scale > places)
    throw new IdentifierError("money", "format", `has ${scale} decimal places, ${code} has ${places}`);
  return fromMinorUnits(coefficient * 10n ** BigInt(places - scale), code);
}

/**
 * The sum of two amounts of one currency.
 *
 * @throws {RangeError} if the currencies differ, or the sum has more than 18 digits
 */
export function addMoney(a: Money, b: Money): Money {
  requireSameCurrency(a, b);
  return fromMinorUnits(toMinorUnits(a) + toMinorUnits(b), a.currency);
}

/**
 * Orders two amounts of one currency.
 *
 * @returns -1 if `a` is less than `b`, 0 if equal, 1 if more
 * @throws {RangeError} if the currencies differ
 */
export function compareMoney(a: Money, b: Money): -1 | 0 | 1 {
  requireSameCurrency(a, b);
  const difference = toMinorUnits(a) - toMinorUnits(b);
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/**
 * An amount in another currency, rounded half up to its minor unit. Exact until then: no floating point is involved.
 *
 * @param rate units of `currency` that one unit of `money.currency` is worth; plain decimal, above 0, at most 18 digits
 * @param currency ISO 4217, alphabetic
 * @throws {TypeError} if `rate` or `currency` is not a string
 * @throws {IdentifierError} if `rate` or `currency` does not read as one, or the result has more than 18 digits
 */
export function convertMoney(money: Money, rate: string, currency: string): Money {
  const code = parseCurrency(currency);
  const factor = parseRate(rate);
  const numerator = toMinorUnits(money) * factor.coefficient * 10n ** BigInt(decimalPlaces(code));
  const denominator = 10n ** BigInt(decimalPlaces(money.currency) + factor.scale);
  return fromMinorUnits((2n * numerator + denominator) / (2n * denominator), code);
}

/**
 * Reads a rate of exchange: plain decimal above 0, of at most 18 digits.
 *
 * @throws {TypeError} if `rate` is not a string
 * @throws {IdentifierError} `length`, `format`, or `unknown` (0)
 */
export function parseRate(rate: string): Decimal {
  const factor = parseDecimal(rate, MAX_DIGITS);
  if (factor.coefficient === 0n)
    throw new IdentifierError("decimal", "unknown", "is 0, expected a rate above 0");
  return factor;
}

/** Parsed anew: a Money may have come from anywhere. */
function toMinorUnits(money: Money): bigint {
  return BigInt(parseMoney(money.amount, money.currency).amount.replace(".", ""));
}

function fromMinorUnits(minor: bigint, currency: string): Money {
  const places = decimalPlaces(currency);
  const digits = String(minor).padStart(places + 1, "0");
  if (digits.length > MAX_DIGITS)
    throw new IdentifierError(
      "money",
      "length",
      `must have at most ${MAX_DIGITS} digits, its ${places} decimal places counted`,
    );
  const point = digits.length - places;
  return { amount: places === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`, currency };
}

function decimalPlaces(currency: string): number {
  const places = minorUnitsOf(currency);
  if (places === null)
    throw new IdentifierError(
      "money",
      "unknown",
      `cannot be in ${currency}: ISO 4217 gives it no minor units`,
    );
  return places;
}

function requireSameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency)
    throw new RangeError(
      `amounts must be in one currency, not ${a.currency} and ${b.currency}: convert one first`,
    );
}
