import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  ALPHABET,
  MistypedCodeError,
  assertNormalised,
  groupCode,
  normaliseCode,
  symbolValue,
} from "../../../src/core/code/alphabet.ts";
import { parseCode } from "../../../src/core/code/check.ts";
import { bodies } from "./arbitrary.ts";

const CODE = "45VFV6GS11R19J3B";

const { refused, forgiven } = z
  .object({
    refused: z.array(
      z.object({
        typed: z.string(),
        reason: z.enum(["character", "length", "check"]),
        position: z.int().optional(),
        why: z.string(),
      }),
    ),
    forgiven: z.array(z.object({ typed: z.string(), code: z.string(), why: z.string() })),
  })
  .parse(
    JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../fixtures/codes/invalid.json"), "utf8")),
  );

describe("the alphabet", () => {
  it("is Crockford's: 32 symbols in ASCII order, without I, L, O, U", () => {
    expect(new Set(ALPHABET).size).toBe(32);
    expect(Array.from(ALPHABET).sort().join("")).toBe(ALPHABET);
    expect(ALPHABET).not.toMatch(/[ILOU]/);
  });

  it("gives each symbol its index, and every other code unit -1", () => {
    for (let unit = 0; unit < 0x10000; unit++)
      expect(symbolValue(unit)).toBe(ALPHABET.indexOf(String.fromCharCode(unit)));
  });
});

describe("a typed code", () => {
  it.each(forgiven)("is corrected: $why", ({ typed, code }) => {
    expect(normaliseCode(typed)).toBe(code);
    expect(parseCode(typed)).toBe(code);
  });

  it.each(refused)("is refused for its $reason: $why", ({ typed, reason, position }) => {
    expect(refusal(typed)).toMatchObject({ name: "MistypedCodeError", reason, position });
  });

  it("is refused for a lone surrogate", () => {
    expect(refusal("45VFV6GS11R19J3\uD800")).toMatchObject({ reason: "character", position: 16 });
  });

  it("is read as a code or refused with a MistypedCodeError, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (typed) => {
        const outcome = attempt(typed);
        if (outcome instanceof MistypedCodeError) return;
        expect(() => assertNormalised(outcome)).not.toThrow();
      }),
    );
  });

  it("gives the same code with any grouping, letter case and confusable letters", () => {
    const noise = fc.constantFrom("", "-", " ", "\u2013", "\u00A0", "\u200B");
    const looks: Record<string, string[]> = { "0": ["O", "o"], "1": ["I", "i", "L", "l"] };
    fc.assert(
      fc.property(
        bodies,
        fc.array(fc.tuple(noise, fc.nat(3)), { minLength: 16, maxLength: 16 }),
        (body, plan) => {
          const code = `${body}0`;
          const typed = plan.map(([separator, look], index) => {
            const symbol = code.charAt(index);
            return separator + ([symbol, symbol.toLowerCase(), ...(looks[symbol] ?? [])][look] ?? symbol);
          });
          expect(normaliseCode(typed.join(""))).toBe(code);
        },
      ),
    );
  });

  it("is unchanged if it is normalised already", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        expect(normaliseCode(`${body}0`)).toBe(`${body}0`);
      }),
    );
  });

  it("must be a string", () => {
    for (const wrong of [undefined, null, 45, ["4"], new Uint8Array(16)]) {
      // @ts-expect-error a caller without types
      expect(() => normaliseCode(wrong)).toThrow(TypeError);
    }
  });

  it("is refused with an error that is a RangeError too", () => {
    expect(refusal("")).toBeInstanceOf(RangeError);
  });
});

describe("groupCode", () => {
  it("shows four groups of four, and normaliseCode takes them back", () => {
    expect(groupCode(CODE)).toBe("45VF-V6GS-11R1-9J3B");
    fc.assert(
      fc.property(bodies, (body) => {
        expect(normaliseCode(groupCode(`${body}Z`))).toBe(`${body}Z`);
      }),
    );
  });

  it.each(["", CODE.toLowerCase(), CODE.slice(1), `${CODE}0`, `U${CODE.slice(1)}`, `${CODE.slice(0, 15)}\n`])(
    "refuses %j",
    (code) => {
      expect(() => groupCode(code)).toThrow(RangeError);
      expect(() => assertNormalised(code)).toThrow(/16 upper-case characters/);
    },
  );
});

function attempt(typed: string): string | MistypedCodeError {
  try {
    return normaliseCode(typed);
  } catch (error) {
    if (error instanceof MistypedCodeError) return error;
    throw error;
  }
}

/** The error that a typed text is refused with, its check character looked at too. */
function refusal(typed: string): unknown {
  try {
    return { accepted: parseCode(typed) };
  } catch (error) {
    return error;
  }
}
