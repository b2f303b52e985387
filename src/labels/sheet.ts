/** A sheet of labels: a regular grid, in millimetres from the page's top left corner. */
export interface Sheet {
  readonly id: string;
  /** The name that people choose by. */
  readonly name: string;
  readonly pageWidthMm: number;
  readonly pageHeightMm: number;
  readonly columns: number;
  readonly rows: number;
  readonly labelWidthMm: number;
  readonly labelHeightMm: number;
  /** The left edge of the first column. */
  readonly leftMm: number;
  /** The top edge of the first row. */
  readonly topMm: number;
  /** From a label's left edge to the next one's. */
  readonly pitchXMm: number;
  /** From a label's top edge to the next one's. */
  readonly pitchYMm: number;
}

/** Most labels in one PDF: 40 sheets of 65. A longer run needs a PDF for each range. */
export const MAX_LABELS_PER_PDF = 2600;

type Page = Pick<Sheet, "pageWidthMm" | "pageHeightMm">;
type Count = readonly [columns: number, rows: number];
type Lengths = readonly [xMm: number, yMm: number];

const A4: Page = { pageWidthMm: 210, pageHeightMm: 297 };
const LETTER: Page = { pageWidthMm: 215.9, pageHeightMm: 279.4 };
const NO_GAP: Lengths = [0, 0];
/** Between the columns of most of Avery's A4 sheets. */
const COLUMN_GAP: Lengths = [2.5, 0];

/**
 * The available sheets. Those named after a maker's part have its published count, label size and gap; the plain ones
 * are this project's own, for uncut adhesive paper, with margins that any printer can keep. Office printers shift a
 * page by up to a millimetre: labels keep their text that far inside.
 */
export const SHEETS: readonly Sheet[] = [
  centred("avery-l7173", "Avery L7173", A4, [2, 5], [99.1, 57], COLUMN_GAP),
  centred("avery-l7163", "Avery L7163", A4, [2, 7], [99.1, 38.1], COLUMN_GAP),
  centred("avery-l7162", "Avery L7162", A4, [2, 8], [99.1, 33.9], COLUMN_GAP),
  centred("avery-l7160", "Avery L7160", A4, [3, 7], [63.5, 38.1], COLUMN_GAP),
  centred("avery-l7159", "Avery L7159", A4, [3, 8], [63.5, 33.9], COLUMN_GAP),
  centred("avery-l7120", "Avery L7120", A4, [5, 7], [35, 35], [5, 5]),
  centred("avery-l7651", "Avery L7651", A4, [5, 13], [38.1, 21.2], COLUMN_GAP),
  centred("avery-l4732", "Avery L4732", A4, [5, 16], [35.6, 16.9], COLUMN_GAP),
  centred("avery-l4731", "Avery L4731", A4, [7, 27], [25.4, 10], COLUMN_GAP),
  centred("avery-5163", "Avery 5163 (Letter)", LETTER, [2, 5], [101.6, 50.8], [4.7625, 0]),
  centred("avery-5160", "Avery 5160 (Letter)", LETTER, [3, 10], [66.675, 25.4], [3.175, 0]),
  centred("plain-3x8", "Plain A4", A4, [3, 8], [63, 34], NO_GAP),
  centred("plain-4x10", "Plain A4", A4, [4, 10], [47.5, 27.5], NO_GAP),
  centred("plain-5x13", "Plain A4", A4, [5, 13], [38, 21], NO_GAP),
];

/**
 * Every sheet here has equal margins left and right, top and bottom, so the count, the label's size and the gap
 * between columns and rows fix the whole grid.
 */
function centred(id: string, brand: string, page: Page, count: Count, label: Lengths, gap: Lengths): Sheet {
  const [columns, rows] = count;
  const [labelWidthMm, labelHeightMm] = label;
  const pitchXMm = labelWidthMm + gap[0];
  const pitchYMm = labelHeightMm + gap[1];
  return {
    id,
    name: `${brand}, ${columns * rows} labels of ${labelWidthMm} × ${labelHeightMm} mm`,
    ...page,
    columns,
    rows,
    labelWidthMm,
    labelHeightMm,
    leftMm: micrometre((page.pageWidthMm - columns * pitchXMm + gap[0]) / 2),
    topMm: micrometre((page.pageHeightMm - rows * pitchYMm + gap[1]) / 2),
    pitchXMm,
    pitchYMm,
  };
}

/** Rounds to a micrometre, which removes errors of binary fractions. */
function micrometre(lengthMm: number): number {
  return Math.round(lengthMm * 1000) / 1000;
}

/** The sheet of that id, undefined if there is none. */
export function sheetById(id: string): Sheet | undefined {
  return SHEETS.find((sheet) => sheet.id === id);
}

/** How many labels one sheet holds. */
export function cellCount({ columns, rows }: Sheet): number {
  return columns * rows;
}

/**
 * The top left corner of a cell, in millimetres from the page's. Cells count from 0, left to right and then down.
 *
 * @throws {RangeError} the sheet has no such cell
 */
export function cellCorner(sheet: Sheet, cell: number): { xMm: number; yMm: number } {
  if (!Number.isInteger(cell) || cell < 0 || cell >= cellCount(sheet))
    throw new RangeError(
      `cell must be a whole number from 0 to ${cellCount(sheet) - 1} on sheet ${sheet.id}`,
    );
  const column = cell % sheet.columns;
  const row = (cell - column) / sheet.columns;
  return { xMm: sheet.leftMm + column * sheet.pitchXMm, yMm: sheet.topMm + row * sheet.pitchYMm };
}
