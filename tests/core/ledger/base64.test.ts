import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeBase64,
  decodeBase64Url,
  encodeBase64,
  encodeBase64Url,
} from "../../../src/core/ledger/base64.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("base64", () => {
  it.each([
    ["", "", ""],
    ["f", "Zg==", "Zg"],
    ["fo", "Zm8=", "Zm8"],
    ["foo", "Zm9v", "Zm9v"],
    ["foob", "Zm9vYg==", "Zm9vYg"],
    ["fooba", "Zm9vYmE=", "Zm9vYmE"],
    ["foobar", "Zm9vYmFy", "Zm9vYmFy"],
  ])("RFC 4648, section 10: %j", (text, standard, url) => {
    expect(encodeBase64(utf8(text))).toBe(standard);
    expect(decodeBase64(standard)).toEqual(utf8(text));
    expect(encodeBase64Url(utf8(text))).toBe(url);
    expect(decodeBase64Url(url)).toEqual(utf8(text));
  });

  it("prints as Node does and reads it back", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(encodeBase64(bytes)).toBe(buffer.toString("base64"));
        expect(encodeBase64Url(bytes)).toBe(buffer.toString("base64url"));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
        expect(decodeBase64Url(encodeBase64Url(bytes))).toEqual(bytes);
      }),
    ));

  it("has one spelling for each value: what was read prints the same", () => {
    const soup = fc.string({ unit: fc.constantFrom(...Array.from("AQgwZm9v+/-_= \n")), maxLength: 9 });
    let read = 0;
    fc.assert(
      fc.property(soup, (text) => {
        for (const [decode, encode] of [
          [decodeBase64, encodeBase64],
          [decodeBase64Url, encodeBase64Url],
        ] as const) {
          const bytes = attempt(() => decode(text));
          if (bytes === null) continue;
          read++;
          expect(encode(bytes)).toBe(text);
        }
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it.each([
    ["Zg", "padded"],
    ["Zg=", "padded"],
    ["Zg===", "padded"],
    ["====", "position 0"],
    ["A===", "position 1"],
    ["Z===", "position 1"],
    ["Zh==", "zero bits after the last byte"],
    ["Zm9=", "zero bits after the last byte"],
    ["Zg==Zg==", "position 2"],
    [" Zg=", "position 0"],
    ["Zg=\n", "position 2"],
    ["-_-_", "position 0"],
    ["Zm9ü", "position 3"],
    ["Zm9\ud800", "position 3"],
  ])("refuses %j as base64", (text, why) => {
    expect(() => decodeBase64(text)).toThrow(RangeError);
    expect(() => decodeBase64(text)).toThrow(why);
  });

  it.each([
    ["Zg==", "position 2"],
    ["Zh", "zero bits after the last byte"],
    ["Zm9", "zero bits after the last byte"],
    ["Z", "must not have 1 characters"],
    ["Zm9vY", "must not have 5 characters"],
    ["+/+/", "position 0"],
  ])("refuses %j as base64url", (text, why) => {
    expect(() => decodeBase64Url(text)).toThrow(RangeError);
    expect(() => decodeBase64Url(text)).toThrow(why);
  });

  it("takes strings only", () => {
    expect(() => decodeBase64(undefined as unknown as string)).toThrow(TypeError);
    expect(() => decodeBase64Url(7 as unknown as string)).toThrow(TypeError);
  });
});

function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
