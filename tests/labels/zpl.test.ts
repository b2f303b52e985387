import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Label } from "../../src/labels/label.ts";
import { labelZpl, type ZplMedia, zplStream } from "../../src/labels/zpl.ts";
import { sampleLabels, trickle, VECTOR } from "./sample-labels.ts";

const MEDIA: ZplMedia = { dpi: 203, widthMm: 50, heightMm: 30 };

describe("labelZpl", () => {
  it("writes a label, symbol in alphanumeric mode, as ZPL II", () => {
    const label = { ...VECTOR, caption: "Lot 2410-A", pin: "402917" };
    expect(labelZpl(label, MEDIA)).toBe(
      [
        "^XA",
        "^CI28",
        "^PW399",
        "^LL239",
        "^LH0,0",
        "^FO24,23^BY2,3,10^BQN,2,6^FDMM,AHTTPS://TRACE.EXAMPLE/01/09520001000010/21/45VFV6GS11R19J3B^FS",
        "^FO222,46^A0N,28,28^FH_^FD45VF-V6GS^FS",
        "^FO222,82^A0N,28,28^FH_^FD11R1-9J3B^FS",
        "^FO222,117^A0N,28,28^FH_^FDLot 2410-A^FS",
        "^FO222,170^A0N,28,28^FH_^FDPIN 402917^FS",
        "^PQ1",
        "^XZ",
        "",
      ].join("\n"),
    );
  });

  it.each([
    [203, 6],
    [300, 9],
    [600, 10],
  ] as const)("magnifies by whole dots at %d dpi, to 10 at most", (dpi, magnification) => {
    expect(labelZpl(VECTOR, { ...MEDIA, dpi })).toContain(`^BQN,2,${magnification}^FDMM,A`);
  });

  it("centres text below the symbol on a narrow label", () => {
    const zpl = labelZpl(VECTOR, { dpi: 203, widthMm: 25, heightMm: 38 });
    expect(zpl).toMatch(/\^FO8,\d+\^A0N,(\d+),\1\^FB184,1,0,C\^FH_\^FD45VF-V6GS\^FS/);
  });

  it("escapes text that ZPL would read as commands, and sends the rest as UTF-8", () => {
    const zpl = labelZpl({ ...VECTOR, caption: "^XA~JR\\&_5E 龙井" }, { ...MEDIA, widthMm: 80 });
    expect(zpl).toContain("^FH_^FD_5EXA_7EJR_5C&_5F5E 龙井^FS");
    expect(zpl.match(/\^XA/g)).toHaveLength(1);
    expect(zpl).not.toContain("~");
  });

  it("prints only the caption in the given font", () => {
    const zpl = labelZpl({ ...VECTOR, caption: "龙井" }, { ...MEDIA, captionFont: "E:SIMSUN.TTF" });
    expect(zpl.match(/\^A@N,\d+,\d+,E:SIMSUN\.TTF\^FH_\^FD龙井\^FS/g)).toHaveLength(1);
    expect(zpl.match(/\^A0N/g)).toHaveLength(2);
  });

  it("narrows a code of wide letters to keep it on the label", () => {
    const wide = { link: "HTTPS://TRACE.EXAMPLE/T/WWWWWWWWWWWWWWWW", grouped: "WWWW-WWWW-WWWW-WWWW" };
    const [, height, width] = /\^A0N,(\d+),(\d+)\^FH_\^FDWWWW-WWWW\^FS/.exec(labelZpl(wide, MEDIA)) ?? [];
    expect(Number(width)).toBeLessThan(Number(height));
  });

  it("uses the given level", () => {
    expect(labelZpl(VECTOR, { ...MEDIA, level: "L" })).toContain("^FDLM,AHTTPS://");
  });

  it("keeps symbol, quiet zone and text on the label, at any density", () => {
    const media = fc.record({
      dpi: fc.constantFrom(203, 300, 600),
      widthMm: fc.integer({ min: 20, max: 110 }),
      heightMm: fc.integer({ min: 15, max: 110 }),
    });
    const label = fc.constantFrom(VECTOR, { ...VECTOR, caption: "Lot 2410-A", pin: "402917" });
    let printed = 0;
    fc.assert(
      fc.property(media, label, (size, content) => {
        const zpl = tryZpl(content, size);
        if (zpl === undefined) return;
        printed += 1;
        expectOnLabel(zpl, size);
      }),
    );
    expect(printed).toBeGreaterThan(50);
  });

  const wrong: [string, Partial<ZplMedia>][] = [
    ["a density that no printer has", { dpi: 200 as 203 }],
    ["a width that is none", { widthMm: Number.NaN }],
    ["an endless height", { heightMm: Number.POSITIVE_INFINITY }],
    ["a height of nothing", { heightMm: 0 }],
    ["a label too small", { widthMm: 10, heightMm: 8 }],
    ["a font that carries commands", { captionFont: "E:X.TTF^XZ" }],
  ];
  it.each(wrong)("refuses %s", (_name, media) => {
    expect(() => labelZpl(VECTOR, { ...MEDIA, ...media })).toThrow(RangeError);
  });

  it("refuses a wrong label", () => {
    expect(() => labelZpl({ ...VECTOR, pin: "^XZ" }, MEDIA)).toThrow(RangeError);
  });
});

