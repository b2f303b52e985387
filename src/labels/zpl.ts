import { assertLabel, type Label } from "./label.ts";
import { type LabelLayout, type LabelLine, fitLine, layOutLabel } from "./layout.ts";
import { QUIET_ZONE_MODULES, type QrOptions, qrSize } from "./qr.ts";

export interface ZplMedia extends QrOptions {
  /** The print head's density. */
  readonly dpi: 203 | 300 | 600;
  /** The label, backing paper not counted. */
  readonly widthMm: number;
  readonly heightMm: number;
  /** A font of the printer's for captions, such as "E:SIMSUN.TTF"; without one, its built-in font 0. */
  readonly captionFont?: string | undefined;
}

const DPIS: readonly number[] = [203, 300, 600];
/** Largest magnification of ^BQ that every firmware supports; recent ones support more. */
const MAX_MAGNIFICATION = 10;
const PRINTER_FONT = /^[A-Z]:[0-9A-Z_]{1,16}\.(?:FNT|TTF|TTE)$/;
/** How far font 0's baseline is below the top of its cell. */
const FONT_0_BASELINE_EM = 0.76;
/**
 * Firmware moves a ^BQ symbol placed with ^FO down by the height of the last ^BY, even of an earlier label. So every
 * label sets that height to its value at power-on, and subtracts it.
 */
const BY_HEIGHT_DOTS = 10;

/**
 * One label in ZPL II. Text is UTF-8 (^CI28). Captions are sent unchanged, in any script: Chinese needs a suitable
 * font in the printer, which `captionFont` names.
 *
 * @throws {TypeError} a field is of the wrong type
 * @throws {RangeError} a field has a wrong value, or the content does not fit the label
 */
export function labelZpl(label: Label, media: ZplMedia): string {
  assertLabel(label);
  assertMedia(media);
  const { dpi, widthMm, heightMm, level = "M" } = media;
  const dotMm = 25.4 / dpi;
  const layout = layOutLabel(label, {
    widthMm,
    heightMm,
    symbolModules: qrSize(label.link, { level }) + 2 * QUIET_ZONE_MODULES,
    moduleStepMm: dotMm,
    maxModuleMm: MAX_MAGNIFICATION * dotMm,
  });
  const magnification = Math.round(layout.moduleMm / dotMm);
  const quiet = QUIET_ZONE_MODULES * magnification;
  const x = Math.round(layout.symbolXMm / dotMm) + quiet;
  const y = Math.round(layout.symbolYMm / dotMm) + quiet;
  return [
    "^XA",
    "^CI28",
    `^PW${Math.floor(widthMm / dotMm)}`,
    `^LL${Math.floor(heightMm / dotMm)}`,
    "^LH0,0",
    // After ^FD: the error correction level, "M" for the character mode to be ours, "A" for alphanumeric.
    `^FO${x},${Math.max(0, y - BY_HEIGHT_DOTS)}^BY2,3,${BY_HEIGHT_DOTS}^BQN,2,${magnification}^FD${level}M,A${label.link}^FS`,
    ...layout.lines.flatMap((line) => textField(line, layout, media)),
    "^PQ1",
    "^XZ",
    "",
  ].join("\n");
}

/** Labels in ZPL II one by one, each ready to be sent, for runs of any length. */
export async function* zplStream(
  labels: Iterable<Label> | AsyncIterable<Label>,
  media: ZplMedia,
): AsyncGenerator<string, void, undefined> {
  for await (const label of labels) yield labelZpl(label, media);
}

function assertMedia({ dpi, widthMm, heightMm, captionFont }: ZplMedia): void {
  if (!DPIS.includes(dpi)) throw new RangeError("dpi must be 203, 300 or 600");
  if (!(Number.isFinite(widthMm) && widthMm > 0)) throw new RangeError("widthMm must be a positive number");
  if (!(Number.isFinite(heightMm) && heightMm > 0))
    throw new RangeError("heightMm must be a positive number");
  if (captionFont !== undefined && !PRINTER_FONT.test(captionFont))
    throw new RangeError('captionFont must be a font in the printer, such as "E:SIMSUN.TTF"');
}

function textField(line: LabelLine, layout: LabelLayout, { dpi, captionFont }: ZplMedia): string[] {
  const fitted = fitLine(line, layout);
  if (!fitted) return [];
  const dots = (lengthMm: number): number => Math.round((lengthMm * dpi) / 25.4);
  const { textXMm, textWidthMm, anchor } = layout;
  const isCentred = anchor === "middle";
  const x = dots(isCentred ? textXMm - textWidthMm / 2 : textXMm);
  const y = dots(line.baselineMm - FONT_0_BASELINE_EM * fitted.sizeMm);
  const height = dots(fitted.sizeMm);
  const block = isCentred ? `^FB${dots(textWidthMm)},1,0,C` : "";
  const data = `${block}^FH_^FD${escapeField(fitted.text)}^FS`;
  if (line.kind === "caption" && captionFont !== undefined)
    return [`^FO${x},${y}^A@N,${height},${height},${captionFont}${data}`];
  const fitting = line.kind === "caption" ? height : dots(textWidthMm / font0WidthEm(fitted.text));
  return [`^FO${x},${y}^A0N,${height},${Math.min(height, fitting)}${data}`];
}

/** An upper bound of a code's width in font 0, which is condensed except for M and W. */
function font0WidthEm(code: string): number {
  return Array.from(code).reduce((widthEm, char) => widthEm + (/[MW]/.test(char) ? 0.85 : 0.6), 0);
}

/**
 * Escapes the characters that ZPL or ^FB would read as commands: hexadecimal bytes after "_", the indicator that ^FH
 * sets.
 */
function escapeField(text: string): string {
  return text.replace(
    /[\^~\\_]/g,
    (char) => `_${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
