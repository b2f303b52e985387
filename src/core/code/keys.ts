import { unsafe } from "@noble/ciphers/aes.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { assertEpoch } from "./serial.ts";

/** Bytes of an epoch secret. */
const SECRET_BYTES = 32;
const KEY_BYTES = 16;

/** The three AES-128 keys of one epoch, 16 bytes each. Do not change them in place: their key schedules are cached. */
export interface EpochKeys {
  /** 0–255; a restore from backup starts a new epoch. */
  readonly epoch: number;
  /** Enciphers serials into codes (HKDF info `seal`). */
  readonly cipher: Uint8Array;
  /** Derives the PIN under the scratch-off patch. */
  readonly pin: Uint8Array;
  /** Blinds the leaves of a batch's Merkle tree. */
  readonly leaf: Uint8Array;
}

/** Key schedules by key, so that a code costs only its rounds. An entry is collected with its key. */
const schedules = new WeakMap<Uint8Array, Uint32Array>();

/**
 * The keys of an epoch: HKDF-SHA-256 (RFC 5869) of its secret, with an empty salt and a separate info for each use.
 *
 * @param epoch 0–255
 * @param secret 32 random bytes; not kept
 * @throws {TypeError | RangeError} if `epoch` or `secret` has a wrong type or value
 */
export function deriveEpochKeys(epoch: number, secret: Uint8Array): EpochKeys {
  assertEpoch(epoch);
  assertBytes(secret, SECRET_BYTES, "secret");
  return { epoch, cipher: derive(secret, "seal"), pin: derive(secret, "pin"), leaf: derive(secret, "leaf") };
}

/**
 * A value to store beside an epoch, so that the start detects a wrong secret. It is another HKDF output: its reader
 * can test a guess of the 256-bit secret and learns nothing else.
 *
 * @param secret 32 bytes
 * @returns 32 lower-case hex digits
 * @throws {TypeError | RangeError} if `secret` is not 32 bytes
 */
export function keyCheckValue(secret: Uint8Array): string {
  assertBytes(secret, SECRET_BYTES, "secret");
  return bytesToHex(derive(secret, "check"));
}

/**
 * The AES-128 key schedule of a key, computed once a key.
 *
 * @throws {TypeError | RangeError} if `key` is not 16 bytes
 */
export function keySchedule(key: Uint8Array): Uint32Array {
  const known = schedules.get(key);
  if (known !== undefined) return known;
  assertBytes(key, KEY_BYTES, "key");
  // Noble calls it unsafe because it does not check its input; the lines above do.
  const schedule = unsafe.expandKeyLE(key);
  schedules.set(key, schedule);
  return schedule;
}

function derive(secret: Uint8Array, use: "seal" | "pin" | "leaf" | "check"): Uint8Array {
  return hkdf(sha256, secret, new Uint8Array(0), utf8ToBytes(`suyuan/v1/${use}`), KEY_BYTES);
}

function assertBytes(value: Uint8Array, length: number, name: string): void {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} must be a Uint8Array`);
  if (value.length !== length) throw new RangeError(`${name} must be ${length} bytes, not ${value.length}`);
}
