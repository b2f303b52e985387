import { parseCountry } from "./country.ts";
import { parseCurrency } from "./currency.ts";
import { parseCustomsOffice } from "./customs-office.ts";
import { parseDate } from "./date.ts";
import { parseDecimal } from "./decimal.ts";
import { parseGtin } from "./gtin.ts";
import { parseHs } from "./hs.ts";
import { IdentifierError } from "./identifier.ts";
import { parseRate } from "./money.ts";
import { error, type Problem } from "./problem.ts";
import { parseUscc } from "./uscc.ts";

/** A field that a trade mode or category asks for, or that is checked wherever it is given. */
interface Field {
  readonly expected: string;
  /** Null if the value, which is not missing, is right by itself. */
  readonly check: (path: string, value: unknown) => Problem | null;
}

/**
 * Every field that the tables of requirements name. Lengths of texts are those of the customs message specification
 * (CEB621: emsNo 30, areaCode 18, areaName 100, itemRecordNo 30, trafNo 100, voyageNo 32, billNo 37); the others are ours.
 */
const FIELDS: Readonly<Record<string, Field>> = {
  gtin: identifier(parseGtin, "a GTIN of 8, 12, 13 or 14 digits"),
  hsCode: identifier(parseHs, "an HS code of 6 to 10 digits"),
  quantity: wholeNumber("a whole number of codes, at least 1"),
  originCountry: identifier(parseCountry, "a country, ISO 3166-1 alpha-2"),
  destinationCountry: identifier(parseCountry, "a country, ISO 3166-1 alpha-2"),
  customsOffice: identifier(parseCustomsOffice, "a customs office, four digits"),

  productionDate: identifier(parseDate, "the date of production, YYYY-MM-DD"),
  expiryDate: identifier(parseDate, "the date of expiry, YYYY-MM-DD"),
  vins: list("one vehicle identification number for each code"),

  "bonded.accountBookNo": text(30, "the account book number (emsNo)"),
  "bonded.areaCode": text(18, "the code of the enterprise in the area (areaCode)"),
  "bonded.areaName": text(100, "the name of the enterprise in the area (areaName)"),
  "bonded.itemRecordNo": text(30, "the item's record number in the account book (itemRecordNo)"),

  "transport.vehicleNo": text(100, "the number of the vessel, flight or vehicle (trafNo)"),
  "transport.voyageNo": text(32, "the voyage or flight number (voyageNo)"),
  "transport.billNo": text(37, "the number of the bill of lading or air waybill (billNo)"),

  "market.shopUscc": identifier(parseUscc, "the USCC of the market shop, 92…"),
  "market.marketName": text(100, "the name of the market"),
  "market.purchaseSlipNo": text(60, "the number of the purchase slip"),

  declaredOn: identifier(parseDate, "the date of the declaration, YYYY-MM-DD"),
  "totalValue.amount": identifier(
    (amount) => parseDecimal(amount, 18),
    "the total of the declaration, plain decimal",
  ),
  "totalValue.currency": identifier(parseCurrency, "a currency, ISO 4217"),
  "totalValue.usdRate": identifier(parseRate, "US dollars for one unit of the currency, plain decimal"),
  "totalValue.usdRateOn": identifier(parseDate, "the date of the rate, YYYY-MM-DD"),

  preference: text(30, "the tariff preference that is claimed, such as CEPA"),
  "certificateOfOrigin.no": text(60, "the number of the certificate of origin"),
  "certificateOfOrigin.issuingBody": text(200, "who issued the certificate of origin"),
  "certificateOfOrigin.issuedOn": identifier(parseDate, "the date of issue, YYYY-MM-DD"),
  "certificateOfOrigin.expiresOn": identifier(parseDate, "the last day the certificate is valid, YYYY-MM-DD"),
};

/**
 * The value at a dotted path, of own properties only.
 *
 * @returns undefined if there is none: no such path, null, a blank text, an empty list
 */
export function valueAt(given: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = given;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, name)?.value;
  }
  return isBlank(value) ? undefined : value;
}

/** The text at a dotted path if it is one and right by itself: for rules that join fields, each checked elsewhere. */
export function soundText(given: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const value = valueAt(given, path);
  return typeof value === "string" && FIELDS[path]?.check(path, value) === null ? value : undefined;
}

/** A problem for each path that has no value. */
export function missingAt(given: Readonly<Record<string, unknown>>, paths: readonly string[]): Problem[] {
  const absent = paths.filter((path) => valueAt(given, path) === undefined);
  return absent.map((path) => error(path, "missing", FIELDS[path]?.expected ?? "a value"));
}

/** A problem for each field that is given and is not right by itself. Fields that no table names are not looked at. */
export function wrongFields(given: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(FIELDS).flatMap(([path, field]) => {
    const value = valueAt(given, path);
    const problem = value === undefined ? null : field.check(path, value);
    return problem === null ? [] : [problem];
  });
}

function isBlank(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  return value === null || (Array.isArray(value) && value.length === 0);
}

function identifier(read: (text: string) => unknown, expected: string): Field {
  return {
    expected,
    check(path, value) {
      if (typeof value !== "string") return error(path, "not_text", expected);
      try {
        read(value);
        return null;
      } catch (cause) {
        if (!(cause instanceof IdentifierError)) throw cause;
        return error(path, cause.reason, cause.message);
      }
    },
  };
}

function text(maxLength: number, what: string): Field {
  const expected = `${what}, at most ${maxLength} characters`;
  return {
    expected,
    check(path, value) {
      if (typeof value !== "string") return error(path, "not_text", expected);
      return value.length > maxLength ? error(path, "too_long", expected) : null;
    },
  };
}

function wholeNumber(expected: string): Field {
  return {
    expected,
    check(path, value) {
      const counts = typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
      return counts ? null : error(path, "not_whole_number", expected);
    },
  };
}

function list(expected: string): Field {
  return {
    expected,
    check: (path, value) => (Array.isArray(value) ? null : error(path, "not_list", expected)),
  };
}
