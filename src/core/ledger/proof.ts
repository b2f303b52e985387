import { encodeBase64 } from "./base64.ts";
import { HASH_BYTES, nobleSha256, nodeHash, type Sha256 } from "./merkle.ts";

/** The Merkle proof does not prove its claim. */
export class ProofError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProofError";
  }
}

/** An inclusion proof with its claim: leaf `index` of a tree of `size` leaves; siblings from the leaf up. */
export interface InclusionClaim {
  leafHash: Uint8Array;
  index: number;
  size: number;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}

export interface ConsistencyClaim {
  oldSize: number;
  newSize: number;
  oldRoot: Uint8Array;
  newRoot: Uint8Array;
  proof: readonly Uint8Array[];
}

/** A node of the tree over leaves [start, end), first seen `level` above the leaves: index = start / 2^level. */
export interface PathNode {
  level: number;
  index: number;
  start: number;
  end: number;
  hash: Uint8Array;
}

/**
 * Verifies that a leaf is in the tree with this root (RFC 9162, section 2.1.3.2).
 * @throws ProofError
 */
export function verifyInclusion(claim: InclusionClaim, sha: Sha256 = nobleSha256): void {
  const { leafHash, index, size, proof, root } = claim;
  requireRoot("root", root, rootFromInclusion(leafHash, index, size, proof, sha));
}

/**
 * The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2, without the last comparison).
 * @throws ProofError if length or form of the proof do not fit the index and size
 */
export function rootFromInclusion(
  leafHash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  sha: Sha256 = nobleSha256,
): Uint8Array {
  return pathNodes(leafHash, index, size, proof, sha).at(-1)!.hash;
}

/**
 * Every node on the way from a leaf to the root, each distinct node once: the leaf first, the root last. A node on
 * the right edge has its true, smaller range. They are proven only if the last one equals a trusted root.
 * @throws ProofError if length or form of the proof do not fit the index and size
 */
export function pathNodes(
  leafHash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  sha: Sha256 = nobleSha256,
): PathNode[] {
  requireSize("index", index);
  requireSize("size", size);
  if (index >= size) throw new ProofError(`leaf ${index} is not in a tree of ${size} leaves`);
  requireHash("leaf hash", leafHash);
  const nodes = [{ level: 0, index, start: index, end: index + 1, hash: leafHash }];
  const walk = new Walk(index, size - 1);
  let hash = leafHash;
  for (const sibling of proof) {
    requireHash("proof", sibling);
    const siblingIsLeft = walk.toSibling();
    hash = siblingIsLeft ? nodeHash(sibling, hash, sha) : nodeHash(hash, sibling, sha);
    walk.toParent();
    nodes.push(walk.node(size, hash));
  }
  walk.requireRoot();
  return nodes;
}

/**
 * The root that a proof of several leaves leads to. The leaves are proven only if it equals a trusted root.
 *
 * Works from the left with a stack of finished subtrees, joined as soon as both halves of one exist. Every hash of
 * the proof must be used, each for a subtree without any of the leaves.
 * @param leaves leaf hashes by ascending index
 * @throws ProofError if length or form of the proof do not fit the leaves and size
 */
export function rootFromMultiProof(
  leaves: readonly { index: number; hash: Uint8Array }[],
  size: number,
  proof: readonly Uint8Array[],
  sha: Sha256 = nobleSha256,
): Uint8Array {
  requireSize("size", size);
  if (leaves.length === 0) throw new ProofError("a proof needs at least one leaf");
  const hashes = proof.values();
  const finished: { start: number; end: number; hash: Uint8Array }[] = [];
  let at = 0;
  let next = 0;
  while (at < size) {
    const leaf = leaves[next];
    if (leaf !== undefined) requireLeaf(leaf, leaves[next - 1]?.index ?? -1, size);
    const known = leaf !== undefined && leaf.index === at;
    const end = known ? at + 1 : endOfGap(at, leaf?.index ?? size, size);
    const hash = known ? leaf.hash : hashes.next().value;
    if (hash === undefined) throw new ProofError("the proof is too short");
    requireHash("proof", hash);
    finished.push({ start: at, end, hash });
    if (known) next += 1;
    at = end;
    join(finished, size, sha);
  }
  if (next !== leaves.length) throw new ProofError(`leaf ${leaves[next]?.index} is not in its place`);
  if (hashes.next().done !== true) throw new ProofError("the proof is too long");
  const [root, rest] = finished;
  if (root === undefined || rest !== undefined) throw new ProofError("the proof does not lead to one root");
  return root.hash;
}

/** The end of the largest subtree that starts at `start` and ends by `limit`; at the right edge it may be shorter. */
function endOfGap(start: number, limit: number, size: number): number {
  let end = start + 1;
  for (let width = 2; start % width === 0; width *= 2) {
    if (start + width > limit && !(limit === size && end < size)) break;
    end = start + width;
  }
  return Math.min(end, size);
}

