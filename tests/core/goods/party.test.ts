import { describe, expect, it } from "vitest";
import { parseCustomsOffice } from "../../../src/core/goods/customs-office.ts";
import { IdentifierError } from "../../../src/core/goods/identifier.ts";
import { parseParty, partyKey } from "../../../src/core/goods/party.ts";
import { parseContainerSeal } from "../../../src/core/goods/container-seal.ts";
import { parseUnitOfMeasure, UNITS_OF_MEASURE } from "../../../src/core/goods/unit-of-measure.ts";

describe("parseParty", () => {
  it.each([
    [
      { scheme: "uscc", value: "91440115ma0000015f", country: "cn" },
      "91440115MA0000015F",
      "uscc:91440115MA0000015F",
    ],
    [{ scheme: "gln", value: "9520009000012", country: "NZ" }, "9520009000012", "gln:9520009000012"],
    [{ scheme: "gln", value: "9520009000012", country: "CN" }, "9520009000012", "gln:9520009000012"],
    [
      { scheme: "lei", value: "54930084uklvmy22ds16", country: "DE" },
      "54930084UKLVMY22DS16",
      "lei:54930084UKLVMY22DS16",
    ],
    [{ scheme: "national", value: "HRB 86891 B", country: "DE" }, "HRB 86891 B", "national:DE:HRB 86891 B"],
    [
      { scheme: "national", value: "123-45-67890", country: "KR" },
      "123-45-67890",
      "national:KR:123-45-67890",
    ],
    [{ scheme: "national", value: "12345678", country: "HK" }, "12345678", "national:HK:12345678"],
    [{ scheme: "national", value: "ＨＲＢ1", country: "TW" }, "ＨＲＢ1", "national:TW:ＨＲＢ1"],
  ])("reads %j", (given, value, key) => {
    const party = parseParty(given);
    expect(party).toEqual({
      scheme: given.scheme,
      value,
      country: given.country.toUpperCase(),
      warnings: [],
    });
    expect(partyKey(party)).toBe(key);
    expect(parseParty(party)).toEqual(party);
  });

  it("passes on the warnings of a USCC", () => {
    const { warnings } = parseParty({ scheme: "uscc", value: "91440115MA000001XR", country: "CN" });
    expect(warnings).toHaveLength(1);
  });

  it("treats two encodings of a letter as one", () => {
    const composed = parseParty({ scheme: "national", value: "SÃO-1", country: "BR" });
    expect(parseParty({ scheme: "national", value: "SA\u0303O-1", country: "BR" })).toEqual(composed);
  });

  it.each([
    ["uscc", "91440115MA0000015F", "HK", "party", "format"],
    ["uscc", "91440115MA0000015F", "NZ", "party", "format"],
    ["uscc", "91440115MA0000015G", "CN", "uscc", "check_digit"],
    ["national", "440101000000001", "CN", "party", "format"],
    ["national", "", "NZ", "national", "length"],
    ["national", " ", "NZ", "national", "character"],
    ["national", " 123", "NZ", "national", "character"],
    ["national", "123 ", "NZ", "national", "character"],
    ["national", "1  2", "NZ", "national", "character"],
    ["national", "1\n2", "NZ", "national", "character"],
    ["national", "1\u200B2", "NZ", "national", "character"],
    ["national", "<b>1</b>", "NZ", "national", "character"],
    ["national", "9".repeat(41), "NZ", "national", "length"],
    ["national", "123", "XX", "country", "unknown"],
    ["gln", "9520009000013", "NZ", "gln", "check_digit"],
    ["lei", "54930084UKLVMY22DS17", "DE", "lei", "check_digit"],
    ["duns", "150483782", "US", "party", "unknown"],
    ["toString", "1", "US", "party", "unknown"],
  ])("refuses %s %j of %s", (scheme, value, country, thrownScheme, reason) => {
    expect(() => parseParty({ scheme, value, country })).toThrow(
      expect.objectContaining({ scheme: thrownScheme, reason }),
    );
  });

  it("refuses a number as a wrong type", () => {
    // @ts-expect-error: callers in JavaScript can do this
    expect(() => parseParty({ scheme: "national", value: 123, country: "NZ" })).toThrow(TypeError);
  });
});

describe("parseContainerSeal", () => {
  it("reads the marks of a high-security seal", () => {
    const seal = parseContainerSeal({ class: "h", manufacturer: "Example & Sons", number: "sy0012345" });
    expect(seal).toEqual({ class: "H", manufacturer: "Example & Sons", number: "SY0012345" });
    expect(parseContainerSeal(seal)).toEqual(seal);
  });

  it.each([
    [{ class: "X", manufacturer: "Example", number: "1" }, "unknown"],
    [{ class: "", manufacturer: "Example", number: "1" }, "length"],
    [{ class: "ſ", manufacturer: "Example", number: "1" }, "character"],
    [{ class: "H", manufacturer: "", number: "1" }, "length"],
    [{ class: "H", manufacturer: "E".repeat(36), number: "1" }, "length"],
    [{ class: "H", manufacturer: "Example", number: "" }, "length"],
    [{ class: "H", manufacturer: "Example", number: "1".repeat(21) }, "length"],
    [{ class: "H", manufacturer: "Example", number: "12 34" }, "character"],
  ])("refuses %j: %s", (seal, reason) => {
    expect(() => parseContainerSeal(seal)).toThrow(
      expect.objectContaining({ scheme: "container_seal", reason }),
    );
  });
});

describe("parseUnitOfMeasure", () => {
  it.each(["KGM", "GRM", "LTR", "MLT", "H87", "C62", "TNE", "MTR", "XCT", "58"])("knows %s", (code) => {
    expect(parseUnitOfMeasure(code)).toBe(code);
    expect(parseUnitOfMeasure(code.toLowerCase())).toBe(code);
  });

  it("has each code once, with a name in both languages", () => {
    const units = [...UNITS_OF_MEASURE.values()];
    expect(new Set(units.map(({ name }) => name.en)).size).toBe(units.length);
    expect(
      units.filter(({ code, name }) => !/^[0-9A-Z]{2,3}$/.test(code) || name.zh === "" || name.en === ""),
    ).toEqual([]);
  });

  it.each([
    ["KG", "unknown"],
    ["PCS", "unknown"],
    ["ZZZ", "unknown"],
    ["", "length"],
    ["K", "length"],
    ["KILO", "length"],
    ["K-M", "character"],
    ["千克", "character"],
  ])("refuses %j: %s", (text, reason) => {
    expect(() => parseUnitOfMeasure(text)).toThrow(expect.objectContaining({ scheme: "unit", reason }));
  });

  it("accepts a longer list from callers that need one", () => {
    expect(() => parseUnitOfMeasure("GGR")).toThrow("UNECE Recommendation 20");
  });
});

describe("parseCustomsOffice", () => {
  it("reads four digits", () => {
    expect(parseCustomsOffice("5165")).toBe("5165");
  });

  it.each(["", "516", "51655", "51A5", "５１６５"])("refuses %j", (text) => {
    expect(() => parseCustomsOffice(text)).toThrow(IdentifierError);
  });
});
