import * as fc from "fast-check";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { nodeSha256 } from "../../../src/node/hash.ts";
import {
  EMPTY_ROOT,
  Frontier,
  consistencyProof,
  inclusionProof,
  leafHash,
  nobleSha256,
  nodeHash,
  packedLevels,
  packedRoot,
  rootOf,
  type SubtreeReader,
} from "../../../src/core/ledger/merkle.ts";
import { definitionOfMth, leafHashes, readerOf } from "./tree.ts";

/** The eight leaves that Certificate Transparency implementations share, and the roots of the trees of 1 to 8. */
const CT_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const CT_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

describe("hashes (RFC 6962)", () => {
  it("the empty tree", () =>
    expect(bytesToHex(EMPTY_ROOT)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));

  it("leaves and nodes", () => {
    expect(bytesToHex(leafHash(utf8ToBytes("L123456")))).toBe(
      "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56",
    );
    expect(bytesToHex(nodeHash(utf8ToBytes("N123"), utf8ToBytes("N456")))).toBe(
      "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb",
    );
    expect(bytesToHex(leafHash(new Uint8Array(0)))).toBe(CT_ROOTS[0]);
  });

  it("roots of 1 to 8 leaves", () => {
    const leaves = CT_LEAVES.map((hex) => leafHash(hexToBytes(hex)));
    CT_ROOTS.forEach((root, i) => expect(bytesToHex(rootOf(leaves.slice(0, i + 1)))).toBe(root));
  });

  it("Node's SHA-256 is noble's", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const hash = nodeSha256(data);
        expect(hash).toEqual(nobleSha256(data));
        expect(hash.constructor).toBe(Uint8Array);
        expect(leafHash(data, nodeSha256)).toEqual(leafHash(data));
      }),
    ));
});

describe("roots", () => {
  const leaves = leafHashes(300);

  it("rootOf, Frontier and packedRoot equal the definition, for every size to 300", () => {
    const frontier = new Frontier();
    for (let size = 0; size <= 300; size++) {
      const some = leaves.slice(0, size);
      const root = definitionOfMth(some);
      expect(rootOf(some)).toEqual(root);
      expect(frontier.root()).toEqual(root);
      expect(packedRoot(packed(some))).toEqual(root);
      if (size < 300) frontier.append(leaves[size]!);
    }
  });

  it("packedLevels gives each block's own root", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 9 }), (count, levels) => {
        const width = 2 ** levels;
        const blocks = Array.from({ length: Math.ceil(count / width) }, (_, i) =>
          definitionOfMth(leaves.slice(i * width, Math.min((i + 1) * width, count))),
        );
        const input = packed(leaves.slice(0, count));
        const nodes = packedLevels(input, levels);
        expect(nodes).toEqual(packed(blocks));
        expect(nodes.buffer).toBe(input.buffer);
        // The level's nodes stand for their leaves: the same root comes of them.
        expect(packedRoot(nodes)).toEqual(definitionOfMth(leaves.slice(0, count)));
      }),
    ));

  it("packed hashes are whole", () => {
    expect(() => packedLevels(new Uint8Array(33), 1)).toThrow(RangeError);
    expect(() => packedRoot(new Uint8Array(31))).toThrow("multiple of 32");
  });

  it("changing a returned empty root does not change EMPTY_ROOT", () => {
    for (const root of [rootOf([]), new Frontier().root(), packedRoot(new Uint8Array(0))]) {
      expect(root).toEqual(EMPTY_ROOT);
      expect(root).not.toBe(EMPTY_ROOT);
    }
  });
});

