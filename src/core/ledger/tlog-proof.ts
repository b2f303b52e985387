import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { formatInteger, formatHash, parseInteger, parseHash } from "./checkpoint.ts";

/** A self-contained receipt: an entry's place, its inclusion proof, and the signed checkpoint it leads to. */
export interface TlogProof {
  /** Place of the entry in the log, from 0. */
  index: number;
  /** Inclusion proof, the leaf's sibling first. */
  hashes: Uint8Array[];
  /** The checkpoint note, signatures and cosignatures included, as it was served. */
  checkpoint: string;
  /** Opaque data beside the proof, not authenticated. */
  extra?: Uint8Array;
}

const HEADER = "c2sp.org/tlog-proof@v1";
const EXTRA = "extra ";
const INDEX = "index ";
/** A tree of 2^53 - 1 leaves is 53 levels high. */
const MAX_HASHES = 53;

/**
 * A proof as a `.tlog-proof` file (C2SP tlog-proof).
 * @throws RangeError on an index that is not an integer from 0 to 2^53 - 1, a hash that is not of 32 bytes, more than
 *   53 hashes, or a checkpoint that does not end in a newline
 */
export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  requireHashCount(hashes.length);
  requireCheckpoint(checkpoint);
  const lines = [
    HEADER,
    ...(extra === undefined ? [] : [EXTRA + encodeBase64(extra)]),
    INDEX + formatInteger(index, "index"),
    ...hashes.map((hash) => formatHash(hash, "hash")),
  ];
  return `${lines.join("\n")}\n\n${checkpoint}`;
}

/**
 * The exact inverse of `formatTlogProof`. Checks only the form: the caller must open the checkpoint as a note and
 * verify the hashes.
 * @throws RangeError on any other text
 */
export function parseTlogProof(text: string): TlogProof {
  const blank = text.indexOf("\n\n");
  if (blank < 0) throw new RangeError("a tlog-proof must have a blank line before its checkpoint");
  const checkpoint = text.slice(blank + 2);
  requireCheckpoint(checkpoint);
  const lines = text.slice(0, blank).split("\n");
  if (lines.shift() !== HEADER) throw new RangeError(`a tlog-proof must start with ${HEADER}`);
  const extra = lines[0]?.startsWith(EXTRA) ? lines.shift() : undefined;
  const place = lines.shift();
  if (!place?.startsWith(INDEX))
    throw new RangeError("a tlog-proof must have an index line before its hashes");
  requireHashCount(lines.length);
  const proof = {
    index: parseInteger(place.slice(INDEX.length), "index"),
    hashes: lines.map((line) => parseHash(line, "hash")),
    checkpoint,
  };
  return extra === undefined ? proof : { ...proof, extra: decodeBase64(extra.slice(EXTRA.length)) };
}

function requireHashCount(count: number): void {
  if (count > MAX_HASHES)
    throw new RangeError(`a tlog-proof must have at most ${MAX_HASHES} hashes, got ${count}`);
}

function requireCheckpoint(checkpoint: string): void {
  if (!checkpoint.endsWith("\n")) throw new RangeError("a tlog-proof's checkpoint must end in a newline");
}

/** Whether bytes start with the header of a tlog-proof. Checks nothing else. */
export function isTlogProof(bytes: Uint8Array): boolean {
  const head = utf8ToBytes(`${HEADER}\n`);
  return bytes.length >= head.length && head.every((byte, i) => bytes[i] === byte);
}
