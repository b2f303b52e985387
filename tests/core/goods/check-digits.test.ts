import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContainer } from "../../../src/core/goods/container.ts";
import { parseGln } from "../../../src/core/goods/gln.ts";
import { parseGtin } from "../../../src/core/goods/gtin.ts";
import { IdentifierError } from "../../../src/core/goods/identifier.ts";
import { parseLei } from "../../../src/core/goods/lei.ts";
import { mod10CheckDigit } from "../../../src/core/goods/mod10.ts";
import { parseSscc } from "../../../src/core/goods/sscc.ts";
import { isIndividualShop, parseUscc } from "../../../src/core/goods/uscc.ts";
import { parseVin } from "../../../src/core/goods/vin.ts";

const DIGITS = "0123456789";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const VIN_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";

function text(alphabet: string, length: number): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...Array.from(alphabet)), { minLength: length, maxLength: length })
    .map((characters) => characters.join(""));
}

function accepts(parse: (text: string) => unknown, given: string): boolean {
  try {
    parse(given);
    return true;
  } catch (cause) {
    if (cause instanceof IdentifierError) return false;
    throw cause;
  }
}

/** The one completion of `body` that a parser accepts: so that tests do not compute checks with the code they test. */
function completions(
  parse: (text: string) => unknown,
  body: string,
  endings: readonly string[],
  at = body.length,
): string[] {
  return endings
    .map((ending) => body.slice(0, at) + ending + body.slice(at))
    .filter((given) => accepts(parse, given));
}

/** A text gone wrong. `was` became `is`, or the two changed places. */
interface Mistake {
  changed: string;
  index: number;
  was: string;
  is: string;
}

/** Each text that differs from `given` in one character of `alphabet`. */
function substitutions(given: string, alphabet: string): Mistake[] {
  return Array.from(given).flatMap((was, index) =>
    Array.from(alphabet)
      .filter((is) => is !== was)
      .map((is) => ({ changed: given.slice(0, index) + is + given.slice(index + 1), index, was, is })),
  );
}

/** Each text that differs from `given` by a swap of neighbours. */
function swaps(given: string): Mistake[] {
  return Array.from(given.slice(1), (is, index) => {
    const was = given.charAt(index);
    return { changed: given.slice(0, index) + is + was + given.slice(index + 2), index, was, is };
  }).filter(({ was, is }) => was !== is);
}

/** The mistakes that a parser does not see. */
function unseen(parse: (text: string) => unknown, mistakes: readonly Mistake[]): Mistake[] {
  return mistakes.filter(({ changed }) => accepts(parse, changed));
}

const strict = (given: string) => parseVin(given, { strict: true });

/** Written apart from the code: rows of a keyboard-like table, by column. */
function vinValue(character: string): number {
  const rows = ["0123456789", "_ABCDEFGH_", "_JKLMN_P_R", "__STUVWXYZ"];
  return Math.max(...rows.map((row) => row.indexOf(character)));
}

/** Letter values as the standard's table prints them. */
function remainderOf(body: string): number {
  const letters = "10 12 13 14 15 16 17 18 19 20 21 23 24 25 26 27 28 29 30 31 32 34 35 36 37 38"
    .split(" ")
    .map(Number);
  let sum = 0;
  for (const [index, character] of Array.from(body).entries())
    sum += (letters[LETTERS.indexOf(character)] ?? Number(character)) * 2 ** index;
  return sum % 11;
}

describe("GS1 mod 10", () => {
  const keys = [
    [8, parseGtin],
    [12, parseGtin],
    [13, parseGtin],
    [14, parseGtin],
    [13, parseGln],
    [18, parseSscc],
  ] as const;

  it.each(keys)(
    "gives a body of %i one check digit, and detects every single wrong digit",
    (length, parse) => {
      fc.assert(
        fc.property(text(DIGITS, length - 1), (body) => {
          const [key = "", ...others] = completions(parse, body, Array.from(DIGITS));
          expect(others).toEqual([]);
          expect(key).toBe(body + mod10CheckDigit(body));
          expect(unseen(parse, substitutions(key, DIGITS))).toEqual([]);
        }),
        { numRuns: 50 },
      );
    },
  );

  it("detects swaps of neighbouring digits that do not differ by 5", () => {
    fc.assert(
      fc.property(text(DIGITS, 13), fc.nat(12), (body, index) => {
        const key = body + mod10CheckDigit(body);
        const [a, b] = [Number(key[index]), Number(key[index + 1])];
        const swapped = key.slice(0, index) + b + a + key.slice(index + 2);
        expect(accepts(parseGtin, swapped)).toBe((a - b) % 5 === 0);
      }),
    );
  });

  it("keeps the number when it pads a GTIN to 14 digits", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(7, 11, 12, 13).chain((length) => text(DIGITS, length)),
        (body) => {
          const gtin = body + mod10CheckDigit(body);
          expect(BigInt(parseGtin(gtin))).toBe(BigInt(gtin));
          expect(parseGtin(parseGtin(gtin))).toBe(parseGtin(gtin));
        },
      ),
    );
  });

  it("gives check digits for digits only", () => {
    expect(mod10CheckDigit("952000100001")).toBe("0");
    expect(() => mod10CheckDigit("")).toThrow(RangeError);
    expect(() => mod10CheckDigit("95200010000A")).toThrow(RangeError);
    // @ts-expect-error: callers in JavaScript can do this
    expect(() => mod10CheckDigit(952)).toThrow(TypeError);
  });
});

