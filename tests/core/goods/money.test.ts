import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CURRENCIES,
  currencyFromNumeric,
  minorUnitsOf,
  parseCurrency,
} from "../../../src/core/goods/currency.ts";
import { parseDecimal } from "../../../src/core/goods/decimal.ts";
import { IdentifierError } from "../../../src/core/goods/identifier.ts";
import { LIMITS } from "../../../src/core/goods/limit.ts";
import { compareMoney, convertMoney, parseMoney, parseRate } from "../../../src/core/goods/money.ts";

const currencies = [...CURRENCIES.values()];

const usd = (amount: string) => parseMoney(amount, "USD");
const inUsd = (minor: bigint) => usd(`${minor / 100n}.${String(minor % 100n).padStart(2, "0")}`);

describe("ISO 4217", () => {
  it("has 178 active codes, each once", () => {
    expect(currencies).toHaveLength(178);
    expect(new Set(currencies.map(({ numeric }) => numeric)).size).toBe(178);
    const misshapen = currencies.filter(
      ({ code, numeric }) => !/^[A-Z]{3}$/.test(code) || !/^[0-9]{3}$/.test(numeric),
    );
    expect(misshapen).toEqual([]);
  });

  it("has every currency that Intl lists, except withdrawn ones", () => {
    const withdrawn = ["ANG", "BGN", "CUC", "HRK", "SLL", "ZWL"];
    const absent = Intl.supportedValuesOf("currency").filter((code) => !CURRENCIES.has(code));
    expect(absent.filter((code) => !withdrawn.includes(code))).toEqual([]);
    expect(withdrawn.filter((code) => CURRENCIES.has(code))).toEqual([]);
  });

  it("has only codes that Intl can name, except the newest", () => {
    const names = new Intl.DisplayNames("en", { type: "currency", fallback: "none" });
    const unnamed = currencies.map(({ code }) => code).filter((code) => names.of(code) === undefined);
    expect(unnamed.filter((code) => code !== "XAD")).toEqual([]);
  });

  it("has two decimal places, except for these", () => {
    const other = currencies.filter(({ minorUnits }) => minorUnits !== 2);
    const byPlaces = (places: number | null) =>
      other.filter(({ minorUnits }) => minorUnits === places).map(({ code }) => code);
    expect(byPlaces(0).join(" ")).toBe("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF");
    expect(byPlaces(3).join(" ")).toBe("BHD IQD JOD KWD LYD OMR TND");
    expect(byPlaces(4).join(" ")).toBe("CLF UYW");
    expect(byPlaces(null).join(" ")).toBe("XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX");
  });

  it("reads each of its own codes", () => {
    const codes = currencies.map(({ code }) => code);
    expect(codes.map(parseCurrency)).toEqual(codes);
    expect(currencies.map(({ numeric }) => currencyFromNumeric(numeric))).toEqual(codes);
    expect(parseCurrency("usd")).toBe("USD");
    expect(minorUnitsOf("CNY")).toBe(2);
    expect(minorUnitsOf("XAU")).toBeNull();
  });

  it.each(["", "US", "USDT", "RMB", "AAA", "BGN", "US$", "142"])("refuses %j", (text) => {
    expect(() => parseCurrency(text)).toThrow(IdentifierError);
  });
});

describe("parseDecimal", () => {
  it.each([
    ["0", 0n, 0],
    ["0.5", 5n, 1],
    ["12.50", 1250n, 2],
    ["999999999999999999", 999_999_999_999_999_999n, 0],
    ["0.00000000000000001", 1n, 17],
  ])("reads %s", (text, coefficient, scale) => {
    expect(parseDecimal(text, 18)).toEqual({ coefficient, scale });
  });

  it.each([
    ["", "format"],
    [".5", "format"],
    ["5.", "format"],
    ["05", "format"],
    ["-1", "format"],
    ["+1", "format"],
    ["1e3", "format"],
    ["1,000", "format"],
    ["1 000", "format"],
    ["1.2.3", "format"],
    ["0x10", "format"],
    ["１", "format"],
    ["NaN", "format"],
    ["1\n", "format"],
    ["1234567890123456789", "length"],
    ["9".repeat(1_000_000), "length"],
  ])("refuses %.20j: %s", (text, reason) => {
    expect(() => parseDecimal(text, 18)).toThrow(IdentifierError);
    expect(() => parseDecimal(text, 18)).toThrow(expect.objectContaining({ scheme: "decimal", reason }));
  });
});

