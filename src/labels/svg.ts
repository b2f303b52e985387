import { assertLabel, type Label } from "./label.ts";
import { fitLine, stackLabel } from "./layout.ts";
import { QUIET_ZONE_MODULES, type QrMatrix, qrMatrix, type QrOptions } from "./qr.ts";
import { darkRectangles } from "./rectangles.ts";

export interface SvgOptions extends QrOptions {
  /** The printed width, quiet zone included; the height follows. Default 25. */
  readonly widthMm?: number | undefined;
}

/**
 * Fonts that most machines have, Chinese ones included. Without quotes, since they stand in double-quoted attributes.
 */
const CODE_FONT = "Courier New,Courier,DejaVu Sans Mono,monospace";
const CAPTION_FONT = "Helvetica,Arial,Noto Sans SC,PingFang SC,Microsoft YaHei,sans-serif";

/**
 * One label as a standalone SVG document, black on white: the symbol, and below it the grouped code, the caption
 * and the PIN. A user unit is one module, so every module's edge is a whole number; width and height are in mm.
 *
 * @throws {TypeError} a field is of the wrong type
 * @throws {RangeError} a field has a wrong value, or `widthMm` is too small for the symbol
 */
export function labelSvg(label: Label, { widthMm = 25, level }: SvgOptions = {}): string {
  assertLabel(label);
  const matrix = qrMatrix(label.link, { level });
  const symbolModules = matrix.size + 2 * QUIET_ZONE_MODULES;
  const layout = stackLabel(label, { widthMm, symbolModules });
  const unit = (lengthMm: number): number => decimal(lengthMm / layout.moduleMm);
  const texts = layout.lines.flatMap((line) => {
    const fitted = fitLine(line, layout);
    if (!fitted) return [];
    const place = `x="${unit(layout.textXMm)}" y="${unit(line.baselineMm)}" font-size="${unit(fitted.sizeMm)}"`;
    const face = line.kind === "caption" ? CAPTION_FONT : `${CODE_FONT}" font-weight="bold`;
    return [`<text ${place} font-family="${face}">${escapeXml(fitted.text)}</text>`];
  });
  const height = unit(layout.heightMm);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${decimal(widthMm)}mm" height="${decimal(layout.heightMm)}mm"`,
    ` viewBox="0 0 ${symbolModules} ${height}">`,
    `<title>${escapeXml(label.grouped)}</title>`,
    `<path fill="#fff" d="M0 0h${symbolModules}v${height}H0z"/>`,
    `<path fill="#000" shape-rendering="crispEdges" d="${pathData(matrix)}"/>`,
    `<g fill="#000" text-anchor="middle">${texts.join("")}</g>`,
    `</svg>\n`,
  ].join("");
}

function pathData(matrix: QrMatrix): string {
  return darkRectangles(matrix)
    .map(
      ({ x, y, width, height }) =>
        `M${x + QUIET_ZONE_MODULES} ${y + QUIET_ZONE_MODULES}h${width}v${height}h-${width}z`,
    )
    .join("");
}

/** Rounds to a thousandth of a unit, far below the precision of print. */
function decimal(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
