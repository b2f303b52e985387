import { decodePDFRawStream, PDFDocument, type PDFPage, PDFRawStream, StandardFonts } from "@cantoo/pdf-lib";
import { beforeAll, describe, expect, it } from "vitest";
import type { Label } from "../../src/labels/label.ts";
import { labelSheetPdf } from "../../src/labels/pdf.ts";
import {
  MAX_LABELS_PER_PDF,
  cellCorner,
  cellCount,
  type Sheet,
  SHEETS,
  sheetById,
} from "../../src/labels/sheet.ts";
import { isWinAnsi } from "../../src/labels/win-ansi.ts";
import { rasterise, readQr } from "./qr-reader.ts";
import { sampleLabels, trickle, VECTOR } from "./sample-labels.ts";

const L7651 = sheetById("avery-l7651") as Sheet;
const CAPTION = "Longjing tea, 25 €";

interface PrintedLabel {
  link: string;
  /** The cell whose area holds the symbol and all text. */
  cell: number;
  moduleMm: number;
  texts: string[];
}

describe("labelSheetPdf", () => {
  it.each(SHEETS.map((sheet) => [sheet.id, sheet] as const))(
    "%s: every label reads back from its own cell",
    async (_id, sheet) => {
      const count = Math.min(cellCount(sheet), 30);
      const labels = [
        ...sampleLabels(count, sheet.id === "avery-l4731" ? {} : { caption: "Lot 7", pin: "402917" }),
      ];
      const [page, ...others] = await printedPages(await labelSheetPdf(labels, sheet), sheet);
      expect(others).toEqual([]);
      expect(page?.map(({ link }) => link)).toEqual(labels.map(({ link }) => link));
      expect(page?.map(({ cell }) => cell)).toEqual(labels.map((_, i) => i));
      for (const { moduleMm, texts } of page ?? []) {
        expect(moduleMm).toBeGreaterThanOrEqual(0.25);
        expect(moduleMm / (25.4 / 600)).toBeCloseTo(Math.round(moduleMm / (25.4 / 600)), 6);
        expect(texts.length).toBeGreaterThan(0);
      }
    },
  );

  it("prints the grouped code, the caption and the PIN", async () => {
    const label = { ...VECTOR, caption: CAPTION, pin: "402917" };
    const [page] = await printedPages(
      await labelSheetPdf([label], sheetById("avery-l7160") as Sheet),
      sheetById("avery-l7160") as Sheet,
    );
    expect(page?.[0]?.texts).toEqual(["45VF-V6GS", "11R1-9J3B", CAPTION, "PIN 402917"]);
  });

  it("fills pages in order, from the given first cell", async () => {
    const labels = [...sampleLabels(70)];
    const pages = await printedPages(await labelSheetPdf(labels, L7651, { startAt: 60 }), L7651);
    expect(pages.map((page) => page.map(({ cell }) => cell))).toEqual([
      [60, 61, 62, 63, 64],
      Array.from({ length: 65 }, (_, cell) => cell),
    ]);
    expect(pages.flat().map(({ link }) => link)).toEqual(labels.map(({ link }) => link));
  });

  it("adds no empty page after a full one", async () => {
    expect(await printedPages(await labelSheetPdf(sampleLabels(65), L7651), L7651)).toHaveLength(1);
  });

  it("reads labels from an asynchronous source, and gives the same bytes", async () => {
    expect(await labelSheetPdf(trickle(5), L7651)).toEqual(await labelSheetPdf([...sampleLabels(5)], L7651));
  });

  it("uses the given level", async () => {
    const [page] = await printedPages(await labelSheetPdf([VECTOR], L7651, { level: "H" }), L7651, "H");
    expect(page?.[0]?.link).toBe(VECTOR.link);
  });

  it("leaves out a caption that the standard fonts cannot draw, and uses its space", async () => {
    const labels = ["西湖龙井", "Longjing 龙井", "Çay № 1"].map((caption) => ({ ...VECTOR, caption }));
    const [page] = await printedPages(await labelSheetPdf(labels, L7651), L7651);
    for (const { texts } of page ?? []) expect(texts).toEqual(["45VF-V6GS", "11R1-9J3B"]);
    expect(await labelSheetPdf([{ ...VECTOR, caption: "龙井" }], L7651)).toEqual(
      await labelSheetPdf([VECTOR], L7651),
    );
  });

  it("composes letters written apart from their accents", async () => {
    const [page] = await printedPages(
      await labelSheetPdf([{ ...VECTOR, caption: "Cafe\u0301" }], L7651),
      L7651,
    );
    expect(page?.[0]?.texts).toContain("Café");
  });

  it("asks print dialogs not to scale, and has no dates, so that the same labels give the same bytes", async () => {
    const document = await PDFDocument.load(await labelSheetPdf([VECTOR], L7651), { updateMetadata: false });
    expect(document.catalog.getViewerPreferences()?.getPrintScaling()).toBe("None");
    expect(document.getTitle()).toBe(`1 labels on ${L7651.name}`);
    expect(document.getCreationDate()).toBeUndefined();
    expect(document.getPages().map((page) => [page.getWidth(), page.getHeight()])).toEqual([
      [595.28, 841.89],
    ]);
  });

  it("refuses an empty list, a cell that the sheet lacks, and a label that is wrong or does not fit", async () => {
    await expect(labelSheetPdf([], L7651)).rejects.toThrow(RangeError);
    for (const startAt of [-1, 65, 1.5])
      await expect(labelSheetPdf([VECTOR], L7651, { startAt })).rejects.toThrow(RangeError);
    await expect(labelSheetPdf([{ ...VECTOR, pin: "1" }], L7651)).rejects.toThrow(RangeError);
    const link = `HTTPS://${"A".repeat(60)}.EXAMPLE/01/09520001000010/21/45VFV6GS11R19J3B`;
    await expect(labelSheetPdf([{ ...VECTOR, link }], sheetById("avery-l4731") as Sheet)).rejects.toThrow(
      /must be larger/,
    );
  });

  it("stays small, and stops reading a source that exceeds one PDF", async () => {
    let pulled = 0;
    let closed = false;
    function* endless(): Generator<Label> {
      try {
        for (const label of sampleLabels(10 * MAX_LABELS_PER_PDF)) {
          pulled += 1;
          yield label;
        }
      } finally {
        closed = true;
      }
    }
    await expect(labelSheetPdf(endless(), L7651)).rejects.toThrow(RangeError);
    expect([pulled, closed]).toEqual([MAX_LABELS_PER_PDF + 1, true]);
    const pdf = await labelSheetPdf(sampleLabels(650, { caption: CAPTION, pin: "402917" }), L7651);
    expect(pdf.length / 650).toBeLessThan(600);
    expect((await PDFDocument.load(pdf)).getPageCount()).toBe(10);
  });
});

