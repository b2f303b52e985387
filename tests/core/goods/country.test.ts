import { describe, expect, it } from "vitest";
import {
  continentOf,
  COUNTRIES,
  countryFromAlpha3,
  countryFromNumeric,
  parseCountry,
} from "../../../src/core/goods/country.ts";
import { IdentifierError } from "../../../src/core/goods/identifier.ts";
import { parseProvince, provinceFromIso, PROVINCES } from "../../../src/core/goods/province.ts";

const countries = [...COUNTRIES.values()];

describe("ISO 3166-1", () => {
  it("has 249 entries, each code once", () => {
    expect(countries).toHaveLength(249);
    expect(new Set(countries.map(({ alpha3 }) => alpha3)).size).toBe(249);
    expect(new Set(countries.map(({ numeric }) => numeric)).size).toBe(249);
  });

  it("has codes in the right form", () => {
    const misshapen = countries.filter(
      ({ alpha2, alpha3, numeric }) =>
        !/^[A-Z]{2}$/.test(alpha2) || !/^[A-Z]{3}$/.test(alpha3) || !/^[0-9]{3}$/.test(numeric),
    );
    expect(misshapen).toEqual([]);
  });

  it.each(["en", "zh"])("has only codes that Intl can name in %s", (locale) => {
    const names = new Intl.DisplayNames(locale, { type: "region", fallback: "none" });
    expect(countries.filter(({ alpha2 }) => names.of(alpha2) === undefined)).toEqual([]);
  });

  // ICU canonicalises the numeric code of a region to its alpha-2: a second opinion on every row.
  it("agrees with Intl on numeric codes", () => {
    const differing = countries.filter(
      ({ alpha2, numeric }) => Intl.getCanonicalLocales(`und-${numeric}`)[0] !== `und-${alpha2}`,
    );
    expect(differing).toEqual([]);
  });

  it.each([
    ["CN", "CHN", "156", "AS"],
    ["HK", "HKG", "344", "AS"],
    ["MO", "MAC", "446", "AS"],
    ["TW", "TWN", "158", "AS"],
    ["NZ", "NZL", "554", "OC"],
    ["DE", "DEU", "276", "EU"],
    ["RU", "RUS", "643", "EU"],
    ["US", "USA", "840", "NA"],
    ["MX", "MEX", "484", "NA"],
    ["CU", "CUB", "192", "NA"],
    ["BR", "BRA", "076", "SA"],
    ["EG", "EGY", "818", "AF"],
    ["NA", "NAM", "516", "AF"],
    ["TR", "TUR", "792", "AS"],
    ["AQ", "ATA", "010", "AN"],
  ])("%s is %s, %s, on %s", (alpha2, alpha3, numeric, continent) => {
    expect(COUNTRIES.get(alpha2)).toEqual({ alpha2, alpha3, numeric, continent });
    expect(countryFromAlpha3(alpha3)).toBe(alpha2);
    expect(countryFromNumeric(numeric)).toBe(alpha2);
    expect(continentOf(alpha2)).toBe(continent);
  });

  it("has as many entries per continent as M49, plus Taiwan and Antarctica", () => {
    const counts: Record<string, number> = {};
    for (const { continent } of countries) counts[continent] = (counts[continent] ?? 0) + 1;
    expect(counts).toEqual({
      AS: 51,
      EU: 51,
      NA: 41,
      OC: 29,
      SA: 16,
      AF: 60,
      AN: 1,
    });
  });

  it("reads each of its own codes, in any letter case", () => {
    const codes = countries.map(({ alpha2 }) => alpha2);
    expect(codes.map(parseCountry)).toEqual(codes);
    expect(codes.map((code) => parseCountry(code.toLowerCase()))).toEqual(codes);
    expect(countries.map(({ alpha3 }) => countryFromAlpha3(alpha3))).toEqual(codes);
    expect(countries.map(({ numeric }) => countryFromNumeric(numeric))).toEqual(codes);
  });

  it.each(["", "C", "CHN", "156", "XX", "EU", "UK", "XK", "AN", "C1", "ＣＮ"])("refuses %j", (text) => {
    expect(() => parseCountry(text)).toThrow(IdentifierError);
    expect(() => continentOf(text)).toThrow(IdentifierError);
  });

  it("refuses anything but a string as a wrong type", () => {
    // @ts-expect-error: callers in JavaScript can do this
    expect(() => parseCountry(156)).toThrow(TypeError);
  });

  it.each([
    ["alpha-3", () => countryFromAlpha3("XXX")],
    ["numeric", () => countryFromNumeric("999")],
    ["alpha-2", () => parseCountry("ZZ")],
  ])("names the expected kind of code: %s", (kind, read) => {
    expect(read).toThrow(`${kind} code of ISO 3166-1`);
  });
});

describe("provinces of the mainland", () => {
  it("are 31, each code once", () => {
    expect(PROVINCES).toHaveLength(31);
    expect(new Set(PROVINCES.map(({ gb2260 }) => gb2260)).size).toBe(31);
    expect(new Set(PROVINCES.map(({ iso }) => iso)).size).toBe(31);
    expect(new Set(PROVINCES.map(({ name }) => name.zh)).size).toBe(31);
  });

  it("are read by either code", () => {
    expect(PROVINCES.map(({ gb2260 }) => parseProvince(gb2260))).toEqual(PROVINCES);
    expect(PROVINCES.map(({ iso }) => provinceFromIso(iso))).toEqual(PROVINCES);
    expect(parseProvince("44")).toEqual({
      gb2260: "44",
      iso: "CN-GD",
      name: { zh: "广东省", en: "Guangdong" },
    });
    expect(provinceFromIso("cn-hn").name.zh).toBe("湖南省");
  });

  it.each(["71", "81", "82", "00", "4", "440", "GD"])("refuses %j as a code of GB/T 2260", (text) => {
    expect(() => parseProvince(text)).toThrow(IdentifierError);
  });

  it.each(["CN-TW", "CN-HK", "CN-MO", "CN-44", "GD", "US-CA"])(
    "refuses %j as a code of ISO 3166-2",
    (text) => {
      expect(() => provinceFromIso(text)).toThrow(IdentifierError);
    },
  );
});
