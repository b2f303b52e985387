import { createHash } from "node:crypto";
import { leafHash, type SubtreeReader } from "../../../src/core/ledger/merkle.ts";

/** Hashes of the leaves "leaf 0", "leaf 1", … */
export function leafHashes(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => leafHash(new TextEncoder().encode(`leaf ${i}`)));
}

/** MTH of RFC 9162, section 2.1.1, over leaf hashes, without any code of ours: the others must equal it. */
export function definitionOfMth(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(createHash("sha256").digest());
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const parts = [definitionOfMth(leaves.slice(0, k)), definitionOfMth(leaves.slice(k))];
  return new Uint8Array(
    createHash("sha256").update(Uint8Array.of(1)).update(parts[0]!).update(parts[1]!).digest(),
  );
}

/** Reads perfect subtrees of `leaves`, and throws if asked for one that is not complete. */
export function readerOf(leaves: readonly Uint8Array[]): SubtreeReader {
  const known = new Map<string, Uint8Array>();
  return (level, index) => {
    const [start, end] = [index * 2 ** level, (index + 1) * 2 ** level];
    if (!Number.isInteger(level) || !Number.isInteger(index) || end > leaves.length)
      throw new Error(`asked for [${start}, ${end}) of ${leaves.length} leaves`);
    const key = `${level}/${index}`;
    const hash = known.get(key) ?? definitionOfMth(leaves.slice(start, end));
    known.set(key, hash);
    return hash;
  };
}