/** Joins finished siblings; at the right edge a sibling may be smaller than its left one. */
function join(finished: { start: number; end: number; hash: Uint8Array }[], size: number, sha: Sha256): void {
  for (;;) {
    const right = finished.at(-1)!;
    const left = finished.at(-2);
    if (left === undefined) return;
    const width = left.end - left.start;
    const whole = right.end - right.start === width || right.end === size;
    if (!whole || left.start % (width * 2) !== 0 || right.end - right.start > width) return;
    finished.splice(-2, 2, { start: left.start, end: right.end, hash: nodeHash(left.hash, right.hash, sha) });
  }
}

function requireLeaf(leaf: { index: number; hash: Uint8Array }, before: number, size: number): void {
  requireSize("index", leaf.index);
  if (leaf.index <= before || leaf.index >= size)
    throw new ProofError(`leaf ${leaf.index} must be after ${before} and below the size ${size}`);
  requireHash("leaf hash", leaf.hash);
}

/**
 * Verifies that the tree with the old root is a prefix of the tree with the new one (RFC 9162, section 2.1.4.2).
 * Refuses a claim from size 0: every tree continues the empty one, so there is nothing to prove.
 * @throws ProofError
 */
export function verifyConsistency(claim: ConsistencyClaim, sha: Sha256 = nobleSha256): void {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  requireSize("old size", oldSize);
  requireSize("new size", newSize);
  if (oldSize === 0 || oldSize > newSize)
    throw new ProofError(
      `no proof leads from ${oldSize} to ${newSize} leaves: expected 0 < old size <= new size`,
    );
  if (oldSize === newSize) {
    if (proof.length !== 0) throw new ProofError("the proof between trees of the same size must be empty");
    return requireRoot("new root", newRoot, oldRoot);
  }
  const roots = rootsFromConsistency(claim, sha);
  requireRoot("old root", oldRoot, roots.old);
  requireRoot("new root", newRoot, roots.new);
}

function rootsFromConsistency({ oldSize, newSize, oldRoot, proof }: ConsistencyClaim, sha: Sha256) {
  const walk = new Walk(oldSize - 1, newSize - 1);
  walk.skipCompleted();
  // An old tree that is one perfect subtree is a node of the new one, so the prover leaves it out (step 2).
  const [first, ...rest] = walk.atLeftEdge() ? [oldRoot, ...proof] : proof;
  if (first === undefined) throw new ProofError(`the proof from ${oldSize} to ${newSize} leaves is empty`);
  let old = requireHash("proof", first);
  let grown = old;
  for (const sibling of rest) {
    requireHash("proof", sibling);
    if (walk.toSibling()) {
      old = nodeHash(sibling, old, sha);
      grown = nodeHash(sibling, grown, sha);
    } else {
      grown = nodeHash(grown, sibling, sha);
    }
    walk.toParent();
  }
  walk.requireRoot();
  return { old, new: grown };
}

/** A node's index and that of the last node beside it, going up: fn and sn of RFC 9162, sections 2.1.3.2 and 2.1.4.2. */
class Walk {
  #level = 0;
  #index: number;
  #last: number;

  constructor(index: number, last: number) {
    this.#index = index;
    this.#last = last;
  }

  /** Moves one level up. Divides instead of shifting: indices exceed 32 bits. */
  toParent(): void {
    this.#level += 1;
    this.#index = Math.floor(this.#index / 2);
    this.#last = Math.floor(this.#last / 2);
  }

  /** Moves up to the level at which the next sibling joins. @returns whether the sibling is on the left */
  toSibling(): boolean {
    if (this.#last === 0) throw new ProofError("the proof continues above the root");
    if (this.#index % 2 === 0 && this.#index < this.#last) return false;
    // The last node of a level has no sibling there and moves up unchanged.
    while (this.#index % 2 === 0) this.toParent();
    return true;
  }

  /** Skips the levels at which the old tree's last node is a right child, and so complete (section 2.1.4.2, step 4). */
  skipCompleted(): void {
    while (this.#index % 2 === 1) this.toParent();
  }

  atLeftEdge(): boolean {
    return this.#index === 0;
  }

  requireRoot(): void {
    if (this.#last !== 0) throw new ProofError("the proof ends below the root");
  }

  node(size: number, hash: Uint8Array): PathNode {
    const width = 2 ** this.#level;
    const start = this.#index * width;
    return { level: this.#level, index: this.#index, start, end: Math.min(start + width, size), hash };
  }
}

function requireSize(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new ProofError(`${name} must be an integer from 0 to 2^53 - 1, got ${value}`);
}

function requireHash(name: string, hash: Uint8Array): Uint8Array {
  if (hash.length !== HASH_BYTES)
    throw new ProofError(`${name} must hold hashes of ${HASH_BYTES} bytes, got ${hash.length}`);
  return hash;
}

function requireRoot(name: string, expected: Uint8Array, found: Uint8Array): void {
  const same = expected.length === found.length && expected.every((byte, i) => byte === found[i]);
  if (!same)
    throw new ProofError(`${name}: expected ${encodeBase64(expected)}, found ${encodeBase64(found)}`);
}
