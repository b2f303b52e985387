import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALPHABET, MistypedCodeError } from "../../../src/core/code/alphabet.ts";
import { checkCharacter, hasValidCheck, parseCode } from "../../../src/core/code/check.ts";
import { encipherSerial } from "../../../src/core/code/cipher.ts";
import { KEYS, bodies, replaceAt } from "./arbitrary.ts";
import { plainCheck } from "./definition.ts";

const ZERO = "0".repeat(16);
const POSITIONS = Array.from({ length: 16 }, (_, index) => index);
const DIFFERENCES = Array.from(ALPHABET).slice(1);
const valid = bodies.map((body) => body + checkCharacter(body));

describe("the check character", () => {
  it("equals the definition, for any body", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        expect(checkCharacter(body)).toBe(plainCheck(body));
      }),
    );
  });

  it("is the only one of 32 that is valid for a body", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const taken = Array.from(ALPHABET).filter((last) => hasValidCheck(body + last));
        expect(taken).toEqual([checkCharacter(body)]);
      }),
    );
  });
});

/**
 * The proof for every code there is. The check is linear over GF(2): codes form a group under XOR of symbols, so an
 * error is missed on some code only if it is missed on the code of zeros. That leaves 496 single errors and 3,720
 * swaps (two positions, the difference of their symbols at both) to try, and all are tried.
 */
describe("errors, of all codes at once", () => {
  it("is linear: the XOR of two codes is a code", () => {
    expect(hasValidCheck(ZERO)).toBe(true);
    fc.assert(
      fc.property(valid, valid, (one, other) => {
        expect(hasValidCheck(xor(one, other))).toBe(true);
      }),
    );
  });

  it("is linear: a code XOR any text is a code just when the text is", () => {
    fc.assert(
      fc.property(valid, bodies, fc.constantFrom(...Array.from(ALPHABET)), (code, body, last) => {
        expect(hasValidCheck(xor(code, body + last))).toBe(hasValidCheck(body + last));
      }),
    );
  });

  it("catches every single wrong character", () => {
    for (const position of POSITIONS)
      for (const difference of DIFFERENCES)
        expect(hasValidCheck(replaceAt(ZERO, position, difference))).toBe(false);
  });

  it("catches every swap of two characters, near or far", () => {
    for (const one of POSITIONS)
      for (const other of POSITIONS.slice(one + 1))
        for (const difference of DIFFERENCES)
          expect(hasValidCheck(replaceAt(replaceAt(ZERO, one, difference), other, difference))).toBe(false);
  });
});

describe("errors, in real codes", () => {
  const codes = Array.from({ length: 40 }, (_, index) => encipherSerial(KEYS, index * 879_609_302_221));

  it("catches every single wrong character", () => {
    const errors = codes.flatMap((code) =>
      POSITIONS.flatMap((position) =>
        Array.from(ALPHABET, (symbol) => replaceAt(code, position, symbol)).filter((typed) => typed !== code),
      ),
    );
    expect(errors).toHaveLength(40 * 16 * 31);
    expect(errors.filter(hasValidCheck)).toEqual([]);
  });

  it("catches every swap of two different characters", () => {
    const errors = codes.flatMap((code) =>
      POSITIONS.flatMap((one) => POSITIONS.slice(one + 1).map((other) => swap(code, one, other))).filter(
        (typed) => typed !== code,
      ),
    );
    expect(errors.length).toBeGreaterThan(4000);
    expect(errors.filter(hasValidCheck)).toEqual([]);
  });
});

describe("a text that is no code", () => {
  it.each([
    "",
    "0",
    "0".repeat(15),
    "0".repeat(17),
    `${"0".repeat(15)}o`,
    `u${"0".repeat(15)}`,
    "é".repeat(16),
  ])("hasValidCheck is false of %j", (text) => {
    expect(hasValidCheck(text)).toBe(false);
  });

  it.each(["", "0".repeat(14), "0".repeat(16), `${"0".repeat(14)}U`, `${"0".repeat(14)}a`])(
    "checkCharacter refuses %j",
    (body) => {
      expect(() => checkCharacter(body)).toThrow(RangeError);
    },
  );

  it("must be a string", () => {
    // @ts-expect-error a caller without types
    expect(() => hasValidCheck(null)).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => checkCharacter(Array.from("0".repeat(15)))).toThrow(TypeError);
  });

  it("parseCode names the check character", () => {
    expect(() => parseCode("45VF-V6GS-11R1-9J3C")).toThrow(MistypedCodeError);
    expect(() => parseCode("45VF-V6GS-11R1-9J3C")).toThrow(expect.objectContaining({ reason: "check" }));
  });
});

function xor(one: string, other: string): string {
  return Array.from(one, (symbol, index) =>
    ALPHABET.charAt(ALPHABET.indexOf(symbol) ^ ALPHABET.indexOf(other.charAt(index))),
  ).join("");
}

function swap(code: string, one: number, other: number): string {
  return replaceAt(replaceAt(code, one, code.charAt(other)), other, code.charAt(one));
}
