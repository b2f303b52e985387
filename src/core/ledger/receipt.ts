import { entryOf } from "./entry.ts";
import { leafHash, nobleSha256, type Sha256 } from "./merkle.ts";
import { type Cosigned, type Policy, requireCosigned } from "./policy.ts";
import { verifyInclusion } from "./proof.ts";
import { decodeRecord, type LedgerRecord, recordDigest, verifyStatement } from "./record.ts";
import type { TlogProof } from "./tlog-proof.ts";

/** A record, with its digest and its leaf in the log. */
export interface LoggedRecord {
  record: LedgerRecord;
  /** Lower-case hex SHA-256 of its bytes. */
  digest: string;
  /** Leaf hash of its entry. */
  leaf: Uint8Array;
}

/** The result of verifying a receipt. */
export interface VerifiedReceipt extends Cosigned, LoggedRecord {
  /** The record's place in the log, from 0. */
  index: number;
  /** Whether its actor signed it, with a verified signature. */
  signed: boolean;
}

/**
 * Reads a record and computes the leaf of its entry in the log.
 * @throws RecordError
 */
export function openRecord(bytes: Uint8Array, sha: Sha256 = nobleSha256): LoggedRecord {
  const record = decodeRecord(bytes);
  const leaf = leafHash(entryOf(bytes, record.chains, sha), sha);
  return { record, digest: recordDigest(bytes, sha), leaf };
}

/**
 * Verifies the signature of a record's actor, if there is one.
 * @returns whether there is one @throws RangeError if it does not verify
 */
function checkActorSignature(origin: string, index: number, { record }: LoggedRecord): boolean {
  if (record.signature === undefined) return false;
  if (!verifyStatement(origin, record.statement, record.signature))
    throw new RangeError(`the actor's signature on record ${index} does not verify`);
  return true;
}

/**
 * Checks a receipt (C2SP tlog-proof) of a record: the checkpoint satisfies the policy, and the entry computed from
 * the record's bytes is in the signed tree, at the receipt's index.
 * @param recordBytes as the service gives them: canonical JSON, a trailing newline allowed
 * @throws QuorumError, NoteError, ProofError, RecordError, RangeError
 */
export function verifyReceipt(proof: TlogProof, recordBytes: Uint8Array, policy: Policy): VerifiedReceipt {
  const opened = requireCosigned(policy, proof.checkpoint);
  const { index, hashes } = proof;
  const logged = openRecord(recordBytes.at(-1) === 0x0a ? recordBytes.subarray(0, -1) : recordBytes);
  const { size, root, origin } = opened.checkpoint;
  verifyInclusion({ leafHash: logged.leaf, index, size, proof: hashes, root });
  return { ...opened, ...logged, index, signed: checkActorSignature(origin, index, logged) };
}
