import { ALPHABET, CODE_LENGTH, symbolValue } from "./alphabet.ts";
import { checkTerm } from "./check.ts";

/** The 75 bits of an enciphered serial: A of 35 bits, then B of 40, each as the bits above 2^32 and the 32 below. */
export interface CodeBits {
  readonly aHigh: number;
  readonly aLow: number;
  readonly bHigh: number;
  readonly bLow: number;
}

const ASCII = Uint8Array.from(ALPHABET, (symbol) => symbol.charCodeAt(0));

/**
 * Writes 75 bits as a code, most significant first and check character last: 16 ASCII bytes of `out` from `at` on.
 * Five bits a character fill seven characters with A and eight with B.
 */
export function writeCode(
  out: Uint8Array,
  at: number,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
): void {
  const check =
    writeSeven(out, at, 0, aHigh, aLow) ^
    writeOne(out, at, 7, bHigh >>> 3) ^
    writeSeven(out, at, 8, bHigh & 7, bLow);
  out[at + CODE_LENGTH - 1] = ASCII[check]!;
}

/** The inverse of `writeCode` for a normalised code. Ignores the check character. */
export function readCode(code: string): CodeBits {
  const a = symbolValue(code.charCodeAt(0));
  const b = symbolValue(code.charCodeAt(8));
  return {
    aHigh: a >>> 2,
    aLow: readLow(code, 1, a),
    bHigh: (symbolValue(code.charCodeAt(7)) << 3) | (b >>> 2),
    bLow: readLow(code, 9, b),
  };
}

/** Writes 35 bits at positions `index` to `index + 6`; returns their terms of the check value. */
function writeSeven(out: Uint8Array, at: number, index: number, high: number, low: number): number {
  let check = writeOne(out, at, index, (high << 2) | (low >>> 30));
  for (let shift = 25; shift >= 0; shift -= 5) {
    index += 1;
    check ^= writeOne(out, at, index, (low >>> shift) & 31);
  }
  return check;
}

function writeOne(out: Uint8Array, at: number, index: number, value: number): number {
  out[at + index] = ASCII[value]!;
  return checkTerm(index, value);
}

/** 32 bits: the low two of the symbol `first`, then six symbols from `index` on. */
function readLow(code: string, index: number, first: number): number {
  let low = first;
  for (let offset = 0; offset < 6; offset++) low = (low << 5) | symbolValue(code.charCodeAt(index + offset));
  return low >>> 0;
}
