import { estimatedWidthEm, fitCaption, type FittedText } from "./caption.ts";
import type { Label } from "./label.ts";

const MM_PER_POINT = 25.4 / 72;

/** The smallest text on a label: 5 points. */
const MIN_TEXT_MM = 5 * MM_PER_POINT;
/** The smallest module that a phone reads reliably from ordinary print. */
const MIN_MODULE_MM = 0.25;
/** The width of a character of code and PIN: Courier's, like that of most monospaced fonts. */
const CODE_ADVANCE_EM = 0.6;
/** From one baseline to the next. */
const LINE_HEIGHT_EM = 1.25;
/** From the top of a line to its baseline: capitals, 0.7 em high, then stand in the middle of the line. */
const BASELINE_EM = LINE_HEIGHT_EM / 2 + 0.35;
/** Lines left free above the PIN, so that its scratch-off patch covers nothing else. */
const PIN_GAP_LINES = 0.5;

const MAX_TEXT_MM = 14 * MM_PER_POINT;
const MAX_MODULE_MM = 1;
/** Good sizes: beyond one of these, the other sizes count more. */
const GOOD_MODULE_MM = 0.5;
const GOOD_TEXT_MM = 8 * MM_PER_POINT;
const GOOD_CODE_LINES = 2;
/** Gap between text and the label's edge. The symbol has its own quiet zone. */
const INSET_MM = 1;
/** Far below the precision of print: keeps binary fractions from losing a whole step. */
const EPSILON = 1e-9;

export interface LabelSpace {
  readonly widthMm: number;
  readonly heightMm: number;
  /** Modules a side of the symbol with its quiet zone. */
  readonly symbolModules: number;
  /** The module is a whole multiple of this, for printers that work in dots. */
  readonly moduleStepMm?: number | undefined;
  /** The largest module that the printer supports. */
  readonly maxModuleMm?: number | undefined;
}

export interface LabelLine {
  readonly kind: "code" | "caption" | "pin";
  readonly text: string;
  readonly baselineMm: number;
}

/** The position of every part, in millimetres from the label's top left corner. */
export interface LabelLayout {
  readonly moduleMm: number;
  /** The top left corner of the quiet zone. */
  readonly symbolXMm: number;
  readonly symbolYMm: number;
  readonly textSizeMm: number;
  /** The start of each line ("start"), or its middle ("middle"). */
  readonly textXMm: number;
  readonly textWidthMm: number;
  readonly anchor: "start" | "middle";
  readonly lines: readonly LabelLine[];
}

interface Candidate {
  readonly arrangement: "beside" | "below";
  readonly codeLines: readonly string[];
  readonly sideMm: number;
  readonly moduleMm: number;
  readonly textSizeMm: number;
}

/**
 * Places the symbol and its text on a label: text beside the symbol or below it, the code on one line or more,
 * whichever gives the largest module up to 0.5 mm, then the largest text up to 8 points, then the code on two
 * lines at most, then more of both.
 *
 * @throws {RangeError} no arrangement has a module of 0.25 mm and text of 5 points
 */
export function layOutLabel(label: Label, space: LabelSpace): LabelLayout {
  const best = codeSplits(label.grouped)
    .flatMap((codeLines) =>
      [MIN_TEXT_MM, GOOD_TEXT_MM].flatMap((keptMm) => [
        besideCandidate(label, codeLines, keptMm, space),
        belowCandidate(label, codeLines, keptMm, space),
      ]),
    )
    .filter((tried) => tried !== undefined)
    .reduce<Candidate | undefined>((a, b) => (a && !isBetter(b, a) ? a : b), undefined);
  if (!best)
    throw new RangeError(
      `a label of ${space.widthMm} × ${space.heightMm} mm must be larger, ` +
        "or have a shorter link, less error correction or less text: " +
        `its symbol of ${space.symbolModules} modules must have modules of ${MIN_MODULE_MM} mm, its text 5 points`,
    );
  return best.arrangement === "beside" ? placeBeside(label, best, space) : placeBelow(label, best, space);
}

/**
 * Places the symbol across the whole width and its text below, on as few lines as 5 points allow; the height results
 * from it.
 *
 * @throws {RangeError} `widthMm` gives a module under 0.25 mm or text under 5 points
 */
