import {
  Duplex,
  PDFDocument,
  type PDFFont,
  PDFName,
  PrintScaling,
  StandardFonts,
  waitForTick,
} from "@cantoo/pdf-lib";
import { normalised } from "../core/text.ts";
import { assertLabel, type Label, MAX_CAPTION_LENGTH } from "./label.ts";
import { type LabelLayout, type LabelLine, fitLine, layOutLabel } from "./layout.ts";
import { QUIET_ZONE_MODULES, type QrMatrix, qrMatrix, type QrOptions } from "./qr.ts";
import { darkRectangles } from "./rectangles.ts";
import { cellCorner, cellCount, MAX_LABELS_PER_PDF, type Sheet } from "./sheet.ts";
import { isWinAnsi } from "./win-ansi.ts";

export interface SheetPdfOptions extends QrOptions {
  /** The first cell to print on, from 0, for a sheet whose first labels are used. */
  readonly startAt?: number | undefined;
}

const POINTS_PER_MM = 72 / 25.4;
/** One dot of a 600 dpi printer: modules are whole dots, so that all have the same size. */
const MODULE_STEP_MM = 25.4 / 600;

/** The fonts of a document. */
interface Fonts {
  readonly code: PDFFont;
  readonly caption: PDFFont;
}

/**
 * Labels on sheets, as a PDF to be printed at 100 %: symbols are vectors, codes and captions text. The same
 * labels give the same bytes.
 *
 * PDF's standard fonts have Latin letters only. A caption with any other character is omitted entirely: the exporter
 * decides on a transliteration, and half a name or a row of question marks is worse than none.
 *
 * Each page is compressed as soon as it is full, and then the event loop gets a turn. Memory stays near the size of
 * the result, and a long run does not block a server.
 *
 * @throws {TypeError} a field of a label is of the wrong type
 * @throws {RangeError} a field of a label has a wrong value, a label does not fit the sheet, there is no label or
 *   more than `MAX_LABELS_PER_PDF`, or `startAt` is not a cell of the sheet
 */
export async function labelSheetPdf(
  labels: Iterable<Label> | AsyncIterable<Label>,
  sheet: Sheet,
  { startAt = 0, level }: SheetPdfOptions = {},
): Promise<Uint8Array> {
  cellCorner(sheet, startAt);
  const document = await PDFDocument.create({ updateMetadata: false });
  const fonts = await embedFonts(document);
  let page: string[] = [];
  let cell = startAt;
  let count = 0;
  for await (const label of labels) {
    count += 1;
    if (count > MAX_LABELS_PER_PDF)
      throw new RangeError(`labels must be at most ${MAX_LABELS_PER_PDF} for one PDF: ask for them by range`);
    page.push(labelContent(label, sheet, cell, fonts, level));
    cell += 1;
    if (cell < cellCount(sheet)) continue;
    addPage(document, sheet, page, fonts);
    page = [];
    cell = 0;
    await waitForTick();
  }
  if (count === 0) throw new RangeError("labels must hold at least one label");
  if (page.length > 0) addPage(document, sheet, page, fonts);
  describe(document, sheet, count);
  return document.save({ addDefaultPage: false });
}

async function embedFonts(document: PDFDocument): Promise<Fonts> {
  const code = await document.embedFont(StandardFonts.CourierBold);
  const caption = await document.embedFont(StandardFonts.Helvetica);
  return { code, caption };
}

function describe(document: PDFDocument, sheet: Sheet, count: number): void {
  document.setTitle(`${count} labels on ${sheet.name}`);
  const viewer = document.catalog.getOrCreateViewerPreferences();
  // "Fit to page", the usual default of print dialogs, would shift every label off its cut lines.
  viewer.setPrintScaling(PrintScaling.None);
  viewer.setDuplex(Duplex.Simplex);
}

function addPage(document: PDFDocument, sheet: Sheet, contents: readonly string[], fonts: Fonts): void {
  const page = document.addPage([points(sheet.pageWidthMm), points(sheet.pageHeightMm)]);
  page.node.setFontDictionary(PDFName.of("Code"), fonts.code.ref);
  page.node.setFontDictionary(PDFName.of("Caption"), fonts.caption.ref);
  const stream = document.context.flateStream(contents.join(""));
  page.node.set(PDFName.of("Contents"), document.context.register(stream));
}

function labelContent(
  label: Label,
  sheet: Sheet,
  cell: number,
  fonts: Fonts,
  level: QrOptions["level"],
): string {
  assertLabel(label);
  const printable = withPrintableCaption(label);
  const matrix = qrMatrix(label.link, { level });
  const layout = layOutLabel(printable, {
    widthMm: sheet.labelWidthMm,
    heightMm: sheet.labelHeightMm,
    symbolModules: matrix.size + 2 * QUIET_ZONE_MODULES,
    moduleStepMm: MODULE_STEP_MM,
  });
  const corner = cellCorner(sheet, cell);
  // PDF's y axis points up from the bottom of the page (ISO 32000-1, 8.3.2.3).
  const originYMm = sheet.pageHeightMm - corner.yMm;
  return (
    symbolContent(matrix, layout, corner.xMm, originYMm) +
    layout.lines.map((line) => textContent(line, layout, corner.xMm, originYMm, fonts)).join("")
  );
}

function withPrintableCaption(label: Label): Label {
  const printable =
    label.caption !== undefined && isWinAnsi(normalised(label.caption, 3 * MAX_CAPTION_LENGTH));
  return printable ? label : { ...label, caption: undefined };
}

/** The symbol as one fill, in a space whose unit is a module and whose y axis points down. */
function symbolContent(matrix: QrMatrix, layout: LabelLayout, xMm: number, yMm: number): string {
  const quietMm = QUIET_ZONE_MODULES * layout.moduleMm;
  const scale = points(layout.moduleMm);
  const left = points(xMm + layout.symbolXMm + quietMm);
  const top = points(yMm - layout.symbolYMm - quietMm);
  const rectangles = darkRectangles(matrix).map(
    ({ x, y, width, height }) => `${x} ${y} ${width} ${height} re\n`,
  );
  return `q\n${scale} 0 0 ${-scale} ${left} ${top} cm\n${rectangles.join("")}f\nQ\n`;
}

function textContent(line: LabelLine, layout: LabelLayout, xMm: number, yMm: number, fonts: Fonts): string {
  const isCaption = line.kind === "caption";
  const font = isCaption ? fonts.caption : fonts.code;
  const widthEm = (text: string): number => font.widthOfTextAtSize(text, 1);
  const fitted = fitLine(line, layout, widthEm);
  if (!fitted) return "";
  const leftMm = layout.anchor === "middle" ? (widthEm(fitted.text) * fitted.sizeMm) / 2 : 0;
  const x = points(xMm + layout.textXMm - leftMm);
  const y = points(yMm - line.baselineMm);
  const shown = font.encodeText(fitted.text).toString();
  const name = isCaption ? "Caption" : "Code";
  return `BT\n/${name} ${points(fitted.sizeMm)} Tf\n${x} ${y} Td\n${shown} Tj\nET\n`;
}

/** Millimetres as points, to a hundredth: 3.5 µm. */
function points(lengthMm: number): number {
  return Math.round(lengthMm * POINTS_PER_MM * 100) / 100;
}
