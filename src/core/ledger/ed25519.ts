import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

export const PUBLIC_KEY_BYTES = 32;
export const SEED_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Holds an Ed25519 private key. Signatures are deterministic (RFC 8032, section 5.1.6), so every runtime's are equal. */
export interface Signer {
  /** 32 bytes. */
  publicKey: Uint8Array;
  /** Pure Ed25519: 64 bytes. */
  sign: (message: Uint8Array) => Uint8Array;
}

/**
 * A signer from its 32-byte seed (the private key of RFC 8032), in plain JavaScript; `node/ed25519.ts` has a faster one.
 * @throws RangeError if the seed is not of 32 bytes
 */
export function signerFromSeed(seed: Uint8Array): Signer {
  requireSeed(seed);
  const own = seed.slice();
  return { publicKey: ed25519.getPublicKey(own), sign: (message) => ed25519.sign(message, own) };
}

/** @throws RangeError if the seed is not of 32 bytes */
export function requireSeed(seed: Uint8Array): void {
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`an Ed25519 seed must be ${SEED_BYTES} bytes, got ${seed.length}`);
}

/**
 * Whether a signature verifies, by one rule on every runtime: RFC 8032, section 5.1.7, in its strictest reading, so
 * that all verifiers named below accept every signature accepted here.
 *
 * Refused, though some verifiers accept them: a public key A or commitment R that is of small order (one signature
 * would fit many messages or keys) or not canonically encoded; S >= L; a signature for which only the equation
 * multiplied by the cofactor holds. Accepted: A and R with a small-order component beside a large one, where these
 * cancel out. No honest signer produces any of these. The rule is that of ed25519-dalek's verify_strict and of Node
 * 24. Other verifiers accept more: ref10, Go, OpenSSL and older Node accept small orders and some non-canonical
 * encodings of such A; verifiers with RFC 8032's cofactored equation accept signatures that only it satisfies; ZIP
 * 215 accepts everything listed as refused except S >= L.
 * @returns false also where key or signature have the wrong length
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const { Point } = ed25519;
  const commitment = signature.subarray(0, 32);
  const a = decodePoint(publicKey);
  const r = decodePoint(commitment);
  const s = bytesToNumberLE(signature.subarray(32));
  if (a === null || r === null || s >= Point.Fn.ORDER) return false;
  const k = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(commitment, publicKey, message))));
  // Every value here is public, so the faster multiplication that is not constant-time leaks nothing.
  return Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).equals(r);
}

/** Whether bytes are a public key that `verifyEd25519` can accept a signature under. */
export function isPublicKey(bytes: Uint8Array): boolean {
  return bytes.length === PUBLIC_KEY_BYTES && decodePoint(bytes) !== null;
}

/** A point from its canonical encoding (RFC 8032, section 5.1.3), unless it is of small order. */
function decodePoint(bytes: Uint8Array) {
  try {
    const point = ed25519.Point.fromBytes(bytes);
    return point.isSmallOrder() ? null : point;
  } catch {
    return null;
  }
}
