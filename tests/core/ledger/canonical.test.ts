import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import canonicalize from "canonicalize";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalBytes, canonicalText, parseCanonical } from "../../../src/core/ledger/canonical.ts";
import { vectorFolder } from "./vectors.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("canonical JSON", () => {
  it("orders members by UTF-16 code unit and writes no whitespace", () =>
    expect(
      canonicalText({ b: [1, { d: null, c: "é\u0007" }], "\u{1f600}": true, "\ufb33": false, a: "" }),
    ).toBe('{"a":"","b":[1,{"c":"é\\u0007","d":null}],"\u{1f600}":true,"\ufb33":false}'));

  it("keeps a member named __proto__", () => {
    const value = JSON.parse('{"__proto__":{"a":1}}') as unknown;
    expect(canonicalText(value)).toBe('{"__proto__":{"a":1}}');
  });

  it("reads exactly what it prints", () =>
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (drawn) => {
        const value = JSON.parse(JSON.stringify(drawn)) as unknown;
        const bytes = canonicalBytes(value);
        expect(parseCanonical(bytes)).toEqual(value);
        expect(canonicalBytes(parseCanonical(bytes))).toEqual(bytes);
      }),
    ));

  it("equals the output of another implementation", () =>
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (drawn) => {
        const value = JSON.parse(JSON.stringify(drawn)) as unknown;
        expect(canonicalText(value)).toBe(canonicalize(value));
      }),
    ));

  it("reads a computed member once, and writes the value that it checked", () => {
    let asked = 0;
    const computed = Object.defineProperty({}, "now", { get: () => ++asked, enumerable: true });
    expect(canonicalText({ computed })).toBe('{"computed":{"now":1}}');
  });

  it("does not count a shared member as a cycle", () => {
    const place = { port: "CNSHA" };
    expect(canonicalText({ from: place, to: place })).toBe('{"from":{"port":"CNSHA"},"to":{"port":"CNSHA"}}');
  });
});

describe("values that JSON would lose", () => {
  class Lot {
    id = "x";
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const holed: number[] = [1];
  holed[2] = 3;
  const hidden = Object.defineProperty({ a: 1 }, "b", { value: 2, enumerable: false });
  const named = Object.assign([1], { note: "lost" });

  it.each<[string, unknown, string]>([
    ["undefined", undefined, "the value is undefined"],
    [
      "an undefined member",
      { statement: { public: { place: undefined } } },
      "statement.public.place is undefined",
    ],
    ["an undefined item", { list: [1, undefined] }, "list[1] is undefined"],
    ["a function", { f: () => 1 }, "f is a function"],
    ["a toJSON method", { a: { toJSON: () => 1 } }, "a.toJSON is a function"],
    ["a symbol", { s: Symbol("s") }, "s is a symbol"],
    ["a bigint", [1n], "[0] is a bigint"],
    ["a Map", { m: new Map() }, "m must be a plain object, got an instance of Map"],
    ["a Date", { at: new Date(0) }, "at must be a plain object, got an instance of Date"],
    ["bytes", { b: new Uint8Array(1) }, "b must be a plain object, got an instance of Uint8Array"],
    ["a boxed number", { n: Object(1) }, "n must be a plain object, got an instance of Number"],
    ["a class instance", { lot: new Lot() }, "lot must be a plain object, got an instance of Lot"],
    ["a derived object", { o: Object.create({ a: 1 }) }, "o must be a plain object"],
    ["a symbol member", { o: { [Symbol("s")]: 1 } }, "o has symbol or hidden members"],
    ["a hidden member", { o: hidden }, "o has symbol or hidden members"],
    ["a hole", { list: holed }, "list must be a plain array without holes"],
    ["a long hole", { list: Array(3) }, "list must be a plain array without holes"],
    ["a named member of an array", { list: named }, "list must be a plain array"],
    ["an array's subclass", { list: new (class extends Array {})() }, "list must be a plain array"],
    ["a cycle", { a: [cycle] }, "a[0].self contains itself"],
  ])("refuses %s", (_what, value, message) => {
    expect(() => canonicalText(value)).toThrow(TypeError);
    expect(() => canonicalText(value)).toThrow(message);
  });

  it.each<[string, unknown, string]>([
    ["NaN", { n: NaN }, "n must be a finite number"],
    ["Infinity", [-Infinity], "[0] must be a finite number"],
    ["a lone surrogate", { s: "\ud83d" }, "s: a string has a lone surrogate"],
    ["a lone surrogate in a name", { o: { "\udc00": 1 } }, "o: a member name has a lone surrogate"],
  ])("refuses %s", (_what, value, message) => {
    expect(() => canonicalText(value)).toThrow(RangeError);
    expect(() => canonicalText(value)).toThrow(message);
  });

  it("refuses nesting that would overflow the stack", () => {
    expect(canonicalText(nested(500))).toHaveLength(1000);
    expect(() => canonicalText(nested(501))).toThrow("nested deeper than 500");
    expect(() => parseCanonical(utf8("[".repeat(200_000) + "]".repeat(200_000)))).toThrow(
      "nested deeper than 500",
    );
  });

  it("accepts null-prototype objects as plain", () =>
    expect(canonicalText(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}'));
});

describe("integersOnly", () => {
  it.each([0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1)])("accepts %d", (n) => {
    const bytes = canonicalBytes({ n }, { integersOnly: true });
    expect(parseCanonical(bytes, { integersOnly: true })).toEqual({ n });
  });

  it.each([0.5, 1e-7, 2 ** 53, -(2 ** 53), 1e30])("refuses %d, which RFC 8785 allows", (n) => {
    const bytes = canonicalBytes({ quantity: n });
    expect(parseCanonical(bytes)).toEqual({ quantity: n });
    expect(() => canonicalBytes({ quantity: n }, { integersOnly: true })).toThrow(
      "quantity must be an integer",
    );
    expect(() => parseCanonical(bytes, { integersOnly: true })).toThrow("quantity must be an integer");
  });

  it("refuses -0, which RFC 8785 prints as 0", () => {
    expect(canonicalText([-0])).toBe("[0]");
    expect(() => canonicalText([-0], { integersOnly: true })).toThrow("got -0");
  });
});

describe("parseCanonical", () => {
  it.each([
    ["a duplicate member", '{"a":1,"a":1}'],
    ["unsorted members", '{"b":1,"a":2}'],
    ["white space", '{"a": 1}'],
    ["a trailing newline", '{"a":1}\n'],
    ["a needless fraction", "[1.0]"],
    ["an exponent", "[1e2]"],
    ["minus zero", "[-0]"],
    ["more digits than a double has", "[9007199254740993]"],
    ["a needless escape", '["\\u0041"]'],
    ["an escaped slash", '["\\/"]'],
    ["upper-case hex", '["\\u000B"]'],
  ])("refuses %s", (_what, text) => {
    expect(() => parseCanonical(utf8(text))).toThrow(RangeError);
    expect(() => parseCanonical(utf8(text))).toThrow(
      "not canonical JSON: differs from the canonical form at character",
    );
  });

  it.each([
    ["an escaped lone surrogate", utf8('["\\ud800"]'), "lone surrogate"],
    ["a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x5b, 0x5d), "not JSON"],
    ["overlong UTF-8", Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), "not UTF-8"],
    ["an encoded surrogate", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), "not UTF-8"],
    ["nothing", new Uint8Array(0), "not JSON"],
    ["a cut text", utf8('{"a":1'), "not JSON"],
  ])("refuses %s", (_what, bytes, message) => {
    expect(() => parseCanonical(bytes)).toThrow(RangeError);
    expect(() => parseCanonical(bytes)).toThrow(message);
  });

  it("accepts bytes, not text", () =>
    expect(() => parseCanonical("{}" as unknown as Uint8Array)).toThrow(TypeError));

  it("refuses every change of a byte that keeps the meaning", () => {
    const value = { at: "2026-01-01", list: [1, 20, -3], name: "溯源" };
    const bytes = canonicalBytes(value);
    for (let i = 0; i < bytes.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = bytes.slice();
        changed[i] = (changed[i] as number) ^ (1 << bit);
        let read: unknown;
        try {
          read = parseCanonical(changed);
        } catch {
          continue;
        }
        expect(read).not.toEqual(value);
      }
    }
  });
});