describe("USCC", () => {
  const bodies = fc
    .tuple(
      fc.constantFrom(...Array.from("0123456789ANY")),
      text(USCC_ALPHABET, 1),
      text(DIGITS, 6),
      text(USCC_ALPHABET, 9),
    )
    .map((parts) => parts.join(""));

  it("gives a body one check character, and detects every wrong character and every swap of neighbours", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const [uscc = "", ...others] = completions(parseUscc, body, Array.from(USCC_ALPHABET));
        expect(others).toEqual([]);
        expect(uscc).toHaveLength(18);
        expect(parseUscc(uscc.toLowerCase()).value).toBe(uscc);
        expect(unseen(parseUscc, substitutions(uscc, USCC_ALPHABET))).toEqual([]);
        expect(unseen(parseUscc, swaps(uscc))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it.each(["91440115MB00001900", "91440115MB00004220"])("accepts %s, whose check character is 0", (uscc) => {
    expect(parseUscc(uscc)).toEqual({ value: uscc, warnings: [] });
  });

  it("only warns of an organisation code that fails its own check", () => {
    const wrong = completions(parseUscc, "91440115MA000001X", Array.from(USCC_ALPHABET));
    expect(wrong).toHaveLength(1);
    expect(parseUscc(wrong[0] ?? "").warnings).toEqual([
      {
        reason: "check_digit",
        message: "organisation code (positions 9 to 17) has check character X, GB 11714 expects 5",
      },
    ]);
  });

  it("recognises individual businesses by 92", () => {
    expect(isIndividualShop("92440111MA00000A98")).toBe(true);
    expect(isIndividualShop("91440115MA0000015F")).toBe(false);
    expect(() => isIndividualShop("92440111MA00000A99")).toThrow(IdentifierError);
  });
});

describe("VIN", () => {
  const conformant = text(VIN_ALPHABET, 16).map(
    (rest) => completions(strict, rest, [...DIGITS.split(""), "X"], 8)[0] ?? "",
  );

  it("has one check digit, which detects a wrong character of another value", () => {
    fc.assert(
      fc.property(conformant, (vin) => {
        expect(vin).toHaveLength(17);
        expect(parseVin(vin)).toEqual({ value: vin, conformant: true, warnings: [] });
        const mistakes = substitutions(vin, VIN_ALPHABET);
        const alike = mistakes.filter(({ index, was, is }) => index !== 8 && vinValue(was) === vinValue(is));
        expect(unseen(strict, mistakes)).toEqual(alike);
        expect(mistakes.filter(({ changed }) => parseVin(changed).conformant)).toEqual(alike);
      }),
      { numRuns: 20 },
    );
  });

  it("says what the check digit should be, without strict as a warning", () => {
    expect(parseVin("JTEBU3FJ4NK000001")).toEqual({
      value: "JTEBU3FJ4NK000001",
      conformant: false,
      warnings: [{ reason: "check_digit", message: "VIN check digit (position 9) is 4, expected 3" }],
    });
  });
});

describe("ISO 6346", () => {
  const bodies = fc
    .tuple(text(LETTERS, 3), fc.constantFrom("U", "J", "Z"), text(DIGITS, 6))
    .map((parts) => parts.join(""));

  it("completes a body in one way, and sees every single wrong digit but 10 against 0", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const [container = "", ...others] = completions(parseContainer, body, Array.from(DIGITS));
        expect(others).toEqual([]);
        const remainder = remainderOf(body);
        expect(container.at(-1)).toBe(String(remainder % 10));
        const mistakes = substitutions(container, DIGITS).filter(({ index }) => index >= 4);
        const alike = mistakes.filter(
          ({ changed, index }) => index < 10 && remainderOf(changed.slice(0, 10)) % 10 === remainder % 10,
        );
        expect(unseen(parseContainer, mistakes)).toEqual(alike);
        expect(remainder % 10 === 0 || alike.length === 0).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each(["CSQU3054383EXTRA", "xxJ123456", "garbage,123456", "CSQU3054383\n"])("refuses %j", (garbage) => {
    expect(accepts(parseContainer, garbage)).toBe(false);
  });
});

describe("LEI", () => {
  const endings = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

  it("completes a body in one way, between 02 and 98", () => {
    fc.assert(
      fc.property(text(DIGITS + LETTERS, 18), (body) => {
        const [lei = "", ...others] = completions(parseLei, body, endings);
        expect(others).toEqual([]);
        expect(Number(lei.slice(18))).toBeGreaterThanOrEqual(2);
        expect(Number(lei.slice(18))).toBeLessThanOrEqual(98);
        const decimal = lei.replace(/[A-Z]/g, (letter) => String(LETTERS.indexOf(letter) + 10));
        expect(BigInt(decimal) % 97n).toBe(1n);
      }),
      { numRuns: 50 },
    );
  });

  // A letter is two decimal digits: only changes within a kind keep the places of the others, and are sure to be seen.
  it("sees a digit for a digit, a letter for a letter, and swaps of either kind", () => {
    const sameKind = (a: string, b: string) => DIGITS.includes(a) === DIGITS.includes(b);
    fc.assert(
      fc.property(text(DIGITS + LETTERS, 18), (body) => {
        const [lei = ""] = completions(parseLei, body, endings);
        const mistakes = [...substitutions(lei, DIGITS + LETTERS), ...swaps(lei)];
        expect(
          unseen(
            parseLei,
            mistakes.filter(({ was, is }) => sameKind(was, is)),
          ),
        ).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});
