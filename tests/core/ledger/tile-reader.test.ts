import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyConsistency } from "../../../src/core/ledger/proof.ts";
import { formatTilePath, type Tile } from "../../../src/core/ledger/tile.ts";
import { TileError, TileReader } from "../../../src/core/ledger/tile-reader.ts";
import { entriesOf, LyingLog } from "./lying-log.ts";
import { definitionOfMth, leafHashes } from "./tree.ts";
import { leafHash } from "../../../src/core/ledger/merkle.ts";

const LONG = new LyingLog(entriesOf(700));

/** Everything that a reader of a whole log asks for. */
async function readAll(reader: TileReader): Promise<Uint8Array[]> {
  const { size } = reader.tree;
  await reader.checkRoot();
  const entries: Uint8Array[] = [];
  for (let index = 0; index * 256 < size; index++) entries.push(...(await reader.entries(index)));
  return entries;
}

/** The long log, with other answers for some paths. */
function damaged(change: (path: string, bytes: Uint8Array | null) => Uint8Array | null): TileReader {
  return new TileReader(LONG.tree, (tile) =>
    Promise.resolve(change(formatTilePath(tile), LONG.tile(tile)?.slice() ?? null)),
  );
}

describe("an honest log's tiles", () => {
  it.each([0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 700])(
    "of %d entries is read whole",
    async (size) => {
      const log = new LyingLog(entriesOf(size));
      expect(await readAll(new TileReader(log.tree, log.fetch))).toEqual(log.entries);
    },
  );

  it("asks for partial tiles as wide as the checkpoint says, though the log has grown", async () => {
    const { tree } = new LyingLog(entriesOf(300));
    const log = new LyingLog(entriesOf(700));
    expect(await readAll(new TileReader(tree, log.fetch))).toHaveLength(300);
    expect(new Set(log.asked)).toEqual(
      new Set([
        "tile/1/000.p/1",
        "tile/0/001.p/44",
        "tile/0/000",
        "tile/entries/000",
        "tile/entries/001.p/44",
      ]),
    );
  });

  it("takes the full tile if a partial one is gone", async () => {
    const { tree, entries } = new LyingLog(entriesOf(300));
    const reader = new TileReader(tree, (tile) =>
      Promise.resolve(tile.width < 256 && tile.level !== 1 ? null : LONG.tile(tile)),
    );
    expect(await readAll(reader)).toEqual(entries);
  });

  it("gives consistency proofs from every size", async () => {
    const reader = new TileReader(LONG.tree, LONG.fetch);
    const leaves = LONG.entries.map((one) => leafHash(one));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), async (oldSize) => {
        const oldRoot = definitionOfMth(leaves.slice(0, oldSize));
        const proof = await reader.consistencyProof(oldSize);
        verifyConsistency({ oldSize, oldRoot, newSize: 700, newRoot: LONG.tree.root, proof });
      }),
      { numRuns: 60, examples: [[1], [255], [256], [257], [512], [699], [700]] },
    );
    await expect(reader.consistencyProof(701)).rejects.toThrow(RangeError);
  });

  it("reads three levels of tiles", async () => {
    // Leaf hashes alone: a tree of 65,536 + 300 leaves with a full tile on each of two levels.
    const leaves = leafHashes(65_536 + 300);
    const at = (level: number, index: number): Uint8Array =>
      definitionOfMth(leaves.slice(index * 256 ** level, (index + 1) * 256 ** level));
    const serve = ({ level, index, width }: Tile): Promise<Uint8Array> =>
      Promise.resolve(
        Uint8Array.from(
          Array.from({ length: width }, (_, i) => [...at(level as number, index * 256 + i)]).flat(),
        ),
      );
    const reader = new TileReader({ size: leaves.length, root: definitionOfMth(leaves) }, serve);
    for (const index of [0, 100, 255, 256, 257])
      expect((await reader.hashes(0, index)).slice(0, 32)).toEqual(leaves[index * 256]);
    const proof = await reader.consistencyProof(70);
    expect(() =>
      verifyConsistency({
        oldSize: 70,
        oldRoot: definitionOfMth(leaves.slice(0, 70)),
        newSize: leaves.length,
        newRoot: reader.tree.root,
        proof,
      }),
    ).not.toThrow();
    await expect(reader.hashes(0, 258)).rejects.toThrow("has no tile 0/258");
  });
});

describe("a log that serves something else than it signed", () => {
  const PATHS = [
    "tile/1/000.p/2",
    "tile/0/000",
    "tile/0/001",
    "tile/0/002.p/188",
    "tile/entries/000",
    "tile/entries/001",
    "tile/entries/002.p/188",
  ];

  it("is asked for each of these tiles", async () => {
    const log = new LyingLog(LONG.entries);
    await readAll(new TileReader(log.tree, log.fetch));
    expect([...new Set(log.asked)].toSorted()).toEqual(PATHS.toSorted());
  });

  it.each(PATHS)("is refused with any one byte of %s changed", async (path) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (position, flip) => {
        const reader = damaged((asked, bytes) => {
          if (asked === path && bytes) bytes[position % bytes.length]! ^= flip;
          return bytes;
        });
        await expect(readAll(reader)).rejects.toBeInstanceOf(TileError);
      }),
      { numRuns: 25 },
    );
  });

  it.each(PATHS)("is refused with %s cut, lengthened or withheld", async (path) => {
    const changes = [
      (bytes: Uint8Array) => bytes.slice(0, -1),
      (bytes: Uint8Array) => bytes.slice(0, -32),
      (bytes: Uint8Array) => Uint8Array.from([...bytes, 0]),
      () => new Uint8Array(0),
      () => null,
    ];
    for (const change of changes) {
      const reader = damaged((asked, bytes) => (asked === path && bytes ? change(bytes) : bytes));
      await expect(readAll(reader)).rejects.toBeInstanceOf(TileError);
    }
  });

  it("is refused with the wrong entry named, and its right hash", async () => {
    const forged = entriesOf(700).map((one, i) => (i === 300 ? one.with(5, 99) : one));
    const reader = new TileReader(LONG.tree, (tile) =>
      Promise.resolve((tile.level === "entries" ? new LyingLog(forged) : LONG).tile(tile)),
    );
    await expect(readAll(reader)).rejects.toMatchObject({ fault: "entry", at: "entry 300" });
  });

  it("is refused if the signed size or root is another", async () => {
    const { size, root } = LONG.tree;
    const trees = [
      { size: size - 1, root },
      { size: 0, root },
      { size, root: root.with(0, root[0]! ^ 1) },
      { size: size + 1, root },
    ];
    for (const tree of trees)
      await expect(new TileReader(tree, LONG.fetch).checkRoot()).rejects.toBeInstanceOf(TileError);
  });

  it("passes on the error of a failed fetch", async () => {
    const reader = new TileReader(LONG.tree, () => Promise.reject(new Error("no network")));
    await expect(reader.checkRoot()).rejects.toThrow("no network");
  });
});
