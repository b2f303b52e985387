import { create } from "qrcode/lib/core/qrcode.js";

/** Error correction: about 7, 15, 25 and 30 % of the codewords may be lost (ISO/IEC 18004, 6.5.1). */
export type QrLevel = "L" | "M" | "Q" | "H";

export interface QrOptions {
  /** Default "M". */
  readonly level?: QrLevel | undefined;
}

export interface QrMatrix {
  /** Modules a side, without the quiet zone: 17 + 4 × version. */
  readonly size: number;
  readonly version: number;
  readonly level: QrLevel;
  /** 0 to 7 (ISO/IEC 18004, 7.8.2). */
  readonly mask: number;
  /** True for a dark module; `x` counts columns from the left, `y` rows from the top. All modules outside are light. */
  readonly bits: (x: number, y: number) => boolean;
}

/** Light modules that must stay free on every side (ISO/IEC 18004, 9.1). */
export const QUIET_ZONE_MODULES = 4;

/** The 45 characters of alphanumeric mode (ISO/IEC 18004, table 5). */
const ALPHANUMERIC = /^[0-9A-Z $%*+\-./:]+$/;

/** Characters that version 40, the largest, holds in alphanumeric mode (ISO/IEC 18004, table 7). */
const CAPACITY: Readonly<Record<QrLevel, number>> = { L: 4296, M: 3391, Q: 2420, H: 1852 };

/**
 * Encodes a link as a QR symbol, in one alphanumeric segment: 5.5 bits a character instead of 8 in byte mode. The
 * version depends only on the link's length, so every label of a batch has the same size.
 *
 * @param link characters of QR alphanumeric mode only, so in upper case
 * @throws {TypeError} `link` is not a string
 * @throws {RangeError} `link` is empty, too long or has other characters, or `level` is none of the four
 */
export function qrMatrix(link: string, { level = "M" }: QrOptions = {}): QrMatrix {
  const { version, maskPattern: mask, modules } = encode(link, level);
  const { size, data } = modules;
  return {
    size,
    version,
    level,
    mask,
    bits: (x, y) => x >= 0 && x < size && y >= 0 && y < size && data[y * size + x] === 1,
  };
}

/**
 * The modules a side of the symbol of `qrMatrix`, at a sixth of its cost: it does not try the masks, which do not
 * change the size.
 *
 * @throws as `qrMatrix` does
 */
export function qrSize(link: string, { level = "M" }: QrOptions = {}): number {
  return encode(link, level, 0).modules.size;
}

function encode(link: string, level: QrLevel, mask?: number): ReturnType<typeof create> {
  if (typeof link !== "string") throw new TypeError("link must be a string");
  const capacity = Object.hasOwn(CAPACITY, level) ? CAPACITY[level] : undefined;
  if (capacity === undefined) throw new RangeError('level must be "L", "M", "Q" or "H"');
  if (!ALPHANUMERIC.test(link))
    throw new RangeError("link must have only the characters 0-9, A-Z (upper case), space and $%*+-./:");
  if (link.length > capacity)
    throw new RangeError(`link must be at most ${capacity} characters long at level ${level}`);
  const options = { errorCorrectionLevel: level };
  return create(
    [{ data: link, mode: "alphanumeric" }],
    mask === undefined ? options : { ...options, maskPattern: mask },
  );
}
