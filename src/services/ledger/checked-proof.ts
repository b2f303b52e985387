import { bytesToHex } from "@noble/hashes/utils.js";
import { parseCheckpoint } from "../../core/ledger/checkpoint.ts";
import { entryOf } from "../../core/ledger/entry.ts";
import { leafHash, multiProof, nodeHash, type Sha256 } from "../../core/ledger/merkle.ts";
import { parseNote } from "../../core/ledger/note.ts";
import {
  ProofError,
  rootFromMultiProof,
  verifyConsistency,
  verifyInclusion,
} from "../../core/ledger/proof.ts";
import { decodeRecord } from "../../core/ledger/record.ts";
import type { Store } from "../../store/store.ts";
import type { Integrity } from "../integrity.ts";
import { Problem } from "../problem.ts";
import { recordProof, recordsProof, rightEdge, subtreeHash } from "./log.ts";

/** What proofs need: the store, a place to note damage, SHA-256. */
interface Prover {
  store: Store;
  integrity: Integrity;
  platform: { sha256: Sha256 };
}

/** The root that a checkpoint of this service signs. */
export function signedRoot(note: string): Uint8Array {
  return parseCheckpoint(parseNote(note).text).root;
}

/**
 * The inclusion proof of a record, checked from the record's own bytes to the checkpoint's root.
 * @throws Problem damaged where it does not lead there
 */
export function checkedRecordProof(prover: Prover, index: number, size: number, note: string): Uint8Array[] {
  const { store, platform } = prover;
  return checked(prover, [index], size, () => {
    const proof = recordProof(store, index, size, platform.sha256);
    const leaf = recordLeaf(store, index, platform.sha256);
    verifyInclusion({ leafHash: leaf, index, size, proof, root: signedRoot(note) }, platform.sha256);
    return proof;
  });
}

/** The same for several records at once, ascending. @throws Problem damaged */
export function checkedRecordsProof(
  prover: Prover,
  indices: number[],
  size: number,
  note: string,
): Uint8Array[] {
  const { store, platform } = prover;
  return checked(prover, indices, size, () => {
    const proof = recordsProof(store, indices, size, platform.sha256);
    const leaves = indices.map((index) => ({ index, hash: recordLeaf(store, index, platform.sha256) }));
    requireRoot(rootFromMultiProof(leaves, size, proof, platform.sha256), signedRoot(note));
    return proof;
  });
}

/** A consistency proof that leads from the stored root of `oldSize` to the checkpoint's. @throws Problem damaged */
export function checkedConsistencyProof(
  prover: Prover,
  oldSize: number,
  newSize: number,
  note: string,
  prove: () => Uint8Array[],
): Uint8Array[] {
  const { store, platform } = prover;
  return checked(prover, [], newSize, () => {
    const proof = prove();
    const oldRoot = rightEdge(store, platform.sha256, oldSize).root();
    verifyConsistency({ oldSize, newSize, oldRoot, newRoot: signedRoot(note), proof }, platform.sha256);
    return proof;
  });
}

/**
 * Checks hashes of one level of the tree, as a tile has them, under a checkpoint. The tree over the whole subtrees of a
 * level, with what is left of the log as a last leaf, has the same root as the tree over the records (RFC 9162, 2.1.1:
 * both are cut at the largest power of two).
 * @param hashes of the subtrees of 2^level records, from the one with number `first` on
 * @throws Problem damaged where they do not lead to its root
 */
export function requireUnderCheckpoint(
  prover: Prover,
  { level, first, hashes }: { level: number; first: number; hashes: readonly Uint8Array[] },
  { size, note }: { size: number; note: string },
): void {
  const { store, platform } = prover;
  const { sha256 } = platform;
  const span = 2 ** level;
  const records = Array.from(hashes, (_, i) => (first + i) * span);
  checked(prover, records, size, () => {
    const whole = Math.floor(size / span);
    const width = whole + (size % span === 0 ? 0 : 1);
    const read = (above: number, index: number): Uint8Array => {
      if ((index + 1) * 2 ** above <= whole) return subtreeHash(store, level + above, index, sha256);
      if (above === 0) return remainderHash(store, whole * span, size, sha256);
      return nodeHash(read(above - 1, 2 * index), read(above - 1, 2 * index + 1), sha256);
    };
    const leaves = hashes.map((hash, i) => ({ index: first + i, hash }));
    const proof = multiProof(
      leaves.map(({ index }) => index),
      width,
      read,
      sha256,
    );
    requireRoot(rootFromMultiProof(leaves, width, proof, sha256), signedRoot(note));
  });
}

/** The leaf of a record, from its bytes. @throws Error where they are missing or no record */
function recordLeaf(store: Store, index: number, sha256: Sha256): Uint8Array {
  const row = store.ledger.record(index);
  if (row === undefined) throw new RangeError(`the log has no record ${index}`);
  return leafOf(row.bytes, sha256);
}

/** The leaf of a record's bytes. @throws Error where they are no record */
export function leafOf(bytes: Uint8Array, sha256: Sha256): Uint8Array {
  return leafHash(entryOf(bytes, decodeRecord(bytes).chains, sha256), sha256);
}

/** The root over the records [from, size), fewer than a subtree of the level that `from` begins. */
function remainderHash(store: Store, from: number, size: number, sha256: Sha256): Uint8Array {
  const hashes: Uint8Array[] = [];
  for (let at = from; at < size;) {
    const level = Math.floor(Math.log2(size - at));
    hashes.push(subtreeHash(store, level, at / 2 ** level, sha256));
    at += 2 ** level;
  }
  return hashes.reduceRight((right, left) => nodeHash(left, right, sha256));
}

function requireRoot(found: Uint8Array, expected: Uint8Array): void {
  const [one, other] = [bytesToHex(found), bytesToHex(expected)];
  if (one !== other) throw new ProofError(`it leads to the root ${one} and not to ${other}`);
}

/** Any error while a proof is made and checked is damage: no request chooses what the store holds. */
function checked<T>({ integrity }: Prover, indices: readonly number[], size: number, prove: () => T): T {
  try {
    return prove();
  } catch (error) {
    const first = indices.at(0);
    const records =
      first === undefined ? "" : ` of record${first === indices.at(-1) ? "" : "s"} ${range(indices)}`;
    integrity.proofFailed(
      `the proof${records} under the checkpoint of ${size} records: ${(error as Error).message}`,
    );
    throw new Problem(
      "damaged",
      `the proof${records} does not lead to the checkpoint of ${size} records: stored hashes or records are damaged`,
    );
  }
}

function range(indices: readonly number[]): string {
  const [first, last] = [indices.at(0), indices.at(-1)];
  return first === last ? String(first) : `${first} to ${last}`;
}
