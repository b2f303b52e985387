/** A sheet of labels: a regular grid, in millimetres from the page's top left corner. */
export interface Sheet {
  readonly id: string;
  /** For a person to choose by. */
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

type Page = Pick<Sheet, "pageWidthMm" | "pageHeightMm">;
type Count = Pick<Sheet, "columns" | "rows">;
type Size = Pick<Sheet, "labelWidthMm" | "labelHeightMm">;

const A4: Page = { pageWidthMm: 210, pageHeightMm: 297 };
const LETTER: Page = { pageWidthMm: 215.9, pageHeightMm: 279.4 };

const grid = (columns: number, rows: number): Count => ({ columns, rows });
const size = (labelWidthMm: number, labelHeightMm: number): Size => ({ labelWidthMm, labelHeightMm });
const inches = (width: number, height: number): Size => size(width * 25.4, height * 25.4);

/**
 * Every sheet here has equal margins left and right, top and bottom, so the count, the size and the gap between
 * columns or rows fix the whole grid.
 */
function centred(
  id: string,
  name: string,
  page: Page,
  count: Count,
  cell: Size,
  gapMm: [number, number],
): Sheet {
  const pitchXMm = cell.labelWidthMm + gapMm[0];
  const pitchYMm = cell.labelHeightMm + gapMm[1];
  const leftMm = micrometre((page.pageWidthMm - count.columns * pitchXMm + gapMm[0]) / 2);
  const topMm = micrometre((page.pageHeightMm - count.rows * pitchYMm + gapMm[1]) / 2);
  return { id, name, ...page, ...count, ...cell, leftMm, topMm, pitchXMm, pitchYMm };
}

function micrometre(lengthMm: number): number {
  return Math.round(lengthMm * 1000) / 1000;
}

/**
 * The sheets on offer. Those named for a maker's part have the figures that the maker gives for it; the plain
 * ones are this project's own, for uncut adhesive paper, with margins that any printer can keep.
 */
export const SHEETS: readonly Sheet[] = [
  centred("avery-l7173", "Avery L7173, 99.1 × 57 mm, 10 a sheet", A4, grid(2, 5), size(99.1, 57), [2.5, 0]),
  centred(
    "avery-l7163",
    "Avery L7163, 99.1 × 38.1 mm, 14 a sheet",
    A4,
    grid(2, 7),
    size(99.1, 38.1),
    [2.5, 0],
  ),
  centred(
    "avery-l7162",
    "Avery L7162, 99.1 × 33.9 mm, 16 a sheet",
    A4,
    grid(2, 8),
    size(99.1, 33.9),
    [2.5, 0],
  ),
  centred(
    "avery-l7160",
    "Avery L7160, 63.5 × 38.1 mm, 21 a sheet",
    A4,
    grid(3, 7),
    size(63.5, 38.1),
    [2.5, 0],
  ),
  centred(
    "avery-l7159",
    "Avery L7159, 63.5 × 33.9 mm, 24 a sheet",
    A4,
    grid(3, 8),
    size(63.5, 33.9),
    [2.5, 0],
  ),
  centred("avery-l7120", "Avery L7120, 35 × 35 mm, 35 a sheet", A4, grid(5, 7), size(35, 35), [5, 5]),
  centred(
    "avery-l7654",
    "Avery L7654, 45.7 × 25.4 mm, 40 a sheet",
    A4,
    grid(4, 10),
    size(45.7, 25.4),
    [2.6, 0],
  ),
  centred(
    "avery-l7636",
    "Avery L7636, 45.7 × 21.2 mm, 48 a sheet",
    A4,
    grid(4, 12),
    size(45.7, 21.2),
    [2.6, 0],
  ),
  centred(
    "avery-l7651",
    "Avery L7651, 38.1 × 21.2 mm, 65 a sheet",
    A4,
    grid(5, 13),
    size(38.1, 21.2),
    [2.5, 0],
  ),
  centred(
    "avery-l4732",
    "Avery L4732, 35.6 × 16.9 mm, 80 a sheet",
    A4,
    grid(5, 16),
    size(35.6, 16.9),
    [2.5, 0],
  ),
  centred("avery-l4731", "Avery L4731, 25.4 × 10 mm, 189 a sheet", A4, grid(7, 27), size(25.4, 10), [2.5, 0]),
  centred(
    "avery-5163",
    "Avery 5163, 4 × 2 in, 10 a Letter sheet",
    LETTER,
    grid(2, 5),
    inches(4, 2),
    [4.7625, 0],
  ),
  centred(
    "avery-5160",
    "Avery 5160, 2⅝ × 1 in, 30 a Letter sheet",
    LETTER,
    grid(3, 10),
    inches(2.625, 1),
    [3.175, 0],
  ),
  centred("plain-3x8", "Plain A4, 63 × 34 mm, 24 a sheet", A4, grid(3, 8), size(63, 34), [0, 0]),
  centred("plain-4x10", "Plain A4, 47.5 × 27.5 mm, 40 a sheet", A4, grid(4, 10), size(47.5, 27.5), [0, 0]),
  centred("plain-5x13", "Plain A4, 38 × 21 mm, 65 a sheet", A4, grid(5, 13), size(38, 21), [0, 0]),
];

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
