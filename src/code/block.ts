import { unsafe } from "@noble/ciphers/aes.js";
import { keySchedule } from "./keys.ts";
import { assertSerial } from "./serial.ts";

/** A 16-byte block as four words, the first byte lowest in `s0`: the form AES computes in. */
export interface BlockWords {
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
  readonly s3: number;
}

/**
 * AES-128 of one block (FIPS 197) under a schedule of `keySchedule`.
 *
 * The export is called unsafe for two reasons, and neither bites here: it checks no arguments (all callers pass 32-bit
 * words and a schedule made in this folder), and a bare block is no encryption of messages (here AES is wanted as a
 * keyed random function of one block that never repeats for two purposes under one key). What it saves is building a
 * cipher, a key schedule and two buffers a block. The tests hold it to Node's own AES.
 */
export const encryptBlock: (
  schedule: Uint32Array,
  s0: number,
  s1: number,
  s2: number,
  s3: number,
) => BlockWords = unsafe.encrypt;

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

/** The low 32 bits of an integer with their bytes in the opposite order: between a block's words and big-endian. */
export function swap32(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
