import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64Url, encodeBase64Url } from "./base64.ts";
import { canonicalBytes } from "./canonical.ts";

/** Length in bytes of a salt: 128 bits (RFC 9901, section 9.3). */
export const SALT_BYTES = 16;

/** A disclosed sealed field. */
export interface Disclosure {
  /** As written in the disclosure; ours are base64url of 16 random bytes. */
  salt: string;
  name: string;
  value: unknown;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The disclosure of an object property (RFC 9901, section 4.2.1): base64url of the JSON array [salt, name, value],
 * which we write canonically (RFC 8785).
 * @param salt 16 fresh random bytes, never used for another field
 * @throws RangeError on a salt of another length, a reserved name, or a number that is not a safe integer
 * @throws TypeError on a value that JSON cannot hold
 */
export function makeDisclosure(salt: Uint8Array, name: string, value: unknown): string {
  if (salt.length !== SALT_BYTES)
    throw new RangeError(`a salt must be ${SALT_BYTES} bytes, got ${salt.length}`);
  if (isReserved(name)) throw new RangeError(`a disclosure must not be named ${name}`);
  return encodeBase64Url(canonicalBytes([encodeBase64Url(salt), name, value], { integersOnly: true }));
}

/**
 * The digest of a disclosure, as the record holds it: base64url of SHA-256 over its ASCII text, whatever the JSON
 * spelling inside (RFC 9901, section 4.2.3).
 */
export function digestOf(disclosure: string): string {
  return encodeBase64Url(sha256(utf8ToBytes(disclosure)));
}

/**
 * Reads a disclosure of an object property, in any JSON spelling, since other issuers exist. Trust it only if the
 * record has its digest (RFC 9901, section 7.1).
 * @throws TypeError if it is not a string
 * @throws RangeError unless it is base64url of a UTF-8 JSON array of string salt, string name (neither `_sd` nor `...`)
 *   and value
 */
export function openDisclosure(disclosure: string): Disclosure {
  const parts = parseJson(decodeBase64Url(disclosure));
  if (!Array.isArray(parts) || parts.length !== 3)
    throw new RangeError("a disclosure must be a JSON array of salt, name and value");
  const [salt, name, value] = parts as unknown[];
  if (typeof salt !== "string" || typeof name !== "string")
    throw new RangeError("a disclosure's salt and name must be strings");
  if (isReserved(name)) throw new RangeError(`a disclosure must not be named ${name}`);
  return { salt, name, value };
}

/** The names that SD-JWT itself uses (RFC 9901, section 4.2.1). */
function isReserved(name: string): boolean {
  return name === "_sd" || name === "...";
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(bytes));
  } catch (cause) {
    throw new RangeError("a disclosure must be base64url of UTF-8 JSON", { cause });
  }
}
