import { normalised } from "../core/text.ts";
import { MAX_CAPTION_LENGTH } from "./label.ts";

/** A text made to fit its line. */
export interface FittedText {
  readonly text: string;
  readonly sizeMm: number;
}

interface CaptionRoom {
  readonly widthMm: number;
  /** The size for a caption that fits. */
  readonly sizeMm: number;
  /** The smallest size still readable; below it the caption is cut instead. */
  readonly minSizeMm: number;
}

const GRAPHEMES = new Intl.Segmenter("und", { granularity: "grapheme" });
/** Scripts and signs that fill a square (Unicode Standard Annex 11, the wide and fullwidth classes). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Emoji_Presentation}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]/u;
const COMBINING = /[\p{Mn}\p{Me}\p{Cf}]/u;

/**
 * The width of a text in ems where the font is not known: a square for wide characters, else a little more than
 * common sans-serif faces take, so that the estimate is rather too wide.
 */
export function estimatedWidthEm(text: string): number {
  let widthEm = 0;
  for (const char of text) {
    if (WIDE.test(char)) widthEm += 1;
    else if (!COMBINING.test(char)) widthEm += /[\p{Lu}@%&]/u.test(char) ? 0.72 : 0.58;
  }
  return widthEm;
}

/**
 * Composes a caption (NFC, for fonts without combining marks; at most three times as long as given), shrinks it to the smallest readable size, then cuts it
 * at a whole character and ends it in "…". Undefined if not even one character fits.
 *
 * @param widthEm measures a text in the font
 */
export function fitCaption(
  caption: string,
  { widthMm, sizeMm, minSizeMm }: CaptionRoom,
  widthEm: (text: string) => number,
): FittedText | undefined {
  const whole = normalised(caption, 3 * MAX_CAPTION_LENGTH);
  const fittingMm = widthMm / widthEm(whole);
  if (fittingMm >= minSizeMm) return { text: whole, sizeMm: Math.min(sizeMm, fittingMm) };
  const kept = Array.from(GRAPHEMES.segment(whole), ({ segment }) => segment);
  while (kept.length > 1) {
    kept.pop();
    const text = `${kept.join("").trimEnd()}…`;
    if (widthEm(text) * minSizeMm <= widthMm) return { text, sizeMm: minSizeMm };
  }
  return undefined;
}
