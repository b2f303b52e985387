import * as fc from "fast-check";
import { expect, it } from "vitest";
import { byteText, bytesOf, textOf } from "../../src/scan/byte-text.ts";

it("a byte text is UTF-8 with a character per byte, for texts of any length", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.integer({ min: 8180, max: 8200 }).map((length) => "溯".repeat(length)),
    fc.constantFrom("", "plain ASCII", "Kōwhai 婴儿配方奶粉 👶🏽"),
  );
  fc.assert(
    fc.property(text, (given) => {
      const bytes = new TextEncoder().encode(given);
      expect(bytesOf(byteText(given))).toEqual(bytes);
      expect(Buffer.from(byteText(given), "latin1").equals(bytes)).toBe(true);
      expect(textOf(byteText(given))).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    }),
  );
});
