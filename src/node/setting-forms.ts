import { isIP, isIPv4 } from "node:net";
import { parseVocabularyBase } from "../core/custody/vocabulary-base.ts";
import { parseRange } from "../http/address-text.ts";

/** A form that a setting's text may have. */
export interface Form<T> {
  /** Completes "must be …". */
  expected: string;
  /** The value, or undefined where the text has another form. The text is neither empty nor blank. */
  read(text: string): T | undefined;
}

const DIGITS = /^\d{1,15}$/;
/** RFC 1123, 2.1: letters, digits and inner hyphens, at most 63 characters. */
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_HOST_LENGTH = 253;
/** Browsers read a host whose last label looks like a number as an IPv4 address (WHATWG URL, 3.5). */
const NUMERIC_LABEL = /^(\d+|0x[0-9a-f]*)$/;
const PORT = /^[1-9]\d{0,4}$/;
const MAX_PORT = 65_535;
const TRUE = ["true", "yes", "on", "1"];
const FALSE = ["false", "no", "off", "0"];

/** Decimal digits alone: no sign, exponent, separator, unit or other base. */
export function wholeNumber(least: number, most: number): Form<number> {
  return {
    expected: `a whole number from ${least} to ${most}, in decimal digits`,
    read(text) {
      const value = Number(text);
      return DIGITS.test(text) && value >= least && value <= most ? value : undefined;
    },
  };
}

/** Every other text is refused: a mistyped `true` must not mean false. */
export const flag: Form<boolean> = {
  expected: `one of ${[...TRUE, ...FALSE].join(", ")}`,
  read(text) {
    const word = text.toLowerCase();
    if (TRUE.includes(word)) return true;
    return FALSE.includes(word) ? false : undefined;
  },
};

export function choice<T extends string>(...names: T[]): Form<T> {
  return {
    expected: `one of ${names.join(", ")}`,
    read: (text) => names.find((name) => name === text.toLowerCase()),
  };
}

/** A path, as the file system takes it. */
export const path: Form<string> = {
  expected: "a path without control characters",
  // oxlint-disable-next-line no-control-regex -- an environment file with Windows line ends gives a path a final CR
  read: (text) => (/[\u0000-\u001f\u007f]/.test(text) ? undefined : text),
};

/** A host as links and labels name it, in lower case, with a port if need be. */
export const host: Form<string> = {
  expected:
    "a host name (RFC 1123: letters, digits, inner hyphens and dots) or an IPv4 address, with a port from 1 to 65535 " +
    "if need be, such as trace.example.org or 192.0.2.7:8080",
  read(text) {
    const [, name = "", port] = /^([^:]*)(?::(.*))?$/s.exec(text.toLowerCase()) ?? [];
    if (port !== undefined && (!PORT.test(port) || Number(port) > MAX_PORT)) return undefined;
    const known = hostName(name);
    if (known === undefined) return undefined;
    return port === undefined ? known : `${known}:${port}`;
  },
};

/** An address of this machine to listen at. */
export const listenAddress: Form<string> = {
  expected:
    "an IPv4 or IPv6 address of this machine without brackets and port, or a host name, such as 127.0.0.1, :: or localhost",
  read: (text) => (isIP(text) > 0 ? text : hostName(text.toLowerCase())),
};

/** A host name or IPv4 address in lower case, without the final dot of a full domain name. */
function hostName(text: string): string | undefined {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  const labels = name.split(".");
  if (name.length > MAX_HOST_LENGTH || !labels.every((label) => HOST_LABEL.test(label))) return undefined;
  return NUMERIC_LABEL.test(labels.at(-1) as string) && !isIPv4(name) ? undefined : name;
}

/** Addresses and CIDR ranges, with commas or blanks between them. */
export const addressRanges: Form<string[]> = {
  expected: "addresses or CIDR ranges, such as 10.0.0.0/8, 2001:db8::1; never /0, which trusts everybody",
  read(text) {
    const ranges = text.split(/[\s,]+/).filter((range) => range !== "");
    try {
      ranges.forEach((range) => parseRange(range));
      return ranges.length > 0 ? ranges : undefined;
    } catch {
      return undefined;
    }
  },
};

/** An address and a port to listen at. */
export interface Endpoint {
  address: string;
  port: number;
}

/** `ADDRESS:PORT`, an IPv6 address in brackets. */
export const endpoint: Form<Endpoint> = {
  expected: "ADDRESS:PORT, such as 127.0.0.1:9100 or [::1]:9100",
  read(text) {
    const [, bracketed, plain, port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
    const address = bracketed ?? plain ?? "";
    const fits = bracketed === undefined ? isIPv4(address) || address === "localhost" : isIP(address) === 6;
    return fits && Number(port) <= MAX_PORT ? { address, port: Number(port) } : undefined;
  },
};

/** The name of one header field (RFC 9110, 5.1), in lower case. */
export const headerName: Form<string> = {
  expected: "the name of one header, such as X-Forwarded-For",
  read: (text) => (/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(text) ? text.toLowerCase() : undefined),
};

/** The base of the vocabulary, an https URI (core/custody/vocabulary-base.ts). */
export const vocabularyBase: Form<string> = {
  expected:
    'an https URI that ends in "/", without port, hyphen in the host, query or fragment, such as ' +
    "https://trace.example.org/vocabulary/",
  read(text) {
    try {
      return parseVocabularyBase(text);
    } catch {
      return undefined;
    }
  },
};