describe("parseMoney", () => {
  it.each([
    ["150000", "USD", "150000.00"],
    ["150000.0", "usd", "150000.00"],
    ["0.01", "USD", "0.01"],
    ["0", "USD", "0.00"],
    ["1200", "JPY", "1200"],
    ["1.5", "KWD", "1.500"],
    ["0.0001", "CLF", "0.0001"],
    ["9999999999999999.99", "USD", "9999999999999999.99"],
  ])("prints %s %s as %s", (amount, currency, printed) => {
    const money = parseMoney(amount, currency);
    expect(money).toEqual({ amount: printed, currency: currency.toUpperCase() });
    expect(parseMoney(money.amount, money.currency)).toEqual(money);
  });

  it.each([
    ["1.001", "USD", "money", "format"],
    ["1.0", "JPY", "money", "format"],
    ["-1", "USD", "money", "format"],
    ["10000000000000000.00", "USD", "money", "length"],
    ["10000000000000000", "USD", "money", "length"],
    ["1", "XAU", "money", "unknown"],
    ["1", "XXX", "money", "unknown"],
    ["1", "AAA", "currency", "unknown"],
  ])("refuses %s %s", (amount, currency, scheme, reason) => {
    expect(() => parseMoney(amount, currency)).toThrow(expect.objectContaining({ scheme, reason }));
  });

  it("refuses a number as a wrong type: it may have lost cents already", () => {
    // @ts-expect-error: callers in JavaScript can do this
    expect(() => parseMoney(0.1, "USD")).toThrow(TypeError);
  });
});

describe("arithmetic", () => {
  const cents = fc.bigInt({ min: 0n, max: 10n ** 16n });

  it("compares as whole cents do", () => {
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        expect(compareMoney(inUsd(a), inUsd(b))).toBe(a < b ? -1 : Number(a > b));
      }),
    );
  });

  it("refuses two currencies", () => {
    expect(() => compareMoney(usd("1"), parseMoney("1", "CNY"))).toThrow("one currency");
  });

  it.each([
    ["100", "CNY", "0.1389", "USD", "13.89"],
    ["0.10", "CNY", "0.05", "USD", "0.01"], // 0.005: half goes up
    ["0.10", "CNY", "0.04999", "USD", "0.00"],
    ["0.30", "CNY", "0.05", "USD", "0.02"], // 0.015, which floating point puts below the half
    ["1000", "JPY", "0.006666", "USD", "6.67"],
    ["1.00", "USD", "150.5", "JPY", "151"],
    ["1.00", "USD", "150.4999", "JPY", "150"],
    ["1.234", "KWD", "3.25", "USD", "4.01"], // 4.0105
    ["0", "CNY", "7.1", "USD", "0.00"],
    ["150000.00", "USD", "1", "USD", "150000.00"],
  ])("converts %s %s at %s to %s %s", (amount, currency, rate, to, expected) => {
    expect(convertMoney(parseMoney(amount, currency), rate, to)).toEqual(parseMoney(expected, to));
  });

  it("rounds to the nearest cent, and half a cent up", () => {
    fc.assert(
      fc.property(cents, fc.bigInt({ min: 1n, max: 10n ** 6n }), (minor, rate) => {
        fc.pre(minor * rate < 10n ** 21n);
        const text = `${rate / 10000n}.${String(rate % 10000n).padStart(4, "0")}`;
        const converted = BigInt(convertMoney(inUsd(minor), text, "EUR").amount.replace(".", ""));
        const error = converted * 10000n - minor * rate;
        expect(error > -5000n && error <= 5000n).toBe(true);
      }),
    );
  });

  it.each(["0", "0.000", "-1", "1e2", "", "7,1"])("refuses %j as a rate", (rate) => {
    expect(() => convertMoney(usd("1"), rate, "CNY")).toThrow(IdentifierError);
    expect(() => parseRate(rate)).toThrow(IdentifierError);
  });
});

describe("limits of trade modes", () => {
  it("are the published ones", () => {
    expect(LIMITS.marketProcurementDeclaration.ceiling).toEqual({ amount: "150000.00", currency: "USD" });
    expect(LIMITS.retailImportTransaction.ceiling).toEqual({ amount: "5000.00", currency: "CNY" });
    expect(LIMITS.retailImportYear.ceiling).toEqual({ amount: "26000.00", currency: "CNY" });
  });
});
