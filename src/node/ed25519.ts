import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { PUBLIC_KEY_BYTES, requireSeed, type Signer } from "../core/ledger/ed25519.ts";

/** PKCS #8 wrapping of an Ed25519 seed, which follows these bytes (RFC 8410, section 7). */
const PKCS8_HEAD = hexToBytes("302e020100300506032b657004220420");

/**
 * A signer from its 32-byte seed with Node's cryptography: the same signatures as `signerFromSeed`, faster.
 * @throws RangeError if the seed does not have 32 bytes
 */
export function nodeSignerFromSeed(seed: Uint8Array): Signer {
  requireSeed(seed);
  const key = createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_HEAD, seed)),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(-PUBLIC_KEY_BYTES)),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}