export function stackLabel(
  label: Label,
  { widthMm, symbolModules }: Pick<LabelSpace, "widthMm" | "symbolModules">,
): LabelLayout & { readonly heightMm: number } {
  const moduleMm = widthMm / symbolModules;
  const textSizeMm = (codeLines: string[]): number =>
    (widthMm - 2 * INSET_MM) / textWidthEm(label, codeLines);
  const codeLines = codeSplits(label.grouped).find((lines) => textSizeMm(lines) >= MIN_TEXT_MM);
  if (!(moduleMm >= MIN_MODULE_MM && Number.isFinite(widthMm)) || !codeLines)
    throw new RangeError(
      `widthMm must give the symbol's ${symbolModules} modules at least ${MIN_MODULE_MM} mm each, its text 5 points`,
    );
  const chosen: Candidate = {
    arrangement: "below",
    codeLines,
    sideMm: widthMm,
    moduleMm,
    textSizeMm: textSizeMm(codeLines),
  };
  const heightMm = widthMm + textHeightEm(label, codeLines) * chosen.textSizeMm + INSET_MM;
  return { ...placeBelow(label, chosen, { widthMm, heightMm, symbolModules }), heightMm };
}

/**
 * The text and size to draw for a line: codes and PINs as laid out, a caption shrunk or cut to fit. Undefined for a
 * caption of which nothing fits.
 *
 * @param widthEm measures a caption in the font
 */
export function fitLine(
  line: LabelLine,
  layout: LabelLayout,
  widthEm: (text: string) => number = estimatedWidthEm,
): FittedText | undefined {
  const { textSizeMm: sizeMm, textWidthMm: widthMm } = layout;
  if (line.kind !== "caption") return { text: line.text, sizeMm };
  return fitCaption(line.text, { widthMm, sizeMm, minSizeMm: MIN_TEXT_MM }, widthEm);
}

/** The code on one line, in two halves, or with a group on each line. */
function codeSplits(grouped: string): string[][] {
  const groups = grouped.split("-");
  const splits = [[grouped], groups];
  const half = groups.length / 2;
  if (Number.isInteger(half) && half > 1)
    splits.splice(1, 0, [groups.slice(0, half).join("-"), groups.slice(half).join("-")]);
  return groups.length === 1 ? splits.slice(0, 1) : splits;
}

/** The printed form of a PIN. */
function pinText(pin: string): string {
  return `PIN ${pin}`;
}

/** The largest symbol that leaves room for text of `keptMm` beside it, then the largest text in what is left. */
function besideCandidate(
  label: Label,
  codeLines: string[],
  keptMm: number,
  space: LabelSpace,
): Candidate | undefined {
  const widthEm = textWidthEm(label, codeLines);
  const heightEm = textHeightEm(label, codeLines);
  const textHeightMm = space.heightMm - 2 * INSET_MM;
  const roomMm = Math.min(space.heightMm, space.widthMm - INSET_MM - widthEm * keptMm);
  const moduleMm = fittingModuleMm(roomMm, space);
  const sideMm = moduleMm * space.symbolModules;
  const textSizeMm = Math.min((space.widthMm - INSET_MM - sideMm) / widthEm, textHeightMm / heightEm);
  return readable({ arrangement: "beside", codeLines, sideMm, moduleMm, textSizeMm });
}

/** The same with the text below the symbol. */
function belowCandidate(
  label: Label,
  codeLines: string[],
  keptMm: number,
  space: LabelSpace,
): Candidate | undefined {
  const widthEm = textWidthEm(label, codeLines);
  const heightEm = textHeightEm(label, codeLines);
  const textWidthMm = space.widthMm - 2 * INSET_MM;
  const roomMm = Math.min(space.widthMm, space.heightMm - INSET_MM - heightEm * keptMm);
  const moduleMm = fittingModuleMm(roomMm, space);
  const sideMm = moduleMm * space.symbolModules;
  const textSizeMm = Math.min(textWidthMm / widthEm, (space.heightMm - INSET_MM - sideMm) / heightEm);
  return readable({ arrangement: "below", codeLines, sideMm, moduleMm, textSizeMm });
}

function readable(tried: Candidate): Candidate | undefined {
  const suffices = tried.moduleMm >= MIN_MODULE_MM - EPSILON && tried.textSizeMm >= MIN_TEXT_MM - EPSILON;
  return suffices ? { ...tried, textSizeMm: Math.min(tried.textSizeMm, MAX_TEXT_MM) } : undefined;
}