describe("zplStream", () => {
  it("yields label by label, from an endless source too", async () => {
    const stream = zplStream(sampleLabels(Number.MAX_SAFE_INTEGER), MEDIA);
    const first = await stream.next();
    await stream.return();
    const [label] = sampleLabels(1);
    expect(first.value).toBe(labelZpl(label as Label, MEDIA));
  });

  it("accepts asynchronous sources", async () => {
    const labels: string[] = [];
    for await (const zpl of zplStream(trickle(3), MEDIA)) labels.push(zpl);
    expect(labels).toEqual([...sampleLabels(3)].map((label) => labelZpl(label, MEDIA)));
  });
});

function tryZpl(label: Label, media: ZplMedia): string | undefined {
  try {
    return labelZpl(label, media);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

/** The link is 59 characters, so the symbol is version 3: 29 modules, 37 with its quiet zone. */
function expectOnLabel(zpl: string, { dpi, widthMm, heightMm }: ZplMedia): void {
  const widthDots = (widthMm * dpi) / 25.4;
  const heightDots = (heightMm * dpi) / 25.4;
  const [x, y, magnification] = (/\^FO(\d+),(\d+)\^BY2,3,10\^BQN,2,(\d+)/.exec(zpl) ?? [])
    .slice(1)
    .map(Number) as [number, number, number];
  expect(magnification).toBeGreaterThanOrEqual(1);
  expect(magnification).toBeLessThanOrEqual(10);
  expect((magnification * 25.4) / dpi).toBeGreaterThanOrEqual(0.25);
  expect(x - 4 * magnification).toBeGreaterThanOrEqual(0);
  expect(x + 33 * magnification).toBeLessThanOrEqual(widthDots + 1);
  // The printer moves the symbol down by the 10 dots of ^BY.
  expect(y + 10 - 4 * magnification).toBeGreaterThanOrEqual(0);
  expect(y + 10 + 33 * magnification).toBeLessThanOrEqual(heightDots + 3);
  for (const field of zpl.matchAll(
    /\^FO(\d+),(\d+)\^A0N,(\d+),(\d+)(?:\^FB(\d+),1,0,C)?\^FH_\^FD([^^]*)\^FS/g,
  )) {
    const [left, top, height, width] = field.slice(1, 5).map(Number) as [number, number, number, number];
    const textDots = (field[6] ?? "").length * 0.55 * width;
    expect((height * 72) / dpi).toBeGreaterThanOrEqual(4.8);
    expect(top + height).toBeLessThanOrEqual(heightDots + 1);
    expect(left + Number(field[5] ?? textDots)).toBeLessThanOrEqual(widthDots);
    expect(textDots).toBeLessThanOrEqual(Number(field[5] ?? widthDots));
  }
}
