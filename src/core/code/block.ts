import { type BlockWords, encryptBlock } from "./aes.ts";
import { keySchedule } from "./keys.ts";
import { assertSerial } from "./serial.ts";

/**
 * AES-128 of the serial block: eight zero bytes, then the serial as a big-endian uint64.
 *
 * @param key 16 bytes
 * @throws {TypeError | RangeError} if `serial` is not a serial or `key` not 16 bytes
 */
export function encryptSerialBlock(key: Uint8Array, serial: number): BlockWords {
  assertSerial(serial);
  return encryptBlock(keySchedule(key), 0, 0, swap32(Math.floor(serial / 2 ** 32)), swap32(serial));
}

/** Reverses the bytes of the low 32 bits of an integer: converts between a block's words and big-endian. */
export function swap32(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
