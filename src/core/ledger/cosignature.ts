import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { SIGNATURE_BYTES, verifyEd25519, type Signer } from "./ed25519.ts";
import { COSIGNATURE_V1, keyIdOf } from "./note-key.ts";
import { formatSignature } from "./note-signature.ts";

const TIME_BYTES = 8;

/**
 * A witness's signature line (without its newline) on a checkpoint. It states that this is the largest consistent
 * tree that the witness saw by `timeSeconds` (C2SP tlog-cosignature, cosignature/v1). The caller must have checked
 * the consistency.
 * @param checkpointText the note's text, extension lines and last newline included, signatures not
 * @param timeSeconds POSIX time
 * @throws RangeError on a text without its last newline, an invalid key name, or a time that is not a safe integer
 */
export function cosign(checkpointText: string, name: string, signer: Signer, timeSeconds: number): string {
  if (!checkpointText.endsWith("\n")) throw new RangeError("a checkpoint's text must end in a newline");
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0)
    throw new RangeError(`timeSeconds must be a non-negative integer, got ${timeSeconds}`);
  const time = new Uint8Array(TIME_BYTES);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSeconds));
  const signature = concatBytes(time, signer.sign(cosignedMessage(checkpointText, timeSeconds)));
  return formatSignature(name, keyIdOf(name, COSIGNATURE_V1, signer.publicKey), signature);
}

/**
 * Verifies the bytes of a cosignature/v1 line that follow its key id.
 * @returns the witness's POSIX time in seconds, or null if the cosignature does not verify
 */
export function verifyCosignature(
  publicKey: Uint8Array,
  checkpointText: string,
  signature: Uint8Array,
): number | null {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  // The specification ends at 2^63 - 1; a JavaScript number is exact to 2^53 - 1, some 285 million years.
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const timeSeconds = Number(time);
  const message = cosignedMessage(checkpointText, timeSeconds);
  return verifyEd25519(publicKey, message, signature.subarray(TIME_BYTES)) ? timeSeconds : null;
}

function cosignedMessage(checkpointText: string, timeSeconds: number): Uint8Array {
  return utf8ToBytes(`cosignature/v1\ntime ${timeSeconds}\n${checkpointText}`);
}
