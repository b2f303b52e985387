import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Frontier,
  consistencyProof,
  inclusionProof,
  leafHash,
  rootOf,
  type SubtreeReader,
} from "../../../src/core/ledger/merkle.ts";
import {
  ProofError,
  pathNodes,
  rootFromInclusion,
  verifyConsistency,
  verifyInclusion,
} from "../../../src/core/ledger/proof.ts";
import { definitionOfMth, leafHashes, readerOf } from "./tree.ts";
import { vectorFolder } from "./vectors.ts";

const LEAVES = leafHashes(3000);
/** Every perfect subtree of LEAVES, gathered as the frontier completes them. */
const SUBTREES = new Map<string, Uint8Array>();
/** Root of the first `size` leaves, by size. */
const ROOTS = [rootOf([])];
const frontier = new Frontier();
for (const leaf of LEAVES) {
  for (const { level, index, hash } of frontier.append(leaf)) SUBTREES.set(`${level}/${index}`, hash);
  ROOTS.push(frontier.root());
}
const reader: SubtreeReader = (level, index) => SUBTREES.get(`${level}/${index}`)!;
const size = fc.integer({ min: 1, max: LEAVES.length });

function inclusionClaim(index: number, treeSize: number) {
  const proof = inclusionProof(index, treeSize, reader);
  return { leafHash: LEAVES[index]!, index, size: treeSize, proof, root: ROOTS[treeSize]! };
}

function consistencyClaim(oldSize: number, newSize: number) {
  const proof = consistencyProof(oldSize, newSize, reader);
  return { oldSize, newSize, oldRoot: ROOTS[oldSize]!, newRoot: ROOTS[newSize]!, proof };
}

describe("inclusion", () => {
  it("every leaf of every tree to 70 leaves, and no other place or size", () => {
    for (let treeSize = 1; treeSize <= 70; treeSize++)
      for (let index = 0; index < treeSize; index++) {
        const claim = inclusionClaim(index, treeSize);
        expect(() => verifyInclusion(claim)).not.toThrow();
        expect(rootFromInclusion(claim.leafHash, index, treeSize, claim.proof)).toEqual(ROOTS[treeSize]);
        const elsewhere = (index + 1) % (treeSize + 1);
        expect(() => verifyInclusion({ ...claim, index: elsewhere })).toThrow(ProofError);
      }
  });

  it("random leaves of trees to 3,000", () =>
    fc.assert(
      fc.property(size, fc.nat(), (treeSize, draw) => {
        expect(() => verifyInclusion(inclusionClaim(draw % treeSize, treeSize))).not.toThrow();
      }),
    ));

  it("refuses any change of a byte, and hashes left out, added or swapped", () =>
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (treeSize, draw, where) => {
        const claim = inclusionClaim(draw % treeSize, treeSize);
        const { proof } = claim;
        const refused = (change: Partial<typeof claim>) =>
          expect(() => verifyInclusion({ ...claim, ...change })).toThrow(ProofError);
        refused({ leafHash: flip(claim.leafHash, where) });
        refused({ root: flip(claim.root, where) });
        refused({ proof: [...proof, claim.root] });
        refused({ proof: [claim.leafHash, ...proof] });
        if (proof.length === 0) return;
        const i = where % proof.length;
        refused({ proof: proof.with(i, flip(proof[i]!, where)) });
        refused({ proof: proof.with(i, proof[i]!.slice(1)) });
        refused({ proof: proof.toSpliced(i, 1) });
        if (proof.length > 1) refused({ proof: proof.toReversed() });
      }),
    ));

  it("names the root that it found", () => {
    const claim = inclusionClaim(0, 1);
    const wrong = new Uint8Array(32);
    expect(() => verifyInclusion({ ...claim, root: wrong })).toThrow(
      `root: expected ${Buffer.from(wrong).toString("base64")}, found ${Buffer.from(claim.root).toString("base64")}`,
    );
  });

  it.each([
    [0, 0],
    [1, 1],
    [-1, 1],
    [0.5, 1],
    [2 ** 53, 2 ** 54],
    [NaN, 1],
  ])("no leaf %d in a tree of %d", (index, treeSize) => {
    expect(() => rootFromInclusion(LEAVES[0]!, index, treeSize, [])).toThrow(ProofError);
  });

  it("the largest tree: its proof has 53 hashes on the left and 52 at the far right", () => {
    const count = 2 ** 53 - 1;
    const hashes = (length: number) => Array.from({ length }, () => LEAVES[0]!);
    expect(pathNodes(LEAVES[1]!, 0, count, hashes(53))).toHaveLength(54);
    expect(() => pathNodes(LEAVES[1]!, 0, count, hashes(52))).toThrow("ends below the root");
    expect(() => pathNodes(LEAVES[1]!, 0, count, hashes(54))).toThrow("continues above the root");
    const nodes = pathNodes(LEAVES[1]!, count - 1, count, hashes(52));
    expect(nodes.at(1)).toMatchObject({ level: 2, index: 2 ** 51 - 1, start: 2 ** 53 - 4, end: count });
    expect(nodes.at(-1)).toMatchObject({ level: 53, index: 0, start: 0, end: count });
  });
});

describe("pathNodes", () => {
  it("is every node above the leaf, each once, in every tree to 70 leaves", () => {
    for (let treeSize = 1; treeSize <= 70; treeSize++)
      for (let index = 0; index < treeSize; index++) {
        const { leafHash: leaf, proof } = inclusionClaim(index, treeSize);
        expect(pathNodes(leaf, index, treeSize, proof)).toEqual(ancestors(index, treeSize));
      }
  });
});

