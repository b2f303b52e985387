import { METHODS } from "node:http";
import { isHost } from "./host-header.ts";

/** The place of one request in the bytes of a connection (RFC 9112, 2.1 and 6). */
export interface Frame {
  method: string;
  /** Of the request line, the header lines and the empty line. */
  headBytes: number;
  /** Length of the body in bytes; `chunked` where its chunks say it. */
  body: number | "chunked";
}

/** The bytes are no request of HTTP/1.1 or 1.0, or could be read in two ways: answer and close. */
export class FramingError extends Error {
  override readonly name = "FramingError";
  readonly status: 400 | 431;

  constructor(message: string, status: 400 | 431 = 400) {
    super(message);
    this.status = status;
  }
}

/** Longer heads are refused with 431. Node's parser has the same limit. */
const MAX_HEAD_BYTES = 16_384;

const HEAD_END = "\r\n\r\n";
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~\x80-\xff]+) HTTP\/1\.([01])$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/;
const DIGITS = /^[0-9]{1,15}$/;
const KNOWN_METHODS = new Set(METHODS.filter((method) => method !== "CONNECT"));

/**
 * Finds the next request in received bytes.
 * @returns undefined while the head is not complete
 * @throws FramingError
 */
export function frameOf(received: Buffer): Frame | undefined {
  const end = received.indexOf(HEAD_END);
  if (end < 0 ? received.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES)
    throw new FramingError(`the request line and headers may have at most ${MAX_HEAD_BYTES} bytes`, 431);
  if (end < 0) {
    refuseEarly(received);
    return undefined;
  }
  const [requestLine = "", ...lines] = received.toString("latin1", 0, end).split("\r\n");
  const [, method, , minor] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined)
    throw new FramingError("the request line must be: METHOD /path HTTP/1.1, with single spaces");
  const framing = new FramingHeaders(lines);
  framing.checkHost(minor === "0");
  return { method, headBytes: end + HEAD_END.length, body: framing.body(minor === "0") };
}

/** Whether Node's parser knows the method. It refuses others without reading the path. */
export function isKnownMethod(method: string): boolean {
  return KNOWN_METHODS.has(method);
}

/** Bytes that begin no request line (TLS, another protocol) are refused without waiting for a head. */
function refuseEarly(received: Buffer): void {
  if (!/^(?:\r\n?)?[!#$%&'*+.^_`|~0-9A-Za-z-]*(?: |$)/.test(received.toString("latin1", 0, 64)))
    throw new FramingError(
      "these bytes are no HTTP request; for https, put a proxy with a certificate in front",
    );
}

/** The headers that say where a request ends and to which host it goes. */
class FramingHeaders {
  private readonly hosts: string[] = [];
  private readonly lengths: string[] = [];
  private readonly codings: string[] = [];

  constructor(lines: readonly string[]) {
    const kept: Record<string, string[]> = {
      host: this.hosts,
      "content-length": this.lengths,
      "transfer-encoding": this.codings,
    };
    for (const line of lines) {
      const [, name, value] = HEADER_LINE.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw new FramingError("a header line must be: Name: value, on one line, without control characters");
      kept[name.toLowerCase()]?.push(value);
    }
  }

  /** RFC 9112, 3.2: one Host in HTTP/1.1, and at most one in HTTP/1.0. */
  checkHost(http10: boolean): void {
    const [host] = this.hosts;
    if (this.hosts.length > 1) throw new FramingError("a request must have one Host header; this has more");
    if (host === undefined) {
      if (!http10) throw new FramingError("a request of HTTP/1.1 must have a Host header");
    } else if (!isHost(host))
      throw new FramingError(
        "the Host header must be a host name or IP address, with a port up to 65535 if need be",
      );
  }

  /** RFC 9112, 6.3. */
  body(http10: boolean): number | "chunked" {
    const [length] = this.lengths;
    const [coding] = this.codings;
    if (coding === undefined) {
      if (length === undefined) return 0;
      if (this.lengths.length > 1 || !DIGITS.test(length))
        throw new FramingError("Content-Length must be one whole number");
      return Number(length);
    }
    if (length !== undefined)
      throw new FramingError("a request must not have both Content-Length and Transfer-Encoding");
    if (http10 || this.codings.length > 1 || coding.toLowerCase() !== "chunked")
      throw new FramingError("Transfer-Encoding must be chunked, once, and in HTTP/1.1");
    return "chunked";
  }
}
