import { Frontier, inclusionProof, multiProof, nodeHash, type Sha256 } from "../../core/ledger/merkle.ts";
import type { Store } from "../../store/store.ts";

const TILE_LEVELS = 8;

/**
 * The hash of the perfect subtree of 2^level records at `index`: stored at levels 8, 16, 24, … and for single leaves,
 * computed from the level below otherwise.
 * @throws RangeError where the log is shorter than that
 */
export function subtreeHash(store: Store, level: number, index: number, sha: Sha256): Uint8Array {
  const kept = level - (level % TILE_LEVELS);
  const width = 2 ** (level - kept);
  const hashes = keptHashes(store, kept, index * width, width);
  while (hashes.length > 1)
    for (let i = 0; i < hashes.length; i++)
      hashes.splice(i, 2, nodeHash(hashes[i] as Uint8Array, hashes[i + 1] as Uint8Array, sha));
  return hashes[0] as Uint8Array;
}

/** The proof that record `index` is in the tree of the first `size` records, leaf's sibling first (RFC 6962, 2.1.1). */
export function recordProof(store: Store, index: number, size: number, sha: Sha256): Uint8Array[] {
  return inclusionProof(index, size, (level, at) => subtreeHash(store, level, at, sha), sha);
}

/** One proof that all the records named (ascending) are in the tree of the first `size` records. */
export function recordsProof(store: Store, indices: number[], size: number, sha: Sha256): Uint8Array[] {
  return multiProof(indices, size, (level, at) => subtreeHash(store, level, at, sha), sha);
}

/** The right edge of the stored log, from its kept hashes and last leaves. */
export function rightEdge(store: Store, sha: Sha256, size = store.ledger.size()): Frontier {
  const hashes: Uint8Array[] = [];
  let start = 0;
  for (let level = 52; level >= 0; level--) {
    const span = 2 ** level;
    if (size - start < span) continue;
    hashes.push(subtreeHash(store, level, start / span, sha));
    start += span;
  }
  return new Frontier({ size, hashes }, sha);
}

function keptHashes(store: Store, level: number, first: number, width: number): Uint8Array[] {
  const hashes =
    level === 0
      ? store.ledger.leaves(first, first + width)
      : Array.from({ length: width }, (_, i) => store.ledger.treeHash(level, first + i));
  if (hashes.length !== width || hashes.includes(undefined))
    throw new RangeError(`the log has no ${width} hashes of level ${level} at ${first}`);
  return hashes as Uint8Array[];
}
