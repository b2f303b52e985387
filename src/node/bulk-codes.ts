/**
 * Makes codes, leaves and PINs in bulk with Node's AES: one call enciphers one block for each of thousands of serials, round
 * by round. Without Node, loop over `encipherSerial`, `codeLeafHash` and `pinOf`: the bytes are the same.
 */
import { type Cipheriv, createCipheriv } from "node:crypto";
import { ShortSha256 } from "../core/ledger/short-sha256.ts";
import { CODE_LENGTH } from "../core/code/alphabet.ts";
import { encryptSerialBlock } from "../core/code/block.ts";
import type { EpochKeys } from "../core/code/keys.ts";
import { BLIND_BYTES, LEAF_INPUT_BYTES, LEAF_PREFIX } from "../core/code/leaf.ts";
import { formatPin } from "../core/code/pin.ts";
import { encipherSerial } from "../core/code/cipher.ts";
import { SERIAL_LIMIT, assertSerial } from "../core/code/serial.ts";
import { writeCode } from "../core/code/spelling.ts";

/** The most codes of one call, so that a call stays within a turn of the event loop. */
export const BULK_LIMIT = 65_536;

const BLOCK_BYTES = 16;
const BLOCK_WORDS = 4;
const LEAF_BYTES = 32;
const ROUNDS = 10;

/** Blocks per cipher call: both halves and the cipher's output fit the processor's cache. */
const CHUNK = 4096;

/** Up to this many codes are made one by one: creating a Node cipher would cost more than it saves. */
const FEW = 16;

/** Masks of the bits of a half above 2^32, and of the round's byte, as words in the byte order of this machine. */
const A_HIGH = wordOf(0, 0, 0, 0x07);
const B_HIGH = wordOf(0, 0, 0, 0xff);
const ROUND_WORDS = Array.from({ length: ROUNDS + 1 }, (_, round) => wordOf(round, 0, 0, 0));

/**
 * The codes of consecutive serials, as `encipherSerial` gives them one by one.
 *
 * @param first the first serial
 * @param count how many, 0 to 65,536
 * @returns `count` times 16 ASCII bytes
 * @throws {TypeError | RangeError} if `count` is out of range or a serial would be
 */
export function encipherMany(keys: EpochKeys, first: number, count: number): Uint8Array {
  assertRun(first, count);
  const codes = new Uint8Array(count * CODE_LENGTH);
  if (count <= FEW) {
    for (let index = 0; index < count; index++)
      writeAscii(encipherSerial(keys, first + index), codes, index * CODE_LENGTH);
    return codes;
  }
  const cipher = blockCipher(keys.cipher);
  const halves = { a: new Blocks(Math.min(count, CHUNK)), b: new Blocks(Math.min(count, CHUNK)) };
  for (let done = 0; done < count; done += CHUNK)
    sealChunk(cipher, halves, first + done, codes.subarray(done * CODE_LENGTH, (done + CHUNK) * CODE_LENGTH));
  return codes;
}

/**
 * The Merkle leaves of consecutive serials, as `codeLeafHash` gives them one by one.
 *
 * @param first the first serial
 * @param codes the codes of `first` and the serials after it, 16 ASCII bytes each: `encipherMany` of the same run
 * @returns 32 bytes for each code
 * @throws {TypeError | RangeError} if `codes` holds a part of a code or more than 65,536, or a serial would not be one
 */
export function leavesMany(keys: EpochKeys, first: number, codes: Uint8Array): Uint8Array {
  if (!(codes instanceof Uint8Array)) throw new TypeError("codes must be a Uint8Array");
  const count = codes.length / CODE_LENGTH;
  if (!Number.isInteger(count)) throw new RangeError(`codes must be ${CODE_LENGTH} bytes for each code`);
  assertRun(first, count);
  const blinds = serialBlocks(keys.leaf, first, count);
  const leaves = new Uint8Array(count * LEAF_BYTES);
  const out = new DataView(leaves.buffer);
  const hasher = new ShortSha256();
  hasher.message[0] = LEAF_PREFIX;
  for (let index = 0; index < count; index++) {
    copy(blinds, index * BLIND_BYTES, hasher.message, 1);
    copy(codes, index * CODE_LENGTH, hasher.message, 1 + BLIND_BYTES);
    hasher.hashInto(LEAF_INPUT_BYTES, out, index * LEAF_BYTES);
  }
  return leaves;
}

/**
 * The PINs of consecutive serials, as `pinOf` gives them one by one.
 *
 * @param first the first serial
 * @param count how many, 0 to 65,536
 * @throws {TypeError | RangeError} if `count` is out of range or a serial would be
 */
