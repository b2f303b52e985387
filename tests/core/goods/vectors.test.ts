import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { parseContainer } from "../../../src/core/goods/container.ts";
import { COUNTRIES, countryFromNumeric, parseCountry } from "../../../src/core/goods/country.ts";
import { CURRENCIES, currencyFromNumeric } from "../../../src/core/goods/currency.ts";
import { parseCustomsRegistration } from "../../../src/core/goods/customs-registration.ts";
import { parseDate } from "../../../src/core/goods/date.ts";
import {
  parseDeclarationNumber,
  parseInventoryNumber,
  parsePreEntryNumber,
} from "../../../src/core/goods/declaration-number.ts";
import { parseGln } from "../../../src/core/goods/gln.ts";
import { parseGtin } from "../../../src/core/goods/gtin.ts";
import { mod10CheckDigit } from "../../../src/core/goods/mod10.ts";
import { parseSscc } from "../../../src/core/goods/sscc.ts";
import { isIndividualShop, parseUscc } from "../../../src/core/goods/uscc.ts";
import { parseVin } from "../../../src/core/goods/vin.ts";

const VECTORS = resolve(import.meta.dirname, "../../../../shared/vectors");
const CEB = resolve(VECTORS, "ceb/vectors.json");
const GS1 = resolve(VECTORS, "gs1-linter-vectors.json");
for (const file of [CEB, GS1])
  if (!existsSync(file)) console.log(`goods: skipped, no foreign vectors at ${file}`);

/** A scheme's groups of texts, by name; some groups name each text. */
const Groups = z.record(
  z.string(),
  z.union([z.array(z.string()), z.record(z.string(), z.string()), z.string()]),
);
const Linters = z.record(z.string(), z.array(z.object({ ok: z.boolean(), data: z.string() })));

/** Empty if the file is not there: suites are collected even where they are skipped. */
function readJson(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

function refuses(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (cause) {
    if (cause instanceof RangeError) return true;
    throw cause;
  }
}

/** Whether a text ends in the check digit of the digits before it. */
function agrees(text: string): boolean {
  const body = text.slice(0, -1);
  return !refuses(() => mod10CheckDigit(body)) && mod10CheckDigit(body) === text.slice(-1);
}

const dashed = (text: string) => `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;

describe.runIf(existsSync(CEB))("identifiers of the customs message vectors", () => {
  const vectors = z.record(z.string(), z.unknown()).parse(readJson(CEB));

  /** The texts of the groups whose names match. */
  function textsOf(scheme: string, groupName: RegExp): string[] {
    const groups = Object.entries(Groups.parse(vectors[scheme])).filter(([name]) => groupName.test(name));
    const texts = groups.flatMap(([, group]) => (typeof group === "string" ? [] : Object.values(group)));
    expect(texts.length).toBeGreaterThan(0);
    return texts.filter((text) => text !== "compute"); // one is left to the tester
  }

  const valid = /^(?!invalid).*valid|^caseGtin14$/;
  const invalid = /^invalid/;

  it.each<[string, (text: string) => unknown]>([
    ["uscc", parseUscc],
    ["gtin", parseGtin],
    ["sscc", parseSscc],
    ["vin", (text) => parseVin(text, { strict: true })],
    ["iso6346", parseContainer],
  ])("%s: valid ones are read, invalid ones refused", (scheme, parse) => {
    expect(textsOf(scheme, valid).filter((text) => refuses(() => parse(text)))).toEqual([]);
    expect(textsOf(scheme, invalid).filter((text) => !refuses(() => parse(text)))).toEqual([]);
  });

  it("gln: valid ones are read", () => {
    const glns = textsOf("gln", valid);
    expect(glns.map(parseGln)).toEqual(glns);
  });

  it("uscc: all pass the inner check too, and one is an individual business", () => {
    const codes = textsOf("uscc", valid);
    expect(codes.flatMap((code) => parseUscc(code).warnings)).toEqual([]);
    expect(codes.filter(isIndividualShop)).toEqual(["92440111MA00000A98"]);
  });

  it("numbers of customs", () => {
    const inventories = textsOf("customs", /^invtNo$/);
    expect(inventories.map((number) => parseInventoryNumber(number).value)).toEqual(inventories);
    const preEntries = textsOf("customs", /^preNo$/);
    expect(preEntries.map(parsePreEntryNumber)).toEqual(preEntries);
    const declarations = textsOf("customs", /^declarationNo18$/);
    expect(declarations.map((number) => parseDeclarationNumber(number).direction)).toEqual([
      "import",
      "export",
    ]);
    const registrations = textsOf("customs", /^registrationCode10$/);
    expect(registrations.map(parseCustomsRegistration)).toEqual(registrations);
  });
});

describe.runIf(existsSync(GS1))("the linters of the GS1 syntax dictionary", () => {
  const linters = Linters.parse(readJson(GS1));

  /** The texts on which a reader and a linter disagree. */
  function disagreements(linter: string, accepts: (text: string) => boolean): string[] {
    const cases = linters[linter] ?? [];
    expect(cases.length).toBeGreaterThan(10);
    return cases.filter(({ ok, data }) => accepts(data) !== ok).map(({ data }) => data);
  }

  function accepted(linter: string): number {
    return (linters[linter] ?? []).filter(({ ok }) => ok).length;
  }

  it("csum: check digits agree", () => {
    expect(disagreements("csum", agrees)).toEqual([]);
  });

  it("iso3166: numeric countries, all of them and no other", () => {
    expect(disagreements("iso3166", (text) => !refuses(() => countryFromNumeric(text)))).toEqual([]);
    expect(accepted("iso3166")).toBe(COUNTRIES.size);
  });

  it("iso3166alpha2: countries, all of them and no other", () => {
    expect(disagreements("iso3166alpha2", (text) => !refuses(() => parseCountry(text)))).toEqual([]);
    expect(accepted("iso3166alpha2")).toBe(COUNTRIES.size);
  });

  it("iso4217: numeric currencies, all of them and no other but BGN, withdrawn on 2026-01-01", () => {
    expect(disagreements("iso4217", (text) => !refuses(() => currencyFromNumeric(text)))).toEqual(["975"]);
    expect(accepted("iso4217")).toBe(CURRENCIES.size + 1);
  });

  it("yyyymmdd: days of the calendar", () => {
    expect(disagreements("yyyymmdd", (text) => !refuses(() => parseDate(dashed(text))))).toEqual([]);
  });
});
