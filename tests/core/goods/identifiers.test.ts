import { describe, expect, it } from "vitest";
import fixtures from "../../../fixtures/goods/identifiers.json" with { type: "json" };
import { parseContainer } from "../../../src/core/goods/container.ts";
import { parseCustomsRegistration } from "../../../src/core/goods/customs-registration.ts";
import {
  parseCustomsNumber,
  parseDeclarationNumber,
  parseInventoryNumber,
  parsePreEntryNumber,
} from "../../../src/core/goods/declaration-number.ts";
import { parseGln } from "../../../src/core/goods/gln.ts";
import { parseGtin } from "../../../src/core/goods/gtin.ts";
import { parseHs } from "../../../src/core/goods/hs.ts";
import { IdentifierError } from "../../../src/core/goods/identifier.ts";
import { parseLei } from "../../../src/core/goods/lei.ts";
import { parseLocode } from "../../../src/core/goods/locode.ts";
import { parseSscc } from "../../../src/core/goods/sscc.ts";
import { parseUscc } from "../../../src/core/goods/uscc.ts";
import { parseVin } from "../../../src/core/goods/vin.ts";

interface ValidCase {
  name: string;
  text: string;
  value?: string;
  warnings?: number;
  conformant?: boolean;
}

interface InvalidCase {
  name: string;
  text: string;
  reason: string;
}

interface Cases {
  valid: ValidCase[];
  invalid: InvalidCase[];
}

interface Read {
  value: string;
  warnings?: readonly unknown[];
  conformant?: boolean;
}

const value = (parse: (text: string) => string) => (text: string) => ({ value: parse(text) });

const PARSERS: Record<string, [Cases, (text: string) => Read]> = {
  gtin: [fixtures.gtin, value(parseGtin)],
  gln: [fixtures.gln, value(parseGln)],
  sscc: [fixtures.sscc, value(parseSscc)],
  uscc: [fixtures.uscc, parseUscc],
  vin: [fixtures.vin, parseVin],
  container: [fixtures.container, value(parseContainer)],
  lei: [fixtures.lei, value(parseLei)],
  hs: [fixtures.hs, value(parseHs)],
  locode: [fixtures.locode, value(parseLocode)],
  customs_registration: [fixtures.customs_registration, value(parseCustomsRegistration)],
  declaration: [fixtures.declaration, parseDeclarationNumber],
  inventory: [fixtures.inventory, parseInventoryNumber],
  pre_entry: [fixtures.pre_entry, value(parsePreEntryNumber)],
};

/** The error that a parser throws, or null. */
function thrownBy(read: () => unknown): unknown {
  try {
    read();
    return null;
  } catch (cause) {
    return cause;
  }
}

describe.each(Object.entries(PARSERS))("%s", (scheme, [cases, parse]) => {
  it.each(cases.valid)("reads $name: $text", ({ text, value: canonical, warnings, conformant }) => {
    const read = parse(text);
    expect(read.value).toBe(canonical ?? (scheme === "gtin" ? text.padStart(14, "0") : text));
    expect(read.warnings?.length ?? 0).toBe(warnings ?? 0);
    expect(read.conformant).toBe(conformant);
  });

  it.each(cases.valid)("reads what it printed: $text", ({ text }) => {
    const first = parse(text);
    expect(parse(first.value)).toEqual(first);
  });

  it.each(cases.invalid)("refuses $name: $text", ({ text, reason }) => {
    const cause = thrownBy(() => parse(text));
    expect(cause).toBeInstanceOf(IdentifierError);
    expect(cause).toMatchObject({ scheme, reason });
  });

  it.each([undefined, null, 9520001000010, ["9520001000010"], {}])("refuses %j as a wrong type", (given) => {
    // @ts-expect-error: callers in JavaScript can do this
    expect(() => parse(given)).toThrow(TypeError);
  });

  it("refuses a very long text as too long", () => {
    expect(thrownBy(() => parse("1".repeat(1_000_000)))).toMatchObject({ reason: "length" });
  });

  it.each(["\n", " ", "\u0000", "\u200B"])("refuses a text with %j after it", (character) => {
    for (const { text } of cases.valid) expect(() => parse(text + character)).toThrow(IdentifierError);
  });
});

describe("an error message says what would be right", () => {
  it.each([
    [parseGtin, "9520001000011", "GTIN check digit is 1, expected 0"],
    [parseGtin, "2345123", "GTIN has 7 characters, expected 8, 12, 13 or 14"],
    [parseUscc, "91440115MA0000015", "USCC has 17 characters, expected 18"],
    [parseUscc, "91440115MA0000015G", "USCC check character is G, expected F"],
    [
      parseVin,
      "JTEBU3FJ3NK00000I",
      'VIN has "I" at position 17, expected digits and the letters A to Z without I, O and Q',
    ],
    [
      (text: string) => parseVin(text, { strict: true }),
      "JTEBU3FJ4NK000001",
      "VIN check digit (position 9) is 4, expected 3",
    ],
    [parseContainer, "CSQU3054384", "container number check digit is 4, expected 3"],
    [parseLei, "54930084UKLVMY22DS17", "LEI check digits are 17, expected 16"],
    [parseHs, "19011", "HS code has 5 characters, expected 6 to 10"],
    [parseHs, "7701000000", "HS code has chapter 77, expected 01 to 97 without 77"],
  ])("%o of %s", (parse, text, message) => {
    expect(thrownBy(() => parse(text))).toHaveProperty("message", message);
  });
});

describe("parseHs", () => {
  it.each([6, 8, 10] as const)("accepts only %i digits if asked to", (digits) => {
    const code = "1901101090".slice(0, digits);
    expect(parseHs(code, { digits })).toBe(code);
    expect(() => parseHs(`${code}00`, { digits })).toThrow(`expected ${digits}`);
  });

  it.each([6, 7, 8, 9, 10])("accepts %i digits by default", (digits) => {
    expect(parseHs("1901101090".slice(0, digits))).toHaveLength(digits);
  });
});

describe("declaration numbers", () => {
  it("contain the office, the year and the direction", () => {
    expect(parseDeclarationNumber("516520261000000001")).toEqual({
      value: "516520261000000001",
      customsOffice: "5165",
      year: 2026,
      direction: "import",
    });
    expect(parseDeclarationNumber("516720260000000001").direction).toBe("export");
    expect(parseInventoryNumber("51652026I000000001")).toMatchObject({
      customsOffice: "5165",
      direction: "import",
    });
    expect(parseInventoryNumber("51652026e0000000012")).toMatchObject({
      value: "51652026E0000000012",
      direction: "export",
    });
  });

  it("are read in each of their forms, in capitals", () => {
    expect(parseCustomsNumber("516520261000000001")).toBe("516520261000000001");
    expect(parseCustomsNumber("51652026i000000001")).toBe("51652026I000000001");
    expect(parseCustomsNumber("b20260118000000001")).toBe("B20260118000000001");
  });

  it.each([
    ["516520262000000001", "declaration", "format"],
    ["5165", "declaration", "length"],
    ["51652026I00000000001", "inventory", "format"],
    ["B20260230000000001", "pre_entry", "format"],
    ["invoice 7", "pre_entry", "length"],
  ])("are refused when wrong: %j as a %s, %s", (text, scheme, reason) => {
    expect(() => parseCustomsNumber(text)).toThrow(expect.objectContaining({ scheme, reason }));
  });
});
