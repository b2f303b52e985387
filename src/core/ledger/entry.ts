import { CHAIN_TAG_BYTES, chainTag } from "./chain.ts";
import { nobleSha256, type Sha256 } from "./merkle.ts";
import type { ChainLink } from "./record.ts";

/** Most chains one record may extend: keeps an entry under the log's 65,535 bytes (C2SP tlog-tiles). */
export const MAX_CHAINS = 3000;

const ENTRY_VERSION = 0x01;
const DIGEST_BYTES = 32;
const POSITION_BYTES = CHAIN_TAG_BYTES + 4;

/** The public log's view of a record: its digest, and its place in each chain that it extends. */
export interface LogEntry {
  digest: Uint8Array;
  chains: { tag: Uint8Array; n: number }[];
}

/**
 * The log entry of a record: 0x01, the record's SHA-256, then 16-byte tag and uint32 (big-endian) place for each chain.
 * @throws RangeError with more than 3,000 chains
 */
export function entryOf(recordBytes: Uint8Array, chains: ChainLink[], sha: Sha256 = nobleSha256): Uint8Array {
  return entryOver(sha(recordBytes), chains, sha);
}

/** `entryOf` for a known record digest. @throws RangeError with more than 3,000 chains */
export function entryOver(digest: Uint8Array, chains: ChainLink[], sha: Sha256 = nobleSha256): Uint8Array {
  return encodeEntry({
    digest,
    chains: chains.map((link) => ({ tag: chainTag(link.of, sha), n: link.n })),
  });
}

/** @throws RangeError with more than 3,000 chains */
export function encodeEntry(entry: LogEntry): Uint8Array {
  if (entry.chains.length > MAX_CHAINS)
    throw new RangeError(`a record must extend at most ${MAX_CHAINS} chains, got ${entry.chains.length}`);
  const bytes = new Uint8Array(1 + DIGEST_BYTES + entry.chains.length * POSITION_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = ENTRY_VERSION;
  bytes.set(entry.digest, 1);
  let offset = 1 + DIGEST_BYTES;
  for (const { tag, n } of entry.chains) {
    bytes.set(tag, offset);
    view.setUint32(offset + CHAIN_TAG_BYTES, n);
    offset += POSITION_BYTES;
  }
  return bytes;
}

/** The exact inverse of `encodeEntry`. @throws RangeError on any other bytes */
export function decodeEntry(bytes: Uint8Array): LogEntry {
  const rest = bytes.length - 1 - DIGEST_BYTES;
  if (bytes[0] !== ENTRY_VERSION || rest < POSITION_BYTES || rest % POSITION_BYTES !== 0)
    throw new RangeError("not a log entry: expected 0x01, a 32-byte digest and 20 bytes for each chain");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chains = [];
  for (let offset = 1 + DIGEST_BYTES; offset < bytes.length; offset += POSITION_BYTES)
    chains.push({
      tag: bytes.slice(offset, offset + CHAIN_TAG_BYTES),
      n: view.getUint32(offset + CHAIN_TAG_BYTES),
    });
  if (chains.length > MAX_CHAINS) throw new RangeError(`a record must extend at most ${MAX_CHAINS} chains`);
  return { digest: bytes.slice(1, 1 + DIGEST_BYTES), chains };
}
