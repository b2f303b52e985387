import { describe, expect, it } from "vitest";
import type { Label } from "../../src/labels/label.ts";
import { layOutLabel } from "../../src/labels/layout.ts";
import { qrSize } from "../../src/labels/qr.ts";
import { cellCorner, cellCount, type Sheet, SHEETS, sheetById } from "../../src/labels/sheet.ts";
import { VECTOR } from "./sample-labels.ts";

/** Room for rounding in micrometres. */
const SLACK_MM = 0.002;
/** The narrowest margin of the makers' own sheets, which office printers can print. */
const UNPRINTABLE_MM = 3.9;

const byId = (id: string): Sheet => {
  const sheet = sheetById(id);
  if (!sheet) throw new Error(id);
  return sheet;
};

const moduleMm = (sheet: Sheet, label: Label): number =>
  layOutLabel(label, {
    widthMm: sheet.labelWidthMm,
    heightMm: sheet.labelHeightMm,
    symbolModules: qrSize(label.link) + 8,
    moduleStepMm: 25.4 / 600,
  }).moduleMm;

describe("sheets", () => {
  it("have distinct ids", () => {
    expect(new Set(SHEETS.map(({ id }) => id)).size).toBe(SHEETS.length);
    expect(sheetById("avery-l7651")?.name).toBe("Avery L7651, 65 labels of 38.1 × 21.2 mm");
    expect(sheetById("avery-l0000")).toBeUndefined();
  });

  it.each(SHEETS.map((sheet) => [sheet.id, sheet] as const))(
    "%s: every cell lies in the page, none overlap",
    (_id, sheet) => {
      const corners = Array.from({ length: cellCount(sheet) }, (_, cell) => cellCorner(sheet, cell));
      for (const { xMm, yMm } of corners) {
        expect(xMm).toBeGreaterThanOrEqual(UNPRINTABLE_MM);
        expect(yMm).toBeGreaterThanOrEqual(UNPRINTABLE_MM);
        expect(xMm + sheet.labelWidthMm).toBeLessThanOrEqual(sheet.pageWidthMm - UNPRINTABLE_MM);
        expect(yMm + sheet.labelHeightMm).toBeLessThanOrEqual(sheet.pageHeightMm - UNPRINTABLE_MM);
      }
      for (const [i, a] of corners.entries())
        for (const b of corners.slice(i + 1)) {
          const apartX = Math.abs(a.xMm - b.xMm) >= sheet.labelWidthMm - SLACK_MM;
          const apartY = Math.abs(a.yMm - b.yMm) >= sheet.labelHeightMm - SLACK_MM;
          expect(apartX || apartY).toBe(true);
        }
    },
  );

  it.each([
    ["avery-l7160", [7.25, 15.15, 66, 38.1]],
    ["avery-l7159", [7.25, 12.9, 66, 33.9]],
    ["avery-l7173", [4.65, 6, 101.6, 57]],
    ["avery-l7651", [4.75, 10.7, 40.6, 21.2]],
    ["avery-l7120", [7.5, 11, 40, 40]],
    ["avery-l4731", [8.6, 13.5, 27.9, 10]],
    ["avery-5160", [4.763, 12.7, 69.85, 25.4]],
    ["avery-5163", [3.969, 12.7, 106.363, 50.8]],
  ])("%s has the published left and top margins and pitches", (id, [left, top, pitchX, pitchY]) => {
    const sheet = byId(id);
    expect(sheet.leftMm).toBeCloseTo(left as number, 2);
    expect(sheet.topMm).toBeCloseTo(top as number, 2);
    expect(sheet.pitchXMm).toBeCloseTo(pitchX as number, 2);
    expect(sheet.pitchYMm).toBeCloseTo(pitchY as number, 2);
  });

  it("count their cells left to right, then down", () => {
    const sheet = byId("plain-3x8");
    expect(cellCount(sheet)).toBe(24);
    expect(cellCorner(sheet, 0)).toEqual({ xMm: 10.5, yMm: 12.5 });
    expect(cellCorner(sheet, 2)).toEqual({ xMm: 136.5, yMm: 12.5 });
    expect(cellCorner(sheet, 3)).toEqual({ xMm: 10.5, yMm: 46.5 });
    for (const cell of [-1, 24, 0.5, Number.NaN]) expect(() => cellCorner(sheet, cell)).toThrow(RangeError);
  });

  it.each(SHEETS.map((sheet) => [sheet.id, sheet] as const))(
    "%s has room for readable modules and text",
    (id, sheet) => {
      const fine = { ...VECTOR, caption: "Longjing tea 250 g, lot 2410-A", pin: "402917" };
      const [label, leastMm] = id === "avery-l4731" ? [VECTOR, 0.25] : [fine, 0.33];
      expect(moduleMm(sheet, label)).toBeGreaterThanOrEqual(leastMm);
    },
  );
});
