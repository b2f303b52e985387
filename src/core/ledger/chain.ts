import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { nobleSha256, type Sha256 } from "./merkle.ts";

/** Length in bytes of a chain's short name in a log entry. */
export const CHAIN_TAG_BYTES = 16;

const TAG_DOMAIN = "suyuan/chain/v1\n";

/** The chain of a segment of a batch: named by the hash of its node in the batch's Merkle tree. */
export function nodeChain(hash: Uint8Array): string {
  return `node:${bytesToHex(hash)}`;
}

/** Whether a name is that of a segment's chain. */
export function isNodeChain(of: string): boolean {
  return of.startsWith("node:");
}

/** The chain of a logistic unit: its salt (16 random bytes) keeps the unit's number out of the record. */
export function unitChain(salt: Uint8Array, unitId: string, sha: Sha256 = nobleSha256): string {
  if (salt.length !== 16) throw new RangeError(`a unit's salt must be 16 bytes, got ${salt.length}`);
  return `unit:${bytesToHex(sha(concatBytes(salt, utf8ToBytes(unitId))))}`;
}

/** The chain of a thing with a public id. */
export function namedChain(
  kind: "batch" | "enterprise" | "assessor" | "authority" | "standing" | "product" | "ledger",
  id: string,
): string {
  return `${kind}:${id}`;
}

const NAME =
  /^(?:(?:node|unit):[0-9a-f]{64}|(?:batch|enterprise|assessor|authority|standing|product|ledger):[\x21-\x7e]+)$/;

/** Whether a text has the form of a chain's name; only the log shows whether the chain exists. */
export function isChainName(text: string): boolean {
  return NAME.test(text);
}

/** The 16-byte tag of a chain in log entries, from which a monitor learns no names. */
export function chainTag(of: string, sha: Sha256 = nobleSha256): Uint8Array {
  return sha(utf8ToBytes(TAG_DOMAIN + of)).slice(0, CHAIN_TAG_BYTES);
}
