const PAD = "=";
const NOT_IN_ALPHABET = 0xff;

interface Alphabet {
  name: string;
  /** ASCII code of each of the 64 values. */
  codes: Uint8Array;
  /** Value of each ASCII code, or 0xff. */
  values: Uint8Array;
}

const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const STANDARD = alphabet("base64", `${LETTERS_AND_DIGITS}+/`);
const URL_SAFE = alphabet("base64url", `${LETTERS_AND_DIGITS}-_`);
const ascii = new TextDecoder();

/** Standard base64 with padding (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD);
  return text.padEnd(Math.ceil(text.length / 4) * 4, PAD);
}

/**
 * The exact inverse of `encodeBase64`: one spelling for each value (RFC 4648, section 3.5).
 * @throws TypeError if `text` is not a string
 * @throws RangeError on missing or wrong padding, any character outside the alphabet, non-zero trailing bits
 */
export function decodeBase64(text: string): Uint8Array {
  requireString(text, STANDARD);
  if (text.length % 4 !== 0)
    throw new RangeError(`base64 must be padded to a multiple of 4 characters, got ${text.length}`);
  return decode(
    text.endsWith("==") ? text.slice(0, -2) : text.endsWith(PAD) ? text.slice(0, -1) : text,
    STANDARD,
  );
}

/** URL-safe base64 without padding (RFC 4648, section 5, as RFC 7515 and RFC 9901 use it). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE);
}

/**
 * The exact inverse of `encodeBase64Url`.
 * @throws TypeError if `text` is not a string
 * @throws RangeError on padding, any character outside the alphabet, an impossible length, non-zero trailing bits
 */
export function decodeBase64Url(text: string): Uint8Array {
  requireString(text, URL_SAFE);
  return decode(text, URL_SAFE);
}

function alphabet(name: string, characters: string): Alphabet {
  const codes = Uint8Array.from(characters, (character) => character.charCodeAt(0));
  const values = new Uint8Array(128).fill(NOT_IN_ALPHABET);
  codes.forEach((code, value) => (values[code] = value));
  return { name, codes, values };
}

function requireString(text: unknown, { name }: Alphabet): void {
  if (typeof text !== "string") throw new TypeError(`${name} must be a string, got ${typeof text}`);
}

function encode(bytes: Uint8Array, { codes }: Alphabet): string {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff;
    pendingBits += 8;
    while (pendingBits >= 6) {
      pendingBits -= 6;
      out[at++] = codes[(pending >> pendingBits) & 0x3f]!;
    }
  }
  if (pendingBits > 0) out[at] = codes[(pending << (6 - pendingBits)) & 0x3f]!;
  return ascii.decode(out);
}

/** Decodes text without padding. */
function decode(text: string, { name, values }: Alphabet): Uint8Array {
  if (text.length % 4 === 1)
    throw new RangeError(`${name} must not have ${text.length} characters: no bytes encode to that length`);
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? NOT_IN_ALPHABET;
    if (value === NOT_IN_ALPHABET) throw new RangeError(`not a ${name} character at position ${i}`);
    pending = ((pending << 6) | value) & 0xfff;
    pendingBits += 6;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      bytes[at++] = pending >> pendingBits;
    }
  }
  if ((pending & ((1 << pendingBits) - 1)) !== 0)
    throw new RangeError(`the last ${name} character must have zero bits after the last byte`);
  return bytes;
}
