import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimatedWidthEm, fitCaption } from "../../src/labels/caption.ts";

const ROOM = { widthMm: 20, sizeMm: 4, minSizeMm: 2 };
const square = (text: string): number => Array.from(text).length;

describe("fitCaption", () => {
  it("does not change a caption that fits", () => {
    expect(fitCaption("Lot 1", ROOM, square)).toEqual({ text: "Lot 1", sizeMm: 4 });
  });

  it("shrinks before it cuts", () => {
    expect(fitCaption("Lot 2410", ROOM, square)).toEqual({ text: "Lot 2410", sizeMm: 2.5 });
  });

  it("cuts at the smallest size, and drops a space before the sign", () => {
    expect(fitCaption("Longjing tea", ROOM, square)).toEqual({ text: "Longjing…", sizeMm: 2 });
  });

  it("cuts between characters as readers count them", () => {
    const family = "👨‍👩‍👧";
    expect(fitCaption(`${family}${family}`, { ...ROOM, widthMm: 14 }, square)?.text).toBe(`${family}…`);
  });

  it("composes letters and their marks", () => {
    expect(fitCaption("Cafe\u0301", ROOM, square)?.text).toBe("Caf\u00E9");
  });

  it("gives no caption if not one character fits", () => {
    expect(fitCaption("Longjing", { ...ROOM, widthMm: 3 }, square)).toBeUndefined();
  });

  it("never exceeds its width", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.double({ min: 1, max: 60, noNaN: true }),
        (text, widthMm) => {
          const fitted = fitCaption(text, { ...ROOM, widthMm }, estimatedWidthEm);
          if (!fitted) return;
          expect(estimatedWidthEm(fitted.text) * fitted.sizeMm).toBeLessThanOrEqual(widthMm + 1e-9);
          expect(fitted.sizeMm).toBeGreaterThanOrEqual(ROOM.minSizeMm);
          expect(fitted.sizeMm).toBeLessThanOrEqual(ROOM.sizeMm);
        },
      ),
    );
  });
});

describe("estimatedWidthEm", () => {
  it("counts Chinese, Japanese and Korean as squares, and marks as no width", () => {
    expect(estimatedWidthEm("西湖龙井，。")).toBe(6);
    expect(estimatedWidthEm("カナ한글")).toBe(4);
    expect(estimatedWidthEm("\u0301\u200D")).toBe(0);
    expect(estimatedWidthEm("i")).toBeLessThan(1);
  });
});
