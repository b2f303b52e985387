import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitLine, type LabelLayout, layOutLabel, stackLabel } from "../../src/labels/layout.ts";
import { VECTOR } from "./sample-labels.ts";

const FIVE_POINTS_MM = (5 * 25.4) / 72;
const SLACK_MM = 1e-6;
const FULL = { ...VECTOR, caption: "Longjing tea 250 g", pin: "402917" };

describe("layOutLabel", () => {
  it("puts text beside the symbol on a wide label, the code on two lines", () => {
    const layout = layOutLabel(FULL, { widthMm: 63.5, heightMm: 38.1, symbolModules: 37 });
    expect(layout.anchor).toBe("start");
    expect(layout.lines.map(({ kind, text }) => [kind, text])).toEqual([
      ["code", "45VF-V6GS"],
      ["code", "11R1-9J3B"],
      ["caption", "Longjing tea 250 g"],
      ["pin", "PIN 402917"],
    ]);
  });

  it("puts text below the symbol on a square label", () => {
    const layout = layOutLabel(VECTOR, { widthMm: 35, heightMm: 35, symbolModules: 37 });
    expect(layout.anchor).toBe("middle");
    expect(layout.lines.map(({ text }) => text)).toEqual(["45VF-V6GS-11R1-9J3B"]);
  });

  it("rounds the module down to whole steps", () => {
    const space = { widthMm: 63.5, heightMm: 20, symbolModules: 37, moduleStepMm: 0.125 };
    expect(layOutLabel(VECTOR, space).moduleMm).toBe(0.5);
    expect(layOutLabel(VECTOR, { ...space, maxModuleMm: 0.3 }).moduleMm).toBe(0.25);
  });

  it("refuses a label too small for a readable module or text, and invalid sizes", () => {
    for (const [widthMm, heightMm] of [
      [40, 9.2],
      [12, 9.5],
      [-40, -40],
      [Number.NaN, 20],
      [40, Number.NaN],
    ] as const)
      expect(() => layOutLabel(FULL, { widthMm, heightMm, symbolModules: 37 })).toThrow(RangeError);
  });

  it("keeps everything on the label, readable, and text out of the quiet zone", () => {
    const space = fc.record({
      widthMm: fc.double({ min: 10, max: 120, noNaN: true }),
      heightMm: fc.double({ min: 10, max: 120, noNaN: true }),
      symbolModules: fc.constantFrom(29, 33, 37, 41, 45, 49),
      moduleStepMm: fc.constantFrom(undefined, 25.4 / 203, 25.4 / 300, 25.4 / 600),
    });
    const label = fc.constantFrom(
      VECTOR,
      { ...VECTOR, caption: "Lot 1" },
      { ...VECTOR, pin: "123456" },
      FULL,
    );
    let laidOut = 0;
    fc.assert(
      fc.property(label, space, (content, room) => {
        const layout = tryLayOut(() => layOutLabel(content, room));
        if (!layout) return;
        laidOut += 1;
        expectWithin(layout, room);
        const steps = layout.moduleMm / (room.moduleStepMm ?? layout.moduleMm);
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
      }),
      { numRuns: 500 },
    );
    expect(laidOut).toBeGreaterThan(200);
  });
});

describe("stackLabel", () => {
  it("fills the width with the symbol and lets the height follow", () => {
    const layout = stackLabel(FULL, { widthMm: 25, symbolModules: 37 });
    expect(layout.moduleMm).toBe(25 / 37);
    expect(layout.lines.map(({ text }) => text)).toEqual([
      "45VF-V6GS-11R1-9J3B",
      "Longjing tea 250 g",
      "PIN 402917",
    ]);
    expectWithin(layout, { widthMm: 25, heightMm: layout.heightMm, symbolModules: 37 });
  });

  it("breaks the code into two lines if one would be too small to read", () => {
    const layout = stackLabel(VECTOR, { widthMm: 12, symbolModules: 37 });
    expect(layout.lines.map(({ text }) => text)).toEqual(["45VF-V6GS", "11R1-9J3B"]);
  });

  it.each([9, 0, -25, Number.NaN, Number.POSITIVE_INFINITY])("refuses a width of %d mm", (widthMm) => {
    expect(() => stackLabel(VECTOR, { widthMm, symbolModules: 37 })).toThrow(RangeError);
  });
});

function tryLayOut(layOut: () => LabelLayout): LabelLayout | undefined {
  try {
    return layOut();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

function expectWithin(
  layout: LabelLayout,
  { widthMm, heightMm, symbolModules }: { widthMm: number; heightMm: number; symbolModules: number },
): void {
  const rightMm = layout.symbolXMm + symbolModules * layout.moduleMm;
  const bottomMm = layout.symbolYMm + symbolModules * layout.moduleMm;
  expect(layout.moduleMm).toBeGreaterThanOrEqual(0.25 - SLACK_MM);
  expect(Math.min(layout.symbolXMm, layout.symbolYMm)).toBeGreaterThanOrEqual(-SLACK_MM);
  expect(rightMm).toBeLessThanOrEqual(widthMm + SLACK_MM);
  expect(bottomMm).toBeLessThanOrEqual(heightMm + SLACK_MM);
  let previousMm = Number.NEGATIVE_INFINITY;
  for (const line of layout.lines) {
    const fitted = fitLine(line, layout, (text) => text.length * 0.6);
    if (!fitted) continue;
    const lineMm = fitted.text.length * 0.6 * fitted.sizeMm;
    const leftMm = layout.anchor === "middle" ? layout.textXMm - lineMm / 2 : layout.textXMm;
    expect(fitted.sizeMm).toBeGreaterThanOrEqual(FIVE_POINTS_MM - SLACK_MM);
    expect(leftMm).toBeGreaterThanOrEqual(-SLACK_MM);
    expect(leftMm + lineMm).toBeLessThanOrEqual(widthMm + SLACK_MM);
    expect(line.baselineMm + 0.25 * fitted.sizeMm).toBeLessThanOrEqual(heightMm + SLACK_MM);
    const topMm = line.baselineMm - 0.75 * fitted.sizeMm;
    expect(topMm).toBeGreaterThanOrEqual(Math.max(previousMm, 0) - SLACK_MM);
    expect(leftMm >= rightMm - SLACK_MM || topMm >= bottomMm - SLACK_MM).toBe(true);
    previousMm = line.baselineMm;
  }
}
