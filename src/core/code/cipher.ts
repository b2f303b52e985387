import { encryptBlock } from "./aes.ts";
import { CODE_LENGTH, assertNormalised } from "./alphabet.ts";
import { swap32 } from "./block.ts";
import { hasValidCheck, wrongCheck } from "./check.ts";
import { type EpochKeys, keySchedule } from "./keys.ts";
import { assertSerial } from "./serial.ts";
import { readCode, writeCode } from "./spelling.ts";

/**
 * Masks of a half's bits above 2^32, at their place in the third word of an AES block: A has 35 bits, B 40. The
 * network works on the block's words, so a round costs one AES block and two XORs.
 */
const A_HIGH = 0x07000000;
const B_HIGH = 0xff000000;

/** A starts as 30 zero bits and the serial's top five bits: a deciphered code is genuine if A is below this. */
const A_LIMIT = 32;

const scratch = new Uint8Array(CODE_LENGTH);
const ascii = new TextDecoder();

/**
 * Enciphers a serial into its trace code: encode-then-encipher (Bellare and Rogaway, 2000) over a ten-round
 * Luby-Rackoff network on 75 bits, 30 of them redundant. Every bit of the code depends on every bit of the serial.
 *
 * @param serial 45 bits
 * @returns 16 characters, check character last
 * @throws {TypeError | RangeError} if `serial` is not an integer from 0 to 2^45 - 1
 */
export function encipherSerial(keys: EpochKeys, serial: number): string {
  assertSerial(serial);
  const schedule = keySchedule(keys.cipher);
  const top = Math.floor(serial / 2 ** 32);
  let a2 = 0;
  let a3 = swap32(top >>> 8);
  let b2 = top << 24;
  let b3 = swap32(serial);
  for (let r = 0; r < 10; r += 2) {
    const f = encryptBlock(schedule, r, 0, b2, b3);
    a2 ^= f.s2 & A_HIGH;
    a3 ^= f.s3;
    const g = encryptBlock(schedule, r + 1, 0, a2, a3);
    b2 ^= g.s2 & B_HIGH;
    b3 ^= g.s3;
  }
  writeCode(scratch, 0, a2 >>> 24, swap32(a3), b2 >>> 24, swap32(b3));
  return ascii.decode(scratch);
}

/**
 * Deciphers a code under one epoch's keys. The resulting serial was enciphered with these keys, but may be in no
 * batch: the caller checks that (`Keyring.decipher`).
 *
 * @param code normalised, with the right check character, as `parseCode` returns it
 * @returns the serial, or null if the 30 redundancy bits are not zero
 * @throws {TypeError} if `code` is not a string
 * @throws {RangeError} if it is not normalised
 * @throws {MistypedCodeError} `check`
 */
export function decipherCode(keys: EpochKeys, code: string): number | null {
  if (!hasValidCheck(code)) refuse(code);
  const schedule = keySchedule(keys.cipher);
  const bits = readCode(code);
  let a2 = bits.aHigh << 24;
  let a3 = swap32(bits.aLow);
  let b2 = bits.bHigh << 24;
  let b3 = swap32(bits.bLow);
  for (let r = 8; r >= 0; r -= 2) {
    const g = encryptBlock(schedule, r + 1, 0, a2, a3);
    b2 ^= g.s2 & B_HIGH;
    b3 ^= g.s3;
    const f = encryptBlock(schedule, r, 0, b2, b3);
    a2 ^= f.s2 & A_HIGH;
    a3 ^= f.s3;
  }
  const a = swap32(a3);
  if (a2 !== 0 || a >= A_LIMIT) return null;
  return a * 2 ** 40 + (b2 >>> 24) * 2 ** 32 + swap32(b3);
}

/** Distinguishes a caller's mistake (not normalised) from a typing error (check character) after the refusal. */
function refuse(code: string): never {
  assertNormalised(code);
  throw wrongCheck();
}
