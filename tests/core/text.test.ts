import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { normalised, readLine, TextError } from "../../src/core/text.ts";

/** The length of each text that `String.prototype.normalize` was asked to look at. */
function normalisedLengths(run: () => void): number[] {
  const spy = vi.spyOn(String.prototype, "normalize");
  try {
    expect(run).toThrow(TextError);
    return spy.mock.contexts.map((text) => String(text).length);
  } finally {
    spy.mockRestore();
  }
}

describe("normalising", () => {
  it.each([
    ["a text beyond four times the limit", "a".repeat(401)],
    ["a run of marks", `e${"\u0301\u0316".repeat(100)}`],
    ["a run of the same mark", "\u0323".repeat(5)],
    ["a run of marks among letters", `${"ab".repeat(40)}${"\u0301".repeat(5)}c`],
  ])("is refused before %s is looked at", (_, text) => {
    expect(normalisedLengths(() => normalised(text, 100))).toEqual([]);
  });

  it("is seen by that spy where a text is looked at", () => {
    expect(normalisedLengths(() => normalised("\ufdfa".repeat(10), 100, "NFKC"))).toEqual([10]);
  });

  it("measures the length again, since NFKC makes 18 letters of one", () => {
    expect(() => normalised("\ufdfa".repeat(10), 100, "NFKC")).toThrow("has 180 characters");
    expect(normalised("\ufdfa", 100, "NFKC")).toHaveLength(18);
  });

  it("gives what the engine gives for every text within bounds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 50 }), (text) => {
        expect(normalised(text, 1000)).toBe(text.normalize("NFC"));
      }),
    );
  });
});

describe("a line", () => {
  it.each([
    ["Persian with a non-joiner", "می\u200cخواهم"],
    ["Vietnamese", "Công ty Thực phẩm Việt"],
    ["Hindi with a joiner after a virama", "क्\u200dष"],
    ["Sinhala with a joiner", "ශ්\u200dරී"],
    ["Malayalam that ends in a joiner", "ക്\u200d"],
    ["Hebrew with vowels and cantillation", "בְּרֵאשִׁ֖ית"],
    ["Tibetan with stacked letters", "བྷྲཱུཾ"],
    ["a family of emoji", "👨\u200d👩\u200d👧 cream"],
    ["an emoji with a skin tone and a joiner", "👩🏽\u200d🔬"],
    ["a keycap", "1\ufe0f\u20e3"],
    ["a variant of an ideograph", "葛\u{e0100}城"],
    ["an ideographic space", "奶粉\u30003段"],
    ["Thai", "น้ำปลา"],
  ])("may be %s", (_, text) => expect(readLine(text, 60)).toBe(text.normalize("NFC")));

  it("composes what was sent decomposed, and loses blanks at its ends", () => {
    expect(readLine(" Thực phẩm\u00a0".normalize("NFD"), 20)).toBe("Thực phẩm");
  });

  it.each([
    ["a zero-width space", "Kauri\u200bDairy", "U+200B"],
    ["a joiner between Latin letters", "Kauri\u200dDairy", "U+200D"],
    ["two non-joiners in Persian", "می\u200c\u200cخ", "U+200C"],
    ["a left-to-right mark", "Kauri \u200eDairy", "U+200E"],
    ["an Arabic letter mark", "Kauri \u061cDairy", "U+061C"],
    ["a right-to-left override", "Kauri \u202eyriaD", "U+202E"],
    ["an isolate", "\u2067Kauri", "U+2067"],
    ["a soft hyphen", "Kau\u00adri", "U+00AD"],
    ["a word joiner", "Kauri\u2060Dairy", "U+2060"],
    ["a byte order mark inside", "Kauri\ufeffDairy", "U+FEFF"],
    ["a grapheme joiner", "Kauri\u034fDairy", "U+034F"],
    ["a Hangul filler", "Kauri\u3164Dairy", "U+3164"],
    ["a tag", "Kauri\u{e0041}", "U+E0041"],
    ["a variation selector after a letter", "Kauri\ufe0f", "U+FE0F"],
    ["a private character", "Kauri\ue000", "U+E000"],
    ["a noncharacter", "Kauri\uffff", "U+FFFF"],
    ["a replacement character", "Kauri\ufffd", "U+FFFD"],
    ["an annotation anchor", "Kauri\ufff9", "U+FFF9"],
    ["a Braille blank", "Kauri\u2800Dairy", "U+2800"],
    ["half a character", "Kauri\ud800", "U+D800"],
    ["a line feed", "Kauri\nDairy", "U+000A"],
    ["a paragraph separator", "Kauri\u2029Dairy", "U+2029"],
    ["a next-line control", "Kauri\u0085Dairy", "U+0085"],
  ])("with %s is refused, and the character named", (_, text, point) => {
    expect(() => readLine(text, 60)).toThrow(point);
  });

  it.each([
    ["a tower of marks", `Z${"\u0335\u0321\u0300".repeat(30)}algo`, "marks"],
    ["nothing", "", "is empty"],
    ["blanks", " \u3000 ", "is empty"],
    ["a mark alone", "\u0301", "visible"],
    ["too many letters", "x".repeat(61), "has 61 characters, expected at most 60"],
    ["very many letters", "x".repeat(80_000), "has 80000 characters, expected at most 60"],
  ])("of %s is refused", (_, text, message) => expect(() => readLine(text, 60)).toThrow(message));

  it("is read the same again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (text) => {
        let line: string;
        try {
          line = readLine(text, 60);
        } catch (error) {
          expect(error).toBeInstanceOf(TextError);
          return;
        }
        expect(readLine(line, 60)).toBe(line);
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
      }),
      { numRuns: 1000 },
    );
  });
});
