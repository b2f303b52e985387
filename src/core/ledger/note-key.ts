import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { PUBLIC_KEY_BYTES, SEED_BYTES, signerFromSeed } from "./ed25519.ts";

/** Signature type identifiers (C2SP signed-note, section "Signature types"). */
export const ED25519 = 0x01;
/** Timestamped Ed25519 cosignature (C2SP tlog-cosignature). */
export const COSIGNATURE_V1 = 0x04;

export type SignatureType = typeof ED25519 | typeof COSIGNATURE_V1;

/** A key that a verifier trusts, with its name and signature type. */
export interface VerifierKey {
  name: string;
  /**
   * Eight lower-case hex digits. With the name it identifies key and type. It is not a fingerprint: four bytes
   * collide.
   */
  keyId: string;
  type: SignatureType;
  /** 32-byte Ed25519 public key. */
  publicKey: Uint8Array;
}

/** A note signer's name and 32-byte Ed25519 seed. */
export interface SignerKey {
  name: string;
  seed: Uint8Array;
}

const SKEY_HEAD = "PRIVATE+KEY+";
const KEY_ID = /^[0-9a-f]{8}$/;
// eslint-disable-next-line no-control-regex
const NOT_IN_NAME = /[\p{White_Space}+\u0000-\u001f]/u;

/** Whether a string may name a key: not empty, no Unicode space, plus or control character (C2SP signed-note). */
export function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && !NOT_IN_NAME.test(name);
}

/** @throws RangeError unless `isKeyName` */
export function requireKeyName(name: string): void {
  if (!isKeyName(name))
    throw new RangeError(
      `a key name must be non-empty without space, plus or control character, got ${JSON.stringify(name)}`,
    );
}

/** Key id of a name, type and public key: SHA-256(name || 0x0A || type || key)[:4] in hex (C2SP signed-note). */
export function keyIdOf(name: string, type: SignatureType, publicKey: Uint8Array): string {
  return bytesToHex(
    sha256(concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4),
  );
}

/** @throws RangeError if the name is not a key name or the public key is not 32 bytes */
export function makeVerifierKey(name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey {
  requireKeyName(name);
  if (publicKey.length !== PUBLIC_KEY_BYTES)
    throw new RangeError(`an Ed25519 public key must be ${PUBLIC_KEY_BYTES} bytes, got ${publicKey.length}`);
  return { name, keyId: keyIdOf(name, type, publicKey), type, publicKey };
}

/** A verifier key as a vkey: `<name>+<key id>+<base64(type || public key)>` (C2SP signed-note). */
export function formatVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  return `${name}+${keyId}+${encodeBase64(concatBytes(Uint8Array.of(type), publicKey))}`;
}

/**
 * The exact inverse of `formatVerifierKey`, for Ed25519 (type 1) and cosignature/v1 (type 4) keys.
 * @throws RangeError on any other text, another type, or a key id that is not that of the key
 */
export function parseVerifierKey(vkey: string): VerifierKey {
  const { name, keyId, type, material } = parseKey(vkey, "vkey");
  if (type !== ED25519 && type !== COSIGNATURE_V1)
    throw new RangeError(`vkey must be of type 1 (Ed25519) or 4 (cosignature/v1), got ${type}`);
  const key = makeVerifierKey(name, type, material);
  requireKeyId("vkey", keyId, key.keyId);
  return key;
}

/** A signer key in the format of the Go tools: `PRIVATE+KEY+<name>+<key id>+<base64(0x01 || seed)>`. */
export function formatSignerKey({ name, seed }: SignerKey): string {
  const keyId = keyIdOf(name, ED25519, signerFromSeed(seed).publicKey);
  return `${SKEY_HEAD}${name}+${keyId}+${encodeBase64(concatBytes(Uint8Array.of(ED25519), seed))}`;
}

/**
 * The exact inverse of `formatSignerKey`. Messages never contain the key.
 * @throws RangeError on any other text, another type, or a key id that is not that of the key
 */
export function parseSignerKey(skey: string): SignerKey {
  if (!skey.startsWith(SKEY_HEAD)) throw new RangeError(`a signer key must start with ${SKEY_HEAD}`);
  const { name, keyId, type, material: seed } = parseKey(skey.slice(SKEY_HEAD.length), "signer key");
  if (type !== ED25519 || seed.length !== SEED_BYTES)
    throw new RangeError(`a signer key must be of type 1 (Ed25519) with ${SEED_BYTES} bytes of seed`);
  requireKeyId("signer key", keyId, keyIdOf(name, ED25519, signerFromSeed(seed).publicKey));
  return { name, seed };
}

/** `<name>+<key id>+<base64(type || material)>`; only the first two pluses separate; base64 may contain others. */
function parseKey(text: string, what: string) {
  const [name = "", keyId = ""] = text.split("+", 2);
  // Do not echo the text: it may be a private key, pasted by mistake.
  if (!isKeyName(name)) throw new RangeError(`${what}: expected a key name before the first plus`);
  if (!KEY_ID.test(keyId)) throw new RangeError(`${what}: the key id must be 8 lower-case hex digits`);
  const bytes = decodeBase64(text.slice(name.length + keyId.length + 2));
  return { name, keyId, type: bytes[0], material: bytes.slice(1) };
}

function requireKeyId(what: string, found: string, expected: string): void {
  if (found !== expected) throw new RangeError(`${what}: the key id must be ${expected}, got ${found}`);
}