describe("consistency", () => {
  it("all pairs to 70 leaves", () => {
    for (let newSize = 1; newSize <= 70; newSize++)
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const claim = consistencyClaim(oldSize, newSize);
        expect(() => verifyConsistency(claim)).not.toThrow();
        expect(claim.proof).toEqual(consistencyProof(oldSize, newSize, readerOf(LEAVES.slice(0, newSize))));
      }
  });

  it("random pairs to 3,000; refuses changed proofs", () =>
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (newSize, draw, where) => {
        const oldSize = 1 + (draw % newSize);
        const claim = consistencyClaim(oldSize, newSize);
        const { proof } = claim;
        expect(() => verifyConsistency(claim)).not.toThrow();
        const refused = (change: Partial<typeof claim>) =>
          expect(() => verifyConsistency({ ...claim, ...change })).toThrow(ProofError);
        refused({ oldRoot: flip(claim.oldRoot, where) });
        refused({ newRoot: flip(claim.newRoot, where) });
        refused({ proof: [...proof, claim.newRoot] });
        refused({ oldSize: newSize + 1 });
        if (proof.length === 0) return;
        const i = where % proof.length;
        refused({ proof: proof.with(i, flip(proof[i]!, where)) });
        refused({ proof: proof.with(i, proof[i]!.slice(1)) });
        refused({ proof: proof.toSpliced(i, 1) });
        refused({ proof: [] });
      }),
    ));

  it("a rewritten leaf is detected from every later size", () => {
    const rewritten = LEAVES.slice(0, 40).with(5, leafHash(new Uint8Array(1)));
    const liar = readerOf(rewritten);
    for (let oldSize = 6; oldSize <= 40; oldSize++) {
      const proof = consistencyProof(oldSize, 40, liar);
      const claim = {
        oldSize,
        newSize: 40,
        oldRoot: ROOTS[oldSize]!,
        newRoot: definitionOfMth(rewritten),
        proof,
      };
      expect(() => verifyConsistency(claim)).toThrow(ProofError);
    }
  });

  it.each([
    [0, 0],
    [0, 5],
    [5, 4],
    [-1, 5],
    [1, 1.5],
    [1, 2 ** 53],
  ])("nothing is proven from %d to %d", (oldSize, newSize) => {
    const root = ROOTS[0]!;
    expect(() => verifyConsistency({ oldSize, newSize, oldRoot: root, newRoot: root, proof: [] })).toThrow(
      ProofError,
    );
  });
});

const merkle = vectorFolder("tlog/merkle/testdata");

interface Vector {
  desc: string;
  wantErr: boolean;
  proof: string[] | null;
  [field: string]: unknown;
}

const vectors = (kind: string) =>
  (merkle.present ? readdirSync(join(merkle.path, kind), { recursive: true, encoding: "utf8" }) : [])
    .filter((name) => name.endsWith(".json"))
    .map((name): [string, Vector] => [name, readVector(join(merkle.path, kind, name))]);

describe.runIf(merkle.present)("the vectors of transparency-dev/merkle", () => {
  it("are complete", () => {
    expect(vectors("inclusion")).toHaveLength(98);
    expect(vectors("consistency")).toHaveLength(98);
  });

  it.each(vectors("inclusion"))("inclusion/%s", (_name, vector) => {
    const verify = () =>
      verifyInclusion({
        leafHash: bytes(vector["leafHash"]),
        index: Number(vector["leafIdx"]),
        size: Number(vector["treeSize"]),
        proof: (vector.proof ?? []).map(bytes),
        root: bytes(vector["root"]),
      });
    expect(isRefused(verify)).toBe(vector.wantErr);
  });

  it.each(vectors("consistency"))("consistency/%s", (_name, vector) => {
    const verify = () =>
      verifyConsistency({
        oldSize: Number(vector["size1"]),
        newSize: Number(vector["size2"]),
        oldRoot: bytes(vector["root1"]),
        newRoot: bytes(vector["root2"]),
        proof: (vector.proof ?? []).map(bytes),
      });
    expect(isRefused(verify)).toBe(vector.wantErr);
  });
});

/** 18446744073709551615 becomes 2^64 as a double: no safe integer either way, so it is refused. */
function readVector(path: string): Vector {
  return JSON.parse(readFileSync(path, "utf8")) as Vector;
}

function bytes(base64: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(typeof base64 === "string" ? base64 : "", "base64"));
}

/** Whether a claim is refused as unproven; any other error is passed on. */
function isRefused(verify: () => void): boolean {
  try {
    verify();
    return false;
  } catch (error) {
    if (error instanceof ProofError) return true;
    throw error;
  }
}

function flip(hash: Uint8Array, where: number): Uint8Array {
  const i = where % hash.length;
  return hash.with(i, hash[i]! ^ (1 << (where % 8)));
}

/** From the definition: the ranges that the tree's recursive split gives, down to the leaf. */
function ancestors(index: number, treeSize: number) {
  const nodes = [];
  for (let [start, end] = [0, treeSize]; ;) {
    let level = 0;
    while (2 ** level < end - start) level++;
    const hash = definitionOfMth(LEAVES.slice(start, end));
    nodes.unshift({ level, index: start / 2 ** level, start, end, hash });
    if (end - start === 1) return nodes;
    const middle = start + 2 ** (level - 1);
    if (index < middle) end = middle;
    else start = middle;
  }
}
