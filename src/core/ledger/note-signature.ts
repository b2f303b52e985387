import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { isKeyName, requireKeyName } from "./note-key.ts";

/** One signature line of a note, not verified. */
export interface NoteSignature {
  name: string;
  /** Eight lower-case hex digits. */
  keyId: string;
  /** The bytes after the key id: 64 for Ed25519, preceded by 8 of time in a cosignature/v1. */
  signature: Uint8Array;
  /** The line verbatim, without its newline, for copying to another note. */
  line: string;
}

const LINE_HEAD = "\u2014 ";
const KEY_ID_BYTES = 4;

/**
 * A signature as a line without its newline: em dash, space, key name, space, base64(key id || signature). @throws
 * RangeError if the name is not a key name
 */
export function formatSignature(name: string, keyId: string, signature: Uint8Array): string {
  requireKeyName(name);
  return `${LINE_HEAD}${name} ${encodeBase64(concatBytes(hexToBytes(keyId), signature))}`;
}

/**
 * The exact inverse of `formatSignature`.
 * @throws RangeError on any other line
 */
export function parseSignature(line: string): NoteSignature {
  const [name = "", base64 = "", ...rest] = line.slice(LINE_HEAD.length).split(" ");
  if (!line.startsWith(LINE_HEAD) || !isKeyName(name) || rest.length > 0)
    throw new RangeError(`not a signature line: ${JSON.stringify(line)}`);
  const bytes = decodeBase64(base64);
  if (bytes.length <= KEY_ID_BYTES) throw new RangeError(`a signature line of ${name} has no signature`);
  return {
    name,
    keyId: bytesToHex(bytes.subarray(0, KEY_ID_BYTES)),
    signature: bytes.slice(KEY_ID_BYTES),
    line,
  };
}
