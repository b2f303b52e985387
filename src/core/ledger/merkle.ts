import { ShortSha256 } from "./short-sha256.ts";
import { sha256 } from "@noble/hashes/sha2.js";

/** SHA-256. Returns 32 fresh bytes, and neither keeps nor changes `data`, which the caller reuses. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/** SHA-256 that runs everywhere; `node/hash.ts` has Node's own. */
export const nobleSha256: Sha256 = sha256;

/** Length of a hash in bytes. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves: SHA-256 of nothing (RFC 9162, section 2.1.1). */
export const EMPTY_ROOT: Uint8Array = /* @__PURE__ */ sha256(new Uint8Array(0));

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Hash of a leaf: SHA-256(0x00 || data) (RFC 9162, section 2.1.1). */
export function leafHash(data: Uint8Array, sha: Sha256 = nobleSha256): Uint8Array {
  const message = new Uint8Array(1 + data.length);
  message[0] = LEAF_PREFIX;
  message.set(data, 1);
  return sha(message);
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 9162, section 2.1.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha: Sha256 = nobleSha256): Uint8Array {
  const message = new Uint8Array(1 + left.length + right.length);
  message[0] = NODE_PREFIX;
  message.set(left, 1);
  message.set(right, 1 + left.length);
  return sha(message);
}

/** Root of the tree over a list of leaf hashes, straight from the definition (RFC 9162, section 2.1.1). */
export function rootOf(leafHashes: readonly Uint8Array[], sha: Sha256 = nobleSha256): Uint8Array {
  return leafHashes.length === 0 ? EMPTY_ROOT.slice() : rootOfRange(leafHashes, 0, leafHashes.length, sha);
}

function rootOfRange(leafHashes: readonly Uint8Array[], start: number, end: number, sha: Sha256): Uint8Array {
  if (end - start === 1) return checkedHash(leafHashes[start]);
  const middle = start + splitPoint(end - start);
  return nodeHash(
    rootOfRange(leafHashes, start, middle, sha),
    rootOfRange(leafHashes, middle, end, sha),
    sha,
  );
}

/** The perfect subtree over leaves [index·2^level, (index + 1)·2^level). */
export interface Subtree {
  level: number;
  index: number;
  hash: Uint8Array;
}

/** The right edge of a growing tree: one hash for each set bit of the size, enough for appending. */
export class Frontier {
  #size: number;
  readonly #hashes: Uint8Array[];
  readonly #sha: Sha256;

