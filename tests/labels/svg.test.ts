import { describe, expect, it } from "vitest";
import { labelSvg } from "../../src/labels/svg.ts";
import { rasterise, readQr } from "./qr-reader.ts";
import { VECTOR } from "./sample-labels.ts";

const FULL = { ...VECTOR, caption: 'Tea & "biscuits" <龙井>', pin: "402917" };

describe("labelSvg", () => {
  it("draws the symbol as one path that reads back as the link, inside a quiet zone of 4", () => {
    const svg = labelSvg(VECTOR);
    const path = /<path fill="#000" shape-rendering="crispEdges" d="([^"]+)"\/>/.exec(svg)?.[1] ?? "";
    const rectangles = Array.from(path.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z/g), (match) => {
      const [x, y, width, height, back] = match.slice(1).map(Number) as [
        number,
        number,
        number,
        number,
        number,
      ];
      expect(back).toBe(width);
      return { x: x - 4, y: y - 4, width, height };
    });
    expect(path.replace(/M\d+ \d+h\d+v\d+h-\d+z/g, "")).toBe("");
    const { size, bits } = rasterise(rectangles);
    expect(readQr(size, bits).text).toBe(VECTOR.link);
    expect(svg.match(/<path fill="#000"/g)).toHaveLength(1);
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="25mm" height="[\d.]+mm" viewBox="0 0 37 /,
    );
  });

  it("keeps the shape of its view box in millimetres", () => {
    const [, widthMm, heightMm, units, heightUnits] = (
      /width="([\d.]+)mm" height="([\d.]+)mm" viewBox="0 0 (\d+) ([\d.]+)"/.exec(
        labelSvg(FULL, { widthMm: 31 }),
      ) ?? []
    ).map(Number);
    expect(widthMm).toBe(31);
    expect(Number(heightUnits) / Number(units)).toBeCloseTo(Number(heightMm) / 31, 3);
  });

  it("writes the code, the caption and the PIN below, in that order and escaped", () => {
    const svg = labelSvg(FULL, { widthMm: 40 });
    const texts = Array.from(svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g), ([, text]) => text);
    expect(texts).toEqual([
      "45VF-V6GS-11R1-9J3B",
      "Tea &#38; &#34;biscuits&#34; &#60;龙井&#62;",
      "PIN 402917",
    ]);
    const baselines = Array.from(svg.matchAll(/<text [^>]* y="([\d.]+)"/g), ([, y]) => Number(y));
    expect(baselines).toEqual([...baselines].sort((a, b) => a - b));
    expect(baselines[0]).toBeGreaterThan(37);
  });

  it("closes every element it opens and has no bare ampersand", () => {
    const svg = labelSvg(FULL);
    const open: string[] = [];
    const mismatched: string[] = [];
    for (const [, slash, name, empty] of svg.matchAll(/<(\/?)(\w+)(?:\s[\w-]+="[^"<>&]*")*\s?(\/?)>/g)) {
      if (!slash && !empty) open.push(name ?? "");
      if (slash && open.pop() !== name) mismatched.push(name ?? "");
    }
    expect([open, mismatched]).toEqual([[], []]);
    expect(svg.replace(/<[^>]*>/g, "")).not.toMatch(/[<>]|&(?!#\d+;)/);
  });

  it("is smaller in modules for a lower error correction level", () => {
    const link = `HTTPS://TRACEABILITY.EXAMPLE.GOV/01/09520001000010/21/45VFV6GS11R19J3B`;
    expect(labelSvg({ ...VECTOR, link }, { level: "L" })).toContain('viewBox="0 0 37 ');
    expect(labelSvg({ ...VECTOR, link }, { level: "M" })).toContain('viewBox="0 0 41 ');
  });

  it("refuses an invalid label or width", () => {
    expect(() => labelSvg({ ...VECTOR, grouped: "X" })).toThrow(RangeError);
    expect(() => labelSvg(VECTOR, { widthMm: 9 })).toThrow(RangeError);
  });
});