describe("Frontier", () => {
  const leaves = leafHashes(70);

  it("reports each perfect subtree once, when its last leaf arrives", () => {
    const frontier = new Frontier();
    const seen = new Set<string>();
    leaves.forEach((leaf, i) => {
      for (const { level, index, hash } of frontier.append(leaf)) {
        const [start, end] = [index * 2 ** level, (index + 1) * 2 ** level];
        expect(end).toBe(i + 1);
        expect(hash).toEqual(definitionOfMth(leaves.slice(start, end)));
        seen.add(`${level}/${index}`);
      }
    });
    const all = [0, 1, 2, 3, 4, 5, 6].reduce((sum, level) => sum + Math.floor(70 / 2 ** level), 0);
    expect(seen.size).toBe(all);
  });

  it("continues from its size and hashes, independent of its clone", () => {
    for (let size = 0; size < 40; size++) {
      const frontier = new Frontier();
      leaves.slice(0, size).forEach((leaf) => frontier.append(leaf));
      const reopened = new Frontier({ size: frontier.size, hashes: frontier.hashes });
      const clone = frontier.clone();
      for (const each of [reopened, clone])
        for (const leaf of leaves.slice(size, size + 5)) each.append(leaf);
      expect(reopened.root()).toEqual(definitionOfMth(leaves.slice(0, size + 5)));
      expect(clone.root()).toEqual(reopened.root());
      expect(clone.size).toBe(size + 5);
      expect(frontier.size).toBe(size);
      expect(frontier.root()).toEqual(definitionOfMth(leaves.slice(0, size)));
    }
  });

  it("lists its hashes largest first, as a copy", () => {
    const frontier = new Frontier();
    leaves.slice(0, 7).forEach((leaf) => frontier.append(leaf));
    const expected = [leaves.slice(0, 4), leaves.slice(4, 6), leaves.slice(6, 7)].map(definitionOfMth);
    expect(frontier.hashes).toEqual(expected);
    frontier.hashes.pop();
    expect(frontier.hashes).toEqual(expected);
  });

  it("refuses an edge that no tree of that size has", () => {
    const hash = leaves[0]!;
    expect(() => new Frontier({ size: 3, hashes: [hash] })).toThrow("has 2 hashes, got 1");
    expect(() => new Frontier({ size: 0, hashes: [hash] })).toThrow(RangeError);
    expect(() => new Frontier({ size: 1, hashes: [hash.slice(1)] })).toThrow("32 bytes");
    expect(() => new Frontier({ size: -1, hashes: [] })).toThrow(RangeError);
    expect(() => new Frontier({ size: 1.5, hashes: [hash] })).toThrow(RangeError);
    expect(() => new Frontier().append(new Uint8Array(31))).toThrow("32 bytes");
  });

  it("fills up at 2^53 - 1 leaves", () => {
    const hashes = Array.from({ length: 52 }, () => leaves[0]!);
    const almost = new Frontier({ size: 2 ** 53 - 2, hashes });
    const [leaf, ...more] = almost.append(leaves[1]!);
    expect(leaf).toEqual({ level: 0, index: 2 ** 53 - 2, hash: leaves[1] });
    expect(more).toEqual([]);
    expect(() => almost.append(leaves[1]!)).toThrow(RangeError);
    expect(almost.size).toBe(2 ** 53 - 1);
    expect(almost.hashes).toHaveLength(53);
  });

  it("indexes beyond 32 bits", () => {
    const hashes = [leaves[0]!, leaves[1]!, leaves[2]!];
    const completed = new Frontier({ size: 2 ** 40 + 3, hashes }).append(leaves[3]!);
    expect(completed.map(({ level, index }) => [level, index])).toEqual([
      [0, 2 ** 40 + 3],
      [1, 2 ** 39 + 1],
      [2, 2 ** 38],
    ]);
  });
});

describe("proofs", () => {
  const leaves = leafHashes(40);

  it("the worked example of RFC 9162, section 2.1.5", () => {
    const [, b, c, d, , f, g] = leaves;
    const reader = readerOf(leaves.slice(0, 7));
    const mth = (start: number, end: number) => definitionOfMth(leaves.slice(start, end));
    expect(inclusionProof(0, 7, reader)).toEqual([b, mth(2, 4), mth(4, 7)]);
    expect(inclusionProof(3, 7, reader)).toEqual([c, mth(0, 2), mth(4, 7)]);
    expect(inclusionProof(4, 7, reader)).toEqual([f, g, mth(0, 4)]);
    expect(inclusionProof(6, 7, reader)).toEqual([mth(4, 6), mth(0, 4)]);
    expect(consistencyProof(3, 7, reader)).toEqual([c, d, mth(0, 2), mth(4, 7)]);
    expect(consistencyProof(4, 7, reader)).toEqual([mth(4, 7)]);
    expect(consistencyProof(6, 7, reader)).toEqual([mth(4, 6), g, mth(0, 4)]);
  });

  it("nothing to prove", () => {
    const reader = readerOf(leaves);
    expect(inclusionProof(0, 1, reader)).toEqual([]);
    for (const size of [0, 1, 39, 40]) {
      expect(consistencyProof(size, size, reader)).toEqual([]);
      expect(consistencyProof(0, size, reader)).toEqual([]);
    }
  });

  it.each([
    [0, 0],
    [1, 1],
    [40, 40],
    [-1, 40],
    [0.5, 40],
    [0, 2 ** 53],
    [NaN, 40],
  ])("no leaf %d in %d", (index, size) => {
    expect(() => inclusionProof(index, size, readerOf(leaves))).toThrow(RangeError);
  });

  it.each([
    [2, 1],
    [-1, 1],
    [1, 1.5],
    [1, 2 ** 53],
  ])("no consistency from %d to %d", (oldSize, newSize) => {
    expect(() => consistencyProof(oldSize, newSize, readerOf(leaves))).toThrow(RangeError);
  });

  it("refuses an answer of the wrong length from the reader", () => {
    expect(() => inclusionProof(0, 2, () => new Uint8Array(31))).toThrow("32 bytes");
  });

  it("asks for few subtrees, all perfect, in the largest tree", () => {
    const size = 2 ** 53 - 1;
    const asked: [number, number][] = [];
    const reader: SubtreeReader = (level, index) => {
      expect((index + 1) * 2 ** level).toBeLessThanOrEqual(size);
      asked.push([level, index]);
      return leaves[0]!;
    };
    expect(inclusionProof(2 ** 33 + 1, size, reader)).toHaveLength(53);
    expect(asked).toContainEqual([0, 2 ** 33]);
    expect(inclusionProof(size - 1, size, reader)).toHaveLength(52);
    expect(consistencyProof(2 ** 52 + 1, size, reader).length).toBeLessThanOrEqual(54);
    // Besides a subtree a level, at most one right edge of 52 parts is folded in each.
    expect(asked.length).toBeLessThanOrEqual(3 * (53 + 52));
  });
});

function packed(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => bytes.set(hash, i * 32));
  return bytes;
}
