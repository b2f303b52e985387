/** A GET of HTTP/1.1 (RFC 9112) without a body, in its plainest form. */
export interface PlainRequest {
  /** The request target, unparsed. */
  target: string;
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
}

/**
 * A request line, header lines and the empty line, and nothing before or after. Printable ASCII, single spaces, no folded
 * lines: anything that parsers could read differently does not match.
 */
const SHAPE = /^GET (\/[!-~]*) HTTP\/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+)\r\n$/;
const POST_SHAPE = /^POST (?:\/[!-~]*) HTTP\/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+)\r\n$/;
/** Longer requests go to Node's parser and its limits. */
const MOST_BYTES = 8192;

/** The header lines read last: the requests of a client mostly differ in their target alone. */
let lastLines = "";
let lastHeaders: ReadonlyMap<string, string> | undefined;

/**
 * Reads a request that arrived whole in one piece. Equal header lines in a row return the same map.
 * @returns undefined for anything else, also for a repeated header
 */
export function readPlainRequest(piece: Buffer): PlainRequest | undefined {
  if (piece.length > MOST_BYTES) return undefined;
  const [, target, lines] = SHAPE.exec(piece.toString("latin1")) ?? [];
  if (target === undefined || lines === undefined) return undefined;
  if (lines !== lastLines) {
    lastLines = lines;
    lastHeaders = readHeaders(lines);
  }
  return lastHeaders && { target, headers: lastHeaders };
}

/**
 * Reads the head of a POST, whole in one piece.
 * @returns its headers by lower-case name; undefined for anything but the plainest form, also for a repeated header
 */
export function readPlainPost(head: Buffer): ReadonlyMap<string, string> | undefined {
  if (head.length > MOST_BYTES) return undefined;
  const [, lines] = POST_SHAPE.exec(head.toString("latin1")) ?? [];
  return lines === undefined ? undefined : readHeaders(lines);
}

function readHeaders(lines: string): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(":", at);
    const end = lines.indexOf("\r", colon);
    const name = lines.slice(at, colon).toLowerCase();
    if (headers.has(name)) return undefined;
    headers.set(name, lines.slice(colon + 1, end).trim());
    at = end + 2;
  }
  return headers;
}
