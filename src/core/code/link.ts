import { assertNormalised } from "./alphabet.ts";

/**
 * A DNS name, optionally with a port. In upper case, all of it is in the alphanumeric set of QR codes (ISO/IEC 18004,
 * 7.3.4), which has no `_`, `[` or `]`. Without the u flag, `i` matches no letter beyond ASCII.
 */
const HOST =
  /^[A-Z0-9]([A-Z0-9-]{0,61}[A-Z0-9])?(\.[A-Z0-9]([A-Z0-9-]{0,61}[A-Z0-9])?)*(:[1-9][0-9]{0,4})?$/i;
const GTIN14 = /^[0-9]{14}$/;
const HTTP_ORIGIN = /^https?:\/\/[^/?#]+/i;

/** The parts of a trace URL. `code` is as typed: `parseCode` reads it. */
export interface TraceUrl {
  readonly gtin?: string;
  readonly code: string;
}

/**
 * The GS1 Digital Link of an item (GS1 Digital Link URI syntax: AI 01, then AI 21), in upper case, so that a QR code
 * holds it in alphanumeric mode: 5.5 bits a character instead of 8.
 *
 * @param host DNS name in any letter case, optionally with a port
 * @param gtin14 14 digits; the check digit is not verified
 * @param code 16 characters, normalised
 * @returns `HTTPS://HOST/01/{GTIN14}/21/{CODE}`
 * @throws {TypeError} if an argument is not a string
 * @throws {RangeError} if an argument has a wrong value
 */
export function digitalLink(host: string, gtin14: string, code: string): string {
  if (typeof gtin14 !== "string") throw new TypeError("gtin14 must be a string");
  if (!GTIN14.test(gtin14)) throw new RangeError("gtin14 must be 14 digits");
  assertNormalised(code);
  return `${origin(host)}/01/${gtin14}/21/${code}`;
}

/**
 * The link of an item without a GTIN: a vehicle, a mixed carton.
 *
 * @param host as in `digitalLink`
 * @param code 16 characters, normalised
 * @returns `HTTPS://HOST/T/{CODE}`
 * @throws {TypeError} if an argument is not a string
 * @throws {RangeError} if an argument has a wrong value
 */
export function shortLink(host: string, code: string): string {
  assertNormalised(code);
  return `${origin(host)}/T/${code}`;
}

/**
 * Reads a trace URL, or its path alone, in any form that scanners and mail programs produce: any letter case,
 * percent-encoded, followed by a slash, a query or a fragment. Does not check the host.
 *
 * @returns null for any other path
 * @throws {TypeError} if `text` is not a string
 */
export function parseTraceUrl(text: string): TraceUrl | null {
  if (typeof text !== "string") throw new TypeError("a trace URL must be a string");
  const path = text
    .replace(HTTP_ORIGIN, "")
    .replace(/[?#].*$/s, "")
    .replace(/\/$/, "");
  const [root, first, ...rest] = path.split("/").map(decodeSegment);
  if (root !== "" || first === undefined) return null;
  if (first.toUpperCase() === "T") return codeAlone(rest);
  return first === "01" ? gtinAndCode(rest) : null;
}

function codeAlone([code, ...more]: string[]): TraceUrl | null {
  return code && more.length === 0 ? { code } : null;
}

function gtinAndCode([gtin, serialKey, code, ...more]: string[]): TraceUrl | null {
  if (gtin === undefined || !GTIN14.test(gtin) || serialKey !== "21") return null;
  return code && more.length === 0 ? { gtin, code } : null;
}

function origin(host: string): string {
  if (typeof host !== "string") throw new TypeError("host must be a string");
  const [name = "", port] = host.split(":", 2);
  if (!HOST.test(host) || name.length > 253 || Number(port ?? 1) > 65535)
    throw new RangeError(
      "host must be a DNS name, optionally with a port; write an internationalised name in its xn-- form",
    );
  return `HTTPS://${host.toUpperCase()}`;
}

/**
 * Decoded after splitting, so that an encoded slash stays inside its segment. A broken encoding is returned
 * unchanged: in the place of a code it is refused as mistyped, elsewhere it matches no path.
 */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
