import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { HASH_BYTES } from "./merkle.ts";
import { isKeyName } from "./note-key.ts";

/** Longest origin: an ML-DSA-44 cosignature stores its length in one byte (C2SP tlog-cosignature). */
const MAX_ORIGIN_BYTES = 255;

/** A log's tree at one size: the text of a checkpoint note (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The log's identity: a URL without scheme, and the name of its key. */
  origin: string;
  /** Number of leaves. */
  size: number;
  /** 32 bytes. */
  root: Uint8Array;
  /** Opaque lines after the root; absent where there are none. Not recommended: monitors cannot audit them. */
  extensions?: string[];
}

const INTEGER = /^(?:0|[1-9][0-9]*)$/;
// eslint-disable-next-line no-control-regex
const EXTENSION = /^[^\u0000-\u001f]+$/;

/**
 * The text of a checkpoint, which is then signed as a note.
 * @throws RangeError on an origin that is empty, has a space, plus or control character or more than 255 bytes; a size
 *   that is not an integer from 0 to 2^53 - 1; a root that is not of 32 bytes; an empty or multi-line extension
 */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  requireOrigin(origin);
  extensions.forEach(requireExtension);
  return [origin, formatInteger(size, "size"), formatHash(root, "root"), ...extensions, ""].join("\n");
}

/**
 * The exact inverse of `formatCheckpoint`: refuses every other text. C2SP only recommends an origin without spaces
 * and plus; here it is required.
 * @throws RangeError
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith("\n")) throw new RangeError("a checkpoint's text must end in a newline");
  const [origin = "", size = "", root = "", ...extensions] = text.slice(0, -1).split("\n");
  requireOrigin(origin);
  extensions.forEach(requireExtension);
  const checkpoint = { origin, size: parseInteger(size, "size"), root: parseHash(root, "root") };
  return extensions.length === 0 ? checkpoint : { ...checkpoint, extensions };
}

/** @throws RangeError unless `value` is an integer from 0 to 2^53 - 1 */
export function formatInteger(value: number, name: string): string {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name} must be an integer from 0 to 2^53 - 1, got ${value}`);
  return value.toFixed(0);
}

/** Reads an ASCII decimal integer without leading zeroes. @throws RangeError on any other text, and above 2^53 - 1 */
export function parseInteger(text: string, name: string): number {
  const value = Number(text);
  if (!INTEGER.test(text) || !Number.isSafeInteger(value))
    throw new RangeError(`${name} must be a decimal from 0 to 2^53 - 1, got ${JSON.stringify(text)}`);
  return value;
}

/** A hash as a line of a note: padded standard base64. @throws RangeError unless 32 bytes */
export function formatHash(hash: Uint8Array, name: string): string {
  if (hash.length !== HASH_BYTES)
    throw new RangeError(`${name} must be ${HASH_BYTES} bytes, got ${hash.length}`);
  return encodeBase64(hash);
}

/** @throws RangeError unless `text` is the base64 of 32 bytes */
export function parseHash(text: string, name: string): Uint8Array {
  const hash = decodeBase64(text);
  if (hash.length !== HASH_BYTES)
    throw new RangeError(`${name} must be ${HASH_BYTES} bytes, got ${hash.length}`);
  return hash;
}

function requireOrigin(origin: string): void {
  if (!isKeyName(origin) || utf8ToBytes(origin).length > MAX_ORIGIN_BYTES)
    throw new RangeError(
      `origin must be 1 to ${MAX_ORIGIN_BYTES} bytes without space, plus or control character, got ${JSON.stringify(origin)}`,
    );
}

function requireExtension(line: string): void {
  if (!EXTENSION.test(line) || !line.isWellFormed())
    throw new RangeError(`an extension must be one non-empty line of text, got ${JSON.stringify(line)}`);
}