describe("isWinAnsi", () => {
  let encodable: Set<number>;
  beforeAll(async () => {
    const document = await PDFDocument.create();
    encodable = new Set((await document.embedFont(StandardFonts.Helvetica)).getCharacterSet());
  });

  it("agrees with the font for every character of the basic plane that can be printed", () => {
    const differing: string[] = [];
    for (let code = 0x20; code <= 0xffff; code++) {
      const char = String.fromCharCode(code);
      if (isWinAnsi(char) && !encodable.has(code)) differing.push(code.toString(16));
    }
    expect(differing).toEqual([]);
    expect(isWinAnsi("Ünïcödé €5 – “x”")).toBe(true);
    expect(["龙", "№", "ş", "Ω", "\u{1F375}"].filter(isWinAnsi)).toEqual([]);
  });
});

async function printedPages(pdf: Uint8Array, sheet: Sheet, level = "M"): Promise<PrintedLabel[][]> {
  const document = await PDFDocument.load(pdf);
  return document.getPages().map((page) => printedLabels(contentOf(page), sheet, level));
}

function contentOf(page: PDFPage): string {
  const stream = page.node.Contents();
  if (!(stream instanceof PDFRawStream)) throw new Error("the page must have one content stream");
  return new TextDecoder("latin1").decode(decodePDFRawStream(stream).decode());
}

