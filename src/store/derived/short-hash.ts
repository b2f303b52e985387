import { MOST_BYTES, ShortSha256 } from "../../core/ledger/short-sha256.ts";
import { nobleSha256 } from "../../core/ledger/merkle.ts";

const encoder = new TextEncoder();
const sha = new ShortSha256();
const hash = new DataView(new ArrayBuffer(32));
/** The most bytes of UTF-8 for one unit of UTF-16. */
const BYTES_A_UNIT = 3;

/** The SHA-256 of two texts, until the next call. */
export function hashOfPair(a: string, b: string): DataView {
  const text = `${a}\n${b}`;
  if (text.length * BYTES_A_UNIT > MOST_BYTES) {
    const bytes = encoder.encode(text);
    if (bytes.length > MOST_BYTES) return new DataView(nobleSha256(bytes).buffer);
    sha.message.set(bytes);
    sha.hashInto(bytes.length, hash, 0);
    return hash;
  }
  const { written } = encoder.encodeInto(text, sha.message);
  sha.hashInto(written, hash, 0);
  return hash;
}

/** The first 48 bits of a hash. */
export function first48(view: DataView): number {
  return view.getUint32(0) * 2 ** 16 + view.getUint16(4);
}
