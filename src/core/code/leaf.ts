import { sha256 } from "@noble/hashes/sha2.js";
import { CODE_LENGTH, assertNormalised } from "./alphabet.ts";
import { encryptSerialBlock } from "./block.ts";
import type { EpochKeys } from "./keys.ts";

/** Bytes of a leaf's blind. */
export const BLIND_BYTES = 16;
/** Bytes hashed into a leaf: the prefix, the blind, the code in ASCII. */
export const LEAF_INPUT_BYTES = 1 + BLIND_BYTES + CODE_LENGTH;
/** Domain separation of leaves from nodes (RFC 6962, 2.1). */
export const LEAF_PREFIX = 0x00;

/**
 * The blind of a code's leaf, AES-128(K_leaf, serial block): it keeps the codes behind a proof's sibling hashes
 * unguessable.
 *
 * @returns 16 bytes
 * @throws {TypeError | RangeError} if `serial` is not an integer from 0 to 2^45 - 1
 */
export function blindOf(keys: EpochKeys, serial: number): Uint8Array {
  const { s0, s1, s2, s3 } = encryptSerialBlock(keys.leaf, serial);
  const blind = new Uint8Array(BLIND_BYTES);
  const view = new DataView(blind.buffer);
  for (const [index, word] of [s0, s1, s2, s3].entries()) view.setUint32(index * 4, word, true);
  return blind;
}

/**
 * The leaf of a code in its batch's Merkle tree: SHA-256(0x00 ‖ blind ‖ code in ASCII), an RFC 6962 leaf hash.
 *
 * @param blind 16 bytes, from `blindOf` or from a proof
 * @param code 16 characters, normalised
 * @returns 32 bytes
 * @throws {TypeError} if `blind` is not a Uint8Array or `code` not a string
 * @throws {RangeError} if `blind` is not 16 bytes or `code` is not normalised
 */
export function codeLeafHash(blind: Uint8Array, code: string): Uint8Array {
  if (!(blind instanceof Uint8Array)) throw new TypeError("blind must be a Uint8Array");
  if (blind.length !== BLIND_BYTES) throw new RangeError(`blind must be ${BLIND_BYTES} bytes`);
  assertNormalised(code);
  const input = new Uint8Array(LEAF_INPUT_BYTES);
  input[0] = LEAF_PREFIX;
  input.set(blind, 1);
  for (let index = 0; index < CODE_LENGTH; index++) input[1 + BLIND_BYTES + index] = code.charCodeAt(index);
  return sha256(input);
}