  /**
   * @param edge a tree's size and its perfect subtrees' hashes, largest first; absent for an empty tree
   * @throws RangeError if the number of hashes is not the number of set bits of the size
   */
  constructor(
    edge: { size: number; hashes: readonly Uint8Array[] } = { size: 0, hashes: [] },
    sha: Sha256 = nobleSha256,
  ) {
    checkSize(edge.size, "size");
    const expected = setBits(edge.size);
    if (edge.hashes.length !== expected)
      throw new RangeError(
        `the edge of ${edge.size} leaves has ${expected} hashes, got ${edge.hashes.length}`,
      );
    this.#size = edge.size;
    this.#hashes = edge.hashes.map(checkedHash);
    this.#sha = sha;
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Hashes of the perfect subtrees that make up the tree, largest first. */
  get hashes(): Uint8Array[] {
    return [...this.#hashes];
  }

  /**
   * Appends a leaf's hash, stored without copying.
   * @returns the perfect subtrees that it completes, the leaf itself (level 0) first
   * @throws RangeError at 2^53 - 1 leaves, or if the hash is not of 32 bytes
   */
  append(hash: Uint8Array): Subtree[] {
    checkSize(this.#size + 1, "size");
    let node = checkedHash(hash);
    let index = this.#size;
    const completed = [{ level: 0, index, hash: node }];
    // Each trailing set bit of the size is a left sibling waiting on the edge.
    for (let level = 1; index % 2 === 1; level++) {
      node = nodeHash(this.#hashes.pop()!, node, this.#sha);
      index = (index - 1) / 2;
      completed.push({ level, index, hash: node });
    }
    this.#hashes.push(node);
    this.#size += 1;
    return completed;
  }

  /** Root of the current tree. */
  root(): Uint8Array {
    return foldRight(this.#hashes, this.#sha);
  }

  /** An independent copy. */
  clone(): Frontier {
    return new Frontier({ size: this.#size, hashes: this.#hashes }, this.#sha);
  }
}

/** Reads the hash of the perfect subtree over leaves [index·2^level, (index + 1)·2^level) from the log's storage. */
export type SubtreeReader = (level: number, index: number) => Uint8Array;

/**
 * Inclusion proof of leaf `index` in the tree of `size` leaves: the leaf's sibling first, the root's child last
 * (RFC 9162, section 2.1.3.1).
 * @param subtree called only for perfect subtrees within `size`
 * @throws RangeError unless 0 <= index < size <= 2^53 - 1
 */
export function inclusionProof(
  index: number,
  size: number,
  subtree: SubtreeReader,
  sha: Sha256 = nobleSha256,
): Uint8Array[] {
  checkSize(size, "size");
  checkSize(index, "index");
  if (index >= size) throw new RangeError(`index must be below the size ${size}, got ${index}`);
  const fromRoot: Uint8Array[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      fromRoot.push(rangeHash(middle, end, subtree, sha));
      end = middle;
    } else {
      fromRoot.push(rangeHash(start, middle, subtree, sha));
      start = middle;
    }
  }
  return fromRoot.toReversed();
}

/**
 * Inclusion proof of several leaves at once: the hashes of the largest subtrees without any of them, left to right.
 * Neighbours share most of their path to the root, so it is much shorter than a proof for each.
 * @param indices ascending, distinct, at least one
 * @param subtree called only for perfect subtrees within `size`
 * @throws RangeError unless 0 <= indices < size <= 2^53 - 1, ascending
 */
export function multiProof(
  indices: readonly number[],
  size: number,
  subtree: SubtreeReader,
  sha: Sha256 = nobleSha256,
): Uint8Array[] {
  checkSize(size, "size");
  indices.forEach((index, i) => {
    checkSize(index, "index");
    if (index >= size || index <= (indices[i - 1] ?? -1))
      throw new RangeError(`indices must ascend below the size ${size}, got ${index}`);
  });
  if (indices.length === 0) throw new RangeError("a proof needs at least one index");
  const hashes: Uint8Array[] = [];
  // [from, to) of `indices` lie in leaves [start, end).
  const walk = (start: number, end: number, from: number, to: number): void => {
    if (from === to) {
      hashes.push(rangeHash(start, end, subtree, sha));
      return;
    }
    if (end - start === 1) return;
    const middle = start + splitPoint(end - start);
    let cut = from;
    while (cut < to && indices[cut]! < middle) cut++;
    walk(start, middle, from, cut);
    walk(middle, end, cut, to);
  };
  walk(0, size, 0, indices.length);
  return hashes;
}

/**
 * Consistency proof from the tree of `oldSize` leaves to that of `newSize` (RFC 9162, section 2.1.4.1). Empty for
 * equal sizes, and from size 0, for which the RFC has no proof and C2SP tlog-witness sends none.
 * @param subtree called only for perfect subtrees within `newSize`
 * @throws RangeError unless 0 <= oldSize <= newSize <= 2^53 - 1
 */
export function consistencyProof(
  oldSize: number,
  newSize: number,
  subtree: SubtreeReader,
  sha: Sha256 = nobleSha256,
): Uint8Array[] {
  checkSize(oldSize, "old size");
  checkSize(newSize, "new size");
  if (oldSize > newSize)
    throw new RangeError(`old size must not exceed the new size ${newSize}, got ${oldSize}`);
  if (oldSize === 0) return [];
  const fromRoot: Uint8Array[] = [];
  let start = 0;
  let end = newSize;
  while (end !== oldSize) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      fromRoot.push(rangeHash(middle, end, subtree, sha));
      end = middle;
    } else {
      fromRoot.push(rangeHash(start, middle, subtree, sha));
      start = middle;
    }
  }
  // The verifier has the old root; a proof must include any smaller part of the old tree (SUBPROOF's flag b).
  if (start > 0) fromRoot.push(rangeHash(start, end, subtree, sha));
  return fromRoot.toReversed();
}

/**
 * Replaces packed leaf hashes (n × 32 bytes) by their ancestors `levels` higher; a partly filled last node follows
 * RFC 9162, without padding. Works in place: `packed` is overwritten, and the result is its front part.
 * @returns ceil(n / 2^levels) × 32 bytes
 * @throws RangeError if `packed` is not a whole number of hashes
 */
export function packedLevels(packed: Uint8Array, levels: number): Uint8Array {
  if (packed.length % HASH_BYTES !== 0)
    throw new RangeError(`packed hashes must be a multiple of ${HASH_BYTES} bytes, got ${packed.length}`);
  let nodes = packed;
  for (let level = 0; level < levels && nodes.length > HASH_BYTES; level++) nodes = packedParents(nodes);
  return nodes;
}

/**
 * Root of the tree over packed leaf hashes (n × 32 bytes), in place: `packed` is overwritten.
 * @throws RangeError if `packed` is not a whole number of hashes
 */
export function packedRoot(packed: Uint8Array): Uint8Array {
  return packed.length === 0 ? EMPTY_ROOT.slice() : packedLevels(packed, Infinity).slice();
}

function packedParents(nodes: Uint8Array): Uint8Array {
  const pairBytes = 2 * HASH_BYTES;
  const hasher = new ShortSha256();
  hasher.message[0] = NODE_PREFIX;
  const out = new DataView(nodes.buffer, nodes.byteOffset, nodes.byteLength);
  let from = 0;
  let to = 0;
  for (; from + pairBytes <= nodes.length; from += pairBytes, to += HASH_BYTES) {
    hasher.message.set(nodes.subarray(from, from + pairBytes), 1);
    hasher.hashInto(1 + pairBytes, out, to);
  }
  // A last node without a sibling is its own parent: the tree's right edge is not padded.
  nodes.copyWithin(to, from);
  return nodes.subarray(0, to + nodes.length - from);
}

/** Hash over leaves [start, end) from its perfect subtrees; `start` is aligned as the tree's own split points are. */
function rangeHash(start: number, end: number, subtree: SubtreeReader, sha: Sha256): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = start; at < end;) {
    const level = floorLog2(end - at);
    const width = 2 ** level;
    parts.push(checkedHash(subtree(level, at / width)));
    at += width;
  }
  return foldRight(parts, sha);
}

/** Root over perfect subtrees, largest first: the smallest are joined first (RFC 9162, section 2.1.1). */
function foldRight(hashes: readonly Uint8Array[], sha: Sha256): Uint8Array {
  if (hashes.length === 0) return EMPTY_ROOT.slice();
  return hashes.reduceRight((right, left) => nodeHash(left, right, sha));
}

/** Largest power of two below `size`, for `size` > 1 (RFC 9162, section 2.1.1: k). */
function splitPoint(size: number): number {
  return 2 ** floorLog2(size - 1);
}

/** Exact where Math.log2 rounds; bitwise operators alone see 32 bits only. */
function floorLog2(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(value);
}

function setBits(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

function checkSize(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name} must be an integer from 0 to 2^53 - 1, got ${value}`);
}

function checkedHash(hash: Uint8Array | undefined): Uint8Array {
  if (hash?.length !== HASH_BYTES)
    throw new RangeError(`a hash must be ${HASH_BYTES} bytes, got ${hash?.length ?? "none"}`);
  return hash;
}
