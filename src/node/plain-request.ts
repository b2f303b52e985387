/** A GET without a body, alone on its connection at this moment, of HTTP/1.1 (RFC 9112) in its plainest form. */
export interface PlainRequest {
  /** As it stands in the request line. */
  target: string;
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
}

/**
 * A request line, header lines and the empty line, and nothing before or after. Printable ASCII only, one space where one
 * belongs, no folded lines: where parsers could differ, this one takes nothing.
 */
const SHAPE = /^GET (\/[!-~]*) HTTP\/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+)\r\n$/;
/** A longer one is left to Node's parser, which has limits of its own. */
const MOST_BYTES = 8192;

/** The header lines read last: a client's requests mostly differ in nothing but their target. */
let lastLines = "";
let lastHeaders: ReadonlyMap<string, string> | undefined;

/**
 * Reads a request that came whole in one piece. The same header lines twice in a row are given as the same map.
 * @returns undefined for anything that is not certainly such a request, also where a header comes twice
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
