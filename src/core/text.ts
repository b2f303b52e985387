/** Normalisation forms in use (Unicode Standard Annex 15). */
type Form = "NFC" | "NFKC";

/** Why a text is refused. */
type TextReason = "length" | "marks" | "character" | "blank";

/** The text is not one that people can read safely. The message follows a field's name: "has …", "must …". */
export class TextError extends RangeError {
  override readonly name = "TextError";
  readonly reason: TextReason;

  constructor(reason: TextReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** NFC shortens a text to a third at most (UAX 15, table of worst cases); the rest is room for blanks at the ends. */
const RAW_PER_COMPOSED = 4;

/**
 * More marks on one letter than any living script writes (UTS 39, 5.4, allows 4). Tibetan stacks its subjoined letters,
 * which are marks too. Besides looking like noise, long runs of marks make normalisation quadratic.
 */
const TOO_MANY_MARKS = /[[\p{Mn}\p{Me}]--\p{Script=Tibetan}]{5}|\p{M}{9}/v;

/**
 * Normalises a text of people or machines. The only place that normalises Unicode: the length in UTF-16 code units and
 * the runs of marks are checked before, so that the work is linear; the length again after.
 *
 * @param maxLength in UTF-16 code units, of the result
 * @throws {TextError} `length`, `marks`
 */
export function normalised(text: string, maxLength: number, form: Form = "NFC"): string {
  if (text.length > maxLength * RAW_PER_COMPOSED) throw tooLong(text.length, maxLength);
  if (TOO_MANY_MARKS.test(text))
    throw new TextError("marks", "has more than 4 marks on one letter; write the letters that people read");
  const value = text.normalize(form);
  if (value.length > maxLength) throw tooLong(value.length, maxLength);
  return value;
}

/**
 * Characters that do not show, or show as something else: controls, line breaks, lone surrogates, private characters
 * and noncharacters; marks that change the order in which text is shown (UAX 9, 2.1 to 2.7); every
 * Default_Ignorable_Code_Point; interlinear annotations, replacement characters and the blank of Braille.
 */
const DOES_NOT_SHOW =
  /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\uFFF9-\uFFFD\u2800]/v;

/** Letters and marks of scripts whose spelling needs joiners (UAX 31, 2.3). */
const JOINED =
  "[[\\p{L}\\p{M}]&&[\\p{scx=Arabic}\\p{scx=Syriac}\\p{scx=Nko}\\p{scx=Mongolian}\\p{scx=Devanagari}\\p{scx=Bengali}" +
  "\\p{scx=Gurmukhi}\\p{scx=Gujarati}\\p{scx=Oriya}\\p{scx=Tamil}\\p{scx=Telugu}\\p{scx=Kannada}\\p{scx=Malayalam}" +
  "\\p{scx=Sinhala}\\p{scx=Khmer}\\p{scx=Myanmar}\\p{scx=Balinese}\\p{scx=Javanese}]]";
/** Viramas of those scripts: a joiner may follow one at the end of a word. */
const VIRAMA =
  "[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA\\u17D2\\u1039\\u1B44\\uA9C0]";
const PICTURE = "[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F]";

/**
 * Invisible characters that the spelling needs: joiners between letters of scripts that join, or after a virama; joiners
 * and presentation selectors of emoji; variants of ideographs (UTS 37) and of Mongolian letters.
 */
const NEEDED = new RegExp(
  [
    `(?<=${JOINED})[\\u200C\\u200D](?=${JOINED})`,
    `(?<=${VIRAMA})[\\u200C\\u200D]`,
    `(?<=${PICTURE})\\u200D(?=\\p{Extended_Pictographic})`,
    "(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}])[\\uFE0E\\uFE0F]",
    "(?<=[0-9#*])\\uFE0F(?=\\u20E3)",
    "(?<=\\p{Ideographic})[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}]",
    "(?<=[\\p{L}&&\\p{Script=Mongolian}])[\\u180B-\\u180F]",
  ].join("|"),
  "gv",
);

const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{M}]/u;

/**
 * Reads one line for people: NFC, trimmed, 1 to `maxLength` UTF-16 code units, every character visible or needed by its
 * script. One name must not look like another because of characters that nobody sees.
 *
 * @throws {TextError} any reason
 */
export function readLine(text: string, maxLength: number): string {
  if (text.length > maxLength * RAW_PER_COMPOSED) throw tooLong(text.length, maxLength);
  const line = normalised(text, maxLength * RAW_PER_COMPOSED).trim();
  if (line.length > maxLength) throw tooLong(line.length, maxLength);
  if (line === "") throw new TextError("blank", `is empty; write 1 to ${maxLength} characters`);
  const wrong = DOES_NOT_SHOW.test(line) ? DOES_NOT_SHOW.exec(line.replace(NEEDED, "")) : null;
  if (wrong !== null) throw hidden(wrong[0]);
  if (!VISIBLE.test(line)) throw new TextError("blank", "must have a visible character");
  return line;
}

function tooLong(length: number, maxLength: number): TextError {
  return new TextError("length", `has ${length} characters, expected at most ${maxLength}`);
}

function hidden(character: string): TextError {
  const point = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
  return new TextError(
    "character",
    `has the character U+${point}; must be one line of characters that show, without controls, invisible or bidirectional marks`,
  );
}
