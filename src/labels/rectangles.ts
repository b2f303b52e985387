import type { QrMatrix } from "./qr.ts";

/** A dark rectangle in modules, from the symbol's top left corner, quiet zone not counted. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Covers the dark modules with rectangles that do not overlap: the runs of each row, extended downwards while the
 * rows below have the same run. One fill operation draws them all, so that no seam shows.
 */
export function darkRectangles(matrix: QrMatrix): Rectangle[] {
  const done: Rectangle[] = [];
  let open = new Map<string, Rectangle>();
  for (let y = 0; y <= matrix.size; y++) {
    const next = new Map<string, Rectangle>();
    for (const { x, width } of darkRuns(matrix, y)) {
      const key = `${x}+${width}`;
      const above = open.get(key);
      open.delete(key);
      next.set(key, above ? { ...above, height: above.height + 1 } : { x, y, width, height: 1 });
    }
    done.push(...open.values());
    open = next;
  }
  return done;
}

/** The runs of dark modules of row `y`; none in a row outside the symbol. */
function darkRuns(matrix: QrMatrix, y: number): { x: number; width: number }[] {
  const runs: { x: number; width: number }[] = [];
  for (let x = 0; x < matrix.size; x++) {
    if (!matrix.bits(x, y)) continue;
    const start = x;
    while (matrix.bits(x, y)) x++;
    runs.push({ x: start, width: x - start });
  }
  return runs;
}
