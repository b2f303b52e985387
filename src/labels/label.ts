/** The content of one label. */
export interface Label {
  /** The address in the QR symbol, in upper case: `HTTPS://HOST/01/09520001000010/21/45VFV6GS11R19J3B`. */
  readonly link: string;
  /** The same code for a person to type, in groups: `45VF-V6GS-11R1-9J3B`. */
  readonly grouped: string;
  /** One short line, such as the product or the lot, in any script. */
  readonly caption?: string | undefined;
  /** Six digits, to be covered by a scratch-off patch. */
  readonly pin?: string | undefined;
}

/** Longest caption, in UTF-16 units; a longer one would be cut. */
export const MAX_CAPTION_LENGTH = 200;
const GROUPED = /^[0-9A-Z]+(?:-[0-9A-Z]+)*$/;
const PIN = /^[0-9]{6}$/;
/** Controls, line separators, and characters that XML 1.0 cannot hold. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/**
 * Refuses a label that must not be printed, above all one whose text and symbol name different codes. The characters
 * of the link itself are checked where it is encoded.
 *
 * @throws {TypeError} a field is of the wrong type
 * @throws {RangeError} a field has a wrong value, or `link` does not end in the code of `grouped`
 */
export function assertLabel(label: Label): void {
  const { link, grouped, caption, pin } = label;
  if (typeof link !== "string") throw new TypeError("link must be a string");
  if (typeof grouped !== "string") throw new TypeError("grouped must be a string");
  if (!GROUPED.test(grouped)) throw new RangeError("grouped must be groups of 0-9 and A-Z joined by dashes");
  if (!link.endsWith(`/${grouped.replaceAll("-", "")}`))
    throw new RangeError("link must end in the code that grouped spells");
  if (caption !== undefined) assertCaption(caption);
  if (pin !== undefined && typeof pin !== "string") throw new TypeError("pin must be a string");
  if (pin !== undefined && !PIN.test(pin)) throw new RangeError("pin must be six digits");
}

function assertCaption(caption: string): void {
  if (typeof caption !== "string") throw new TypeError("caption must be a string");
  if (caption.trim() === "") throw new RangeError("caption must not be blank: leave it out instead");
  if (caption.length > MAX_CAPTION_LENGTH)
    throw new RangeError(`caption must be at most ${MAX_CAPTION_LENGTH} characters long`);
  if (UNPRINTABLE.test(caption))
    throw new RangeError("caption must be one line, without control characters or lone surrogates");
}
