import { describe, expect, it } from "vitest";
import { GROUNDS, TONES } from "../../../src/http/pages/parts/style.ts";

describe("the colours", () => {
  it("have enough contrast (WCAG 2.2, 1.4.3)", () => {
    for (const tone of Object.values(TONES)) expect(contrast(tone, "#ffffff")).toBeGreaterThanOrEqual(4.5);
    for (const ground of Object.values(GROUNDS))
      for (const text of [ground.text, ground.muted, ground.link])
        for (const under of [ground.card, ground.page, ground.caution])
          expect(contrast(text, under)).toBeGreaterThanOrEqual(4.5);
  });
});

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
