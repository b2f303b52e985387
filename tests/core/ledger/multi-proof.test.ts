import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inclusionProof, multiProof } from "../../../src/core/ledger/merkle.ts";
import { ProofError, rootFromMultiProof } from "../../../src/core/ledger/proof.ts";
import { definitionOfMth, leafHashes, readerOf } from "./tree.ts";

/** The set of indices of a small number's bits. */
function subset(bits: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => i).filter((i) => (bits & (1 << i)) !== 0);
}

function known(indices: number[], leaves: Uint8Array[]) {
  return indices.map((index) => ({ index, hash: leaves[index]! }));
}

describe("proofs of several leaves", () => {
  it("lead to the root for every set of leaves of every tree of up to 11", () => {
    for (let size = 1; size <= 11; size++) {
      const leaves = leafHashes(size);
      const reader = readerOf(leaves);
      for (let bits = 1; bits < 2 ** size; bits++) {
        const indices = subset(bits, size);
        const proof = multiProof(indices, size, reader);
        expect(rootFromMultiProof(known(indices, leaves), size, proof)).toEqual(definitionOfMth(leaves));
      }
    }
  });

  it("lead to the root for random sets in larger trees, and are never longer than single proofs", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700 }).chain((size) =>
          fc.record({
            size: fc.constant(size),
            indices: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { minLength: 1, maxLength: 30 }),
          }),
        ),
        ({ size, indices }) => {
          const leaves = leafHashes(size);
          const reader = readerOf(leaves);
          const sorted = indices.toSorted((a, b) => a - b);
          const proof = multiProof(sorted, size, reader);
          expect(rootFromMultiProof(known(sorted, leaves), size, proof)).toEqual(definitionOfMth(leaves));
          const single = sorted.reduce((sum, index) => sum + inclusionProof(index, size, reader).length, 0);
          expect(proof.length).toBeLessThanOrEqual(single);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("are refused or lead elsewhere when anything is changed", () => {
    const size = 100;
    const leaves = leafHashes(size);
    const indices = [3, 4, 40, 99];
    const proof = multiProof(indices, size, readerOf(leaves));
    const root = definitionOfMth(leaves);
    const differs = (claim: ReturnType<typeof known>, hashes: Uint8Array[], trees = size): boolean => {
      try {
        return Buffer.compare(rootFromMultiProof(claim, trees, hashes), root) !== 0;
      } catch (error) {
        return error instanceof ProofError;
      }
    };
    expect(differs(known(indices, leaves), proof)).toBe(false);
    proof.forEach((hash, i) => {
      const changed = Uint8Array.from(hash);
      changed[i % 32]! ^= 1;
      expect(differs(known(indices, leaves), proof.with(i, changed))).toBe(true);
      expect(differs(known(indices, leaves), proof.toSpliced(i, 1))).toBe(true);
      expect(differs(known(indices, leaves), proof.toSpliced(i, 0, hash))).toBe(true);
    });
    expect(differs(known([3, 5, 40, 99], leaves), proof)).toBe(true);
    expect(differs(known([3, 4, 40], leaves), proof)).toBe(true);
    expect(differs(known([4, 3, 40, 99], leaves), proof)).toBe(true);
    expect(differs(known(indices, leaves), proof, 101)).toBe(true);
    expect(differs(known(indices, leaves), proof, 99)).toBe(true);
    expect(() => multiProof([], size, readerOf(leaves))).toThrow(RangeError);
    expect(() => multiProof([100], size, readerOf(leaves))).toThrow(RangeError);
    expect(() => multiProof([4, 4], size, readerOf(leaves))).toThrow(RangeError);
  });
});
