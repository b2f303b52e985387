import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseTraceUrl } from "../../../src/core/code/link.ts";

const FOLDER = resolve(import.meta.dirname, "../../../../shared/vectors");
if (!existsSync(FOLDER)) console.log(`links: skipped, no foreign vectors in ${FOLDER}`);

interface Parsed {
  shouldSucceed: boolean;
  uri: string;
  /** `^01…21…`: the keys that the engine finds. */
  expectElementString: string;
  options: Record<string, string>;
}

function vectors<T>(name: string): T[] {
  const file = resolve(FOLDER, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T[]) : [];
}

describe.runIf(existsSync(FOLDER))("the Digital Link URIs of the GS1 syntax engine", () => {
  it("are read if they name a GTIN and a serial", () => {
    const made = vectors<{ bracketedAI: string; expectUri: string }>("gs1-dl-generate.json").flatMap(
      ({ bracketedAI, expectUri }) => {
        const [, gtin, code] = /^\(01\)([0-9]{14})\(21\)([^(]+)$/.exec(bracketedAI) ?? [];
        return code === undefined ? [] : [{ uri: expectUri, read: { gtin, code } }];
      },
    );
    expect(made.length).toBeGreaterThan(1);
    expect(made.map(({ uri }) => ({ uri, read: parseTraceUrl(uri) }))).toEqual(made);
  });

  it("are read as that engine reads them, or refused where it refuses or finds other keys", () => {
    const given = vectors<Parsed>("gs1-dl-parse.json")
      // `/gtin/…/ser/…` for `/01/…/21/…` is no longer of the standard.
      .filter(({ options }) => options["permitConvenienceAlphas"] !== "true")
      .map(({ shouldSucceed, uri, expectElementString }) => {
        const [, gtin, code] = /^\^01([0-9]{14})21([^^]+)$/.exec(expectElementString) ?? [];
        return { uri, read: shouldSucceed && code !== undefined ? { gtin, code } : null };
      });
    expect(given.length).toBeGreaterThan(100);
    expect(given.some(({ read }) => read !== null)).toBe(true);
    expect(given.map(({ uri }) => ({ uri, read: parseTraceUrl(uri) }))).toEqual(given);
  });
});