/** Reads a page's operators: one fill a label, then its lines of text. Anything else is refused. */
function printedLabels(content: string, sheet: Sheet, level: string): PrintedLabel[] {
  const label =
    /q\n([\d.]+) 0 0 -([\d.]+) ([\d.]+) ([\d.]+) cm\n((?:\d+ \d+ \d+ \d+ re\n)+)f\nQ\n((?:BT\n\/(?:Code|Caption) [\d.]+ Tf\n[\d.]+ [\d.]+ Td\n<[0-9A-F]+> Tj\nET\n)+)/g;
  expect(content.replace(label, "")).toBe("");
  return Array.from(content.matchAll(label), (match) => {
    const [scale, down, left, top] = match.slice(1, 5).map(Number) as [number, number, number, number];
    expect(down).toBe(scale);
    const { size, bits } = rasterise(
      Array.from((match[5] ?? "").matchAll(/(\d+) (\d+) (\d+) (\d+) re/g), (re) => {
        const [x, y, width, height] = re.slice(1).map(Number) as [number, number, number, number];
        return { x, y, width, height };
      }),
    );
    const reading = readQr(size, bits);
    expect(reading.level).toBe(level);
    const quiet = 4 * scale;
    const cell = cellHolding(
      sheet,
      left - quiet,
      top + quiet,
      left + size * scale + quiet,
      top - size * scale - quiet,
    );
    return {
      link: reading.text,
      cell,
      moduleMm: (scale * 25.4) / 72,
      texts: textsWithin(match[6] ?? "", sheet, cell),
    };
  });
}

function cellHolding(sheet: Sheet, left: number, top: number, right: number, bottom: number): number {
  const slack = 0.02;
  for (let cell = 0; cell < cellCount(sheet); cell++) {
    const area = cellArea(sheet, cell);
    if (
      left >= area.left - slack &&
      right <= area.right + slack &&
      top <= area.top + slack &&
      bottom >= area.bottom - slack
    )
      return cell;
  }
  throw new Error(`the symbol at ${left}, ${top} with its quiet zone lies in no cell`);
}

/** In points, y upwards. */
function cellArea(sheet: Sheet, cell: number): { left: number; right: number; top: number; bottom: number } {
  const { xMm, yMm } = cellCorner(sheet, cell);
  const points = 72 / 25.4;
  return {
    left: xMm * points,
    right: (xMm + sheet.labelWidthMm) * points,
    top: (sheet.pageHeightMm - yMm) * points,
    bottom: (sheet.pageHeightMm - yMm - sheet.labelHeightMm) * points,
  };
}

/** Each line's text; a monospaced one must lie in the cell at 5 points or more. */
function textsWithin(content: string, sheet: Sheet, cell: number): string[] {
  const area = cellArea(sheet, cell);
  const line = /\/(Code|Caption) ([\d.]+) Tf\n([\d.]+) ([\d.]+) Td\n<([0-9A-F]+)> Tj/g;
  return Array.from(content.matchAll(line), ([, font, size, x, y, hex]) => {
    const bytes = (hex ?? "").match(/../g) ?? [];
    const text = new TextDecoder("windows-1252").decode(
      Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)),
    );
    const width = font === "Code" ? text.length * 0.6 * Number(size) : 0;
    expect(Number(size)).toBeGreaterThanOrEqual(5);
    expect(Number(x)).toBeGreaterThanOrEqual(area.left);
    expect(Number(x) + width).toBeLessThanOrEqual(area.right);
    expect(Number(y)).toBeGreaterThan(area.bottom);
    expect(Number(y) + Number(size) * 0.7).toBeLessThan(area.top);
    return text;
  });
}
