import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QUIET_ZONE_MODULES, type QrLevel, qrMatrix, qrSize } from "../../src/labels/qr.ts";
import { darkRectangles } from "../../src/labels/rectangles.ts";
import { rasterise, readQr } from "./qr-reader.ts";
import { VECTOR } from "./sample-labels.ts";

/** ISO/IEC 18004, table 7: characters in alphanumeric mode, versions 1 to 10. */
const ALPHANUMERIC_CAPACITY: Record<QrLevel, number[]> = {
  L: [25, 47, 77, 114, 154, 195, 224, 279, 335, 395],
  M: [20, 38, 61, 90, 122, 154, 178, 221, 262, 311],
  Q: [16, 29, 47, 67, 87, 108, 125, 157, 189, 221],
  H: [10, 20, 35, 50, 64, 84, 93, 122, 143, 174],
};
const LEVELS = ["L", "M", "Q", "H"] as const;
const character = fc.constantFrom(...Array.from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"));

describe("qrMatrix", () => {
  it("encodes the vector's 59 characters in version 3 at level M, which byte mode would not fit", () => {
    const matrix = qrMatrix(VECTOR.link);
    expect(readQr(matrix.size, matrix.bits)).toEqual({
      text: VECTOR.link,
      version: 3,
      level: "M",
      mask: matrix.mask,
    });
    expect([matrix.version, matrix.size, matrix.level]).toEqual([3, 29, "M"]);
  });

  it.each(LEVELS)(
    "takes the version that alphanumeric mode needs at level %s, at every boundary",
    (level) => {
      for (const [index, capacity] of ALPHANUMERIC_CAPACITY[level].entries()) {
        expect(qrMatrix("A".repeat(capacity), { level }).version).toBe(index + 1);
        expect(qrMatrix("A".repeat(capacity + 1), { level }).version).toBe(index + 2);
      }
    },
  );

  it("stays in alphanumeric mode for texts of many digits, so that one length has one size", () => {
    const matrix = qrMatrix("0".repeat(61));
    expect(matrix.version).toBe(3);
    expect(readQr(matrix.size, matrix.bits).text).toBe("0".repeat(61));
  });

  it("is read back by an independent reader, for any text and level", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: character, minLength: 1, maxLength: 174 }),
        fc.constantFrom(...LEVELS),
        (text, level) => {
          const matrix = qrMatrix(text, { level });
          expect(readQr(matrix.size, matrix.bits)).toEqual({
            text,
            version: matrix.version,
            level,
            mask: matrix.mask,
          });
          expect(qrSize(text, { level })).toBe(matrix.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is refused by that reader with any module wrong", () => {
    const { size, bits } = qrMatrix(VECTOR.link);
    const accepted: number[] = [];
    for (let i = 0; i < size * size; i++)
      if (readsAs(size, (x, y) => bits(x, y) !== (y * size + x === i)) !== undefined) accepted.push(i);
    // Version 3 has 7 remainder bits, which belong to no codeword (table 1); they come last, on the left.
    expect(accepted).toHaveLength(7);
    expect(accepted.filter((i) => i % size > 1)).toEqual([]);
  });

  it("is light outside the symbol", () => {
    const { size, bits } = qrMatrix(VECTOR.link);
    for (let i = -QUIET_ZONE_MODULES; i < size + QUIET_ZONE_MODULES; i++)
      for (let d = 1; d <= QUIET_ZONE_MODULES; d++)
        expect([bits(i, -d), bits(-d, i), bits(i, size - 1 + d), bits(size - 1 + d, i)]).not.toContain(true);
  });

  it.each(["", "https://trace.example", "HTTPS://TRACE.EXAMPLE/Ü", "A\nB", "HTTPS://溯源"])(
    "refuses %j",
    (link) => {
      expect(() => qrMatrix(link)).toThrow(RangeError);
      expect(() => qrSize(link)).toThrow(RangeError);
    },
  );

  it("refuses texts too long for every version, unknown levels and other types", () => {
    expect(qrMatrix("A".repeat(1852), { level: "H" }).version).toBe(40);
    expect(() => qrMatrix("A".repeat(1853), { level: "H" })).toThrow(RangeError);
    expect(() => qrMatrix("A", { level: "toString" as QrLevel })).toThrow(RangeError);
    expect(() => qrMatrix(42 as unknown as string)).toThrow(TypeError);
  });
});

describe("darkRectangles", () => {
  it("covers exactly the dark modules, each once, in fewer rectangles than runs", () => {
    const matrix = qrMatrix(VECTOR.link);
    const rectangles = darkRectangles(matrix);
    const raster = rasterise(rectangles);
    let runs = 0;
    for (let y = 0; y < matrix.size; y++)
      for (let x = 0; x < matrix.size; x++) {
        expect(raster.bits(x, y)).toBe(matrix.bits(x, y));
        if (matrix.bits(x, y) && !matrix.bits(x - 1, y)) runs += 1;
      }
    expect(rectangles.length).toBeLessThan(runs);
  });
});

function readsAs(size: number, bits: (x: number, y: number) => boolean): string | undefined {
  try {
    return readQr(size, bits).text;
  } catch {
    return undefined;
  }
}