function nested(depth: number): unknown {
  return JSON.parse("[".repeat(depth) + "]".repeat(depth));
}

const jcs = vectorFolder("tlog/jcs/testdata");
const read = (...path: string[]) => readFileSync(join(jcs.path, ...path));

describe.runIf(jcs.present)("the vectors of cyberphone/json-canonicalization", () => {
  it.each(["arrays", "french", "structures", "unicode", "values", "weird"])("%s", (name) => {
    const output = new Uint8Array(read("output", `${name}.json`));
    const hex = read("outhex", `${name}.txt`).toString().replaceAll(/\s/g, "");
    const input = JSON.parse(read("input", `${name}.json`).toString()) as unknown;
    expect(Buffer.from(output).toString("hex")).toBe(hex);
    expect(canonicalBytes(input)).toEqual(output);
    expect(parseCanonical(output)).toEqual(input);
  });

  it("numbers: the hash of the first 1,000 and 10,000 lines", () => {
    const digest = createHash("sha256");
    const lines = numberLines();
    const hashAfter = (count: number) => {
      for (let i = 0; i < count; i++) digest.update(lines.next().value as string);
      return digest.copy().digest("hex");
    };
    expect(hashAfter(1000)).toBe("be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687");
    expect(hashAfter(9000)).toBe("b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892");
  });
});

/** `hex-ieee,canonical\n` for the sequence that the vectors' README describes: a table, a run, then SHA-256 chained. */
function* numberLines(): Generator<string> {
  const view = new DataView(new ArrayBuffer(8));
  const line = (bits: bigint) => {
    view.setBigUint64(0, bits);
    return `${bits.toString(16)},${canonicalText(view.getFloat64(0))}\n`;
  };
  const table =
    read("README.md")
      .toString()
      .match(/0x[0-9a-f]{16}n/g) ?? [];
  // The last in the file is the first of the run, not of the table.
  for (const literal of table.slice(0, -1)) yield line(BigInt(literal.slice(0, -1)));
  for (let i = 0n; i < 2000n; i++) yield line(0x0010000000000000n + i);
  for (let block = new Uint8Array(32); ;) {
    block = new Uint8Array(createHash("sha256").update(block).digest());
    const words = new DataView(block.buffer);
    for (let i = 0; i < 32; i += 8) {
      const value = words.getFloat64(i, true);
      if (value !== 0 && Number.isFinite(value)) yield line(words.getBigUint64(i, true));
    }
  }
}