export function pinsMany(keys: EpochKeys, first: number, count: number): string[] {
  assertRun(first, count);
  const blocks = serialBlocks(keys.pin, first, count);
  return Array.from({ length: count }, (_, index) => formatPin(blocks.readUIntBE(index * BLOCK_BYTES, 6)));
}

/** A row of AES blocks, as bytes for the cipher and as words for the XORs. */
class Blocks {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly view: DataView;

  constructor(count: number) {
    this.bytes = new Uint8Array(count * BLOCK_BYTES);
    this.words = new Uint32Array(this.bytes.buffer);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** The network of `encipherSerial`, every round over the whole chunk before the next. */
function sealChunk(
  cipher: Cipheriv,
  { a, b }: { a: Blocks; b: Blocks },
  first: number,
  codes: Uint8Array,
): void {
  const count = codes.length / CODE_LENGTH;
  const bytes = count * BLOCK_BYTES;
  splitSerials(a, b, first, count);
  for (let r = 0; r < ROUNDS; r += 2) {
    fold(a.words, cipher.update(b.bytes.subarray(0, bytes)), A_HIGH, ROUND_WORDS[r + 1]!);
    fold(b.words, cipher.update(a.bytes.subarray(0, bytes)), B_HIGH, ROUND_WORDS[r + 2]!);
  }
  for (let index = 0; index < count; index++) {
    const at = index * BLOCK_BYTES;
    writeCode(
      codes,
      index * CODE_LENGTH,
      a.bytes[at + 11]!,
      a.view.getUint32(at + 12),
      b.bytes[at + 11]!,
      b.view.getUint32(at + 12),
    );
  }
}

/** Sets the halves of each serial: 30 zero bits and its top five bits in `a`, its low forty in `b`; both for round 0. */
function splitSerials(a: Blocks, b: Blocks, first: number, count: number): void {
  a.bytes.fill(0);
  b.bytes.fill(0);
  for (let index = 0; index < count; index++) {
    const serial = first + index;
    const top = Math.floor(serial / 2 ** 32);
    a.bytes[index * BLOCK_BYTES + 15] = top >>> 8;
    b.bytes[index * BLOCK_BYTES + 11] = top;
    b.view.setUint32(index * BLOCK_BYTES + 12, serial);
  }
}

/** XORs the AES output of a round into a half, and sets the half's first byte to the round that it enters next. */
function fold(half: Uint32Array, output: Buffer, highMask: number, round: number): void {
  const f = wordsOf(output);
  for (let word = 0; word < f.length; word += BLOCK_WORDS) {
    half[word] = round;
    half[word + 2] = half[word + 2]! ^ (f[word + 2]! & highMask);
    half[word + 3] = half[word + 3]! ^ f[word + 3]!;
  }
}

/** AES-128 of the serial blocks of a run. */
function serialBlocks(key: Uint8Array, first: number, count: number): Buffer {
  const blocks = new Blocks(count);
  if (count <= FEW) {
    for (let index = 0; index < count; index++) {
      const { s0, s1, s2, s3 } = encryptSerialBlock(key, first + index);
      [s0, s1, s2, s3].forEach((word, at) => blocks.view.setUint32(index * BLOCK_BYTES + 4 * at, word, true));
    }
    return Buffer.from(blocks.bytes.buffer);
  }
  for (let index = 0; index < count; index++) {
    const serial = first + index;
    blocks.view.setUint32(index * BLOCK_BYTES + 8, Math.floor(serial / 2 ** 32));
    blocks.view.setUint32(index * BLOCK_BYTES + 12, serial);
  }
  return blockCipher(key).update(blocks.bytes);
}

/** AES-128 of single blocks: ECB serves only to encipher many blocks in one call. */
function blockCipher(key: Uint8Array): Cipheriv {
  return createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
}

function writeAscii(text: string, to: Uint8Array, at: number): void {
  for (let index = 0; index < text.length; index++) to[at + index] = text.charCodeAt(index);
}

/** Copies 16 bytes, which is faster than `set` of a subarray at this length. */
function copy(from: Uint8Array, start: number, to: Uint8Array, at: number): void {
  for (let byte = 0; byte < 16; byte++) to[at + byte] = from[start + byte]!;
}

function wordsOf(bytes: Buffer): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function wordOf(...bytes: [number, number, number, number]): number {
  return new Uint32Array(Uint8Array.from(bytes).buffer)[0]!;
}

function assertRun(first: number, count: number): void {
  assertSerial(first);
  if (typeof count !== "number") throw new TypeError("count must be a number");
  if (!Number.isInteger(count) || count < 0 || count > BULK_LIMIT)
    throw new RangeError(`count must be an integer from 0 to ${BULK_LIMIT}`);
  if (first + count > SERIAL_LIMIT) throw new RangeError("first + count must not pass 2^45");
}