function fittingModuleMm(roomMm: number, { symbolModules, moduleStepMm, maxModuleMm }: LabelSpace): number {
  const moduleMm = Math.min(roomMm / symbolModules, maxModuleMm ?? MAX_MODULE_MM, MAX_MODULE_MM);
  return moduleStepMm === undefined ? moduleMm : Math.floor(moduleMm / moduleStepMm + EPSILON) * moduleStepMm;
}

function textWidthEm({ pin }: Label, codeLines: readonly string[]): number {
  const texts = pin === undefined ? codeLines : [...codeLines, pinText(pin)];
  return CODE_ADVANCE_EM * Math.max(...texts.map((text) => text.length));
}

function textHeightEm({ caption, pin }: Label, codeLines: readonly string[]): number {
  const captionLines = caption === undefined ? 0 : 1;
  const pinLines = pin === undefined ? 0 : 1 + PIN_GAP_LINES;
  return LINE_HEIGHT_EM * (codeLines.length + captionLines + pinLines);
}

function isBetter(a: Candidate, b: Candidate): boolean {
  const [merits, others] = [merit(a), merit(b)];
  const first = merits.findIndex((value, i) => Math.abs(value - (others[i] ?? 0)) > EPSILON);
  return first >= 0 && (merits[first] ?? 0) > (others[first] ?? 0);
}

/** The merits of an arrangement, most important first. */
function merit({ moduleMm, textSizeMm, codeLines }: Candidate): number[] {
  return [
    Math.min(moduleMm, GOOD_MODULE_MM),
    Math.min(textSizeMm, GOOD_TEXT_MM),
    -Math.max(codeLines.length, GOOD_CODE_LINES),
    moduleMm,
    textSizeMm,
  ];
}

function placeBeside(label: Label, chosen: Candidate, space: LabelSpace): LabelLayout {
  const { sideMm, textSizeMm } = chosen;
  const symbolYMm = (space.heightMm - sideMm) / 2;
  const spareMm = space.widthMm - INSET_MM - sideMm - textWidthEm(label, chosen.codeLines) * textSizeMm;
  const symbolXMm = Math.max(0, Math.min(symbolYMm, spareMm / 2));
  const textXMm = symbolXMm + sideMm;
  const topMm = (space.heightMm - textHeightEm(label, chosen.codeLines) * textSizeMm) / 2;
  return {
    moduleMm: chosen.moduleMm,
    symbolXMm,
    symbolYMm,
    textSizeMm,
    textXMm,
    textWidthMm: space.widthMm - INSET_MM - textXMm,
    anchor: "start",
    lines: stackLines(label, chosen, topMm),
  };
}

function placeBelow(label: Label, chosen: Candidate, space: LabelSpace): LabelLayout {
  const { sideMm, textSizeMm } = chosen;
  const heightMm = sideMm + textHeightEm(label, chosen.codeLines) * textSizeMm;
  const symbolYMm = Math.max(0, (space.heightMm - INSET_MM - heightMm) / 2);
  return {
    moduleMm: chosen.moduleMm,
    symbolXMm: (space.widthMm - sideMm) / 2,
    symbolYMm,
    textSizeMm,
    textXMm: space.widthMm / 2,
    textWidthMm: space.widthMm - 2 * INSET_MM,
    anchor: "middle",
    lines: stackLines(label, chosen, symbolYMm + sideMm),
  };
}

function stackLines(
  { caption, pin }: Label,
  { codeLines, textSizeMm }: Candidate,
  topMm: number,
): LabelLine[] {
  const lines: LabelLine[] = [];
  const lineMm = LINE_HEIGHT_EM * textSizeMm;
  const put = (kind: LabelLine["kind"], text: string, gapLines: number): void => {
    const lineTopMm = topMm + (lines.length + gapLines) * lineMm;
    lines.push({ kind, text, baselineMm: lineTopMm + BASELINE_EM * textSizeMm });
  };
  for (const text of codeLines) put("code", text, 0);
  if (caption !== undefined) put("caption", caption, 0);
  if (pin !== undefined) put("pin", pinText(pin), PIN_GAP_LINES);
  return lines;
}
