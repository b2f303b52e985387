import { describe, expect, it } from "vitest";
import { formatCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { Frontier } from "../../../src/core/ledger/merkle.ts";
import { nodeSha256 } from "../../../src/node/hash.ts";
import { Integrity } from "../../../src/services/integrity.ts";
import { requireUnderCheckpoint } from "../../../src/services/ledger/checked-proof.ts";
import { subtreeHash } from "../../../src/services/ledger/log.ts";
import type { Store } from "../../../src/store/store.ts";

const TILE = 256;
const platform = { sha256: nodeSha256 };

/** A log of made-up leaves, kept as the store keeps it: leaves, and hashes at levels 8 and 16. */
function logOf(size: number) {
  const leaves = Array.from({ length: size }, (_, i) => nodeSha256(new Uint8Array([i, i >> 8, i >> 16])));
  const kept = new Map<string, Uint8Array>();
  const frontier = new Frontier(undefined, nodeSha256);
  for (const leaf of leaves)
    for (const { level, index, hash } of frontier.append(leaf))
      if (level > 0 && level % 8 === 0) kept.set(`${level}/${index}`, hash);
  const ledger = {
    leaves: (from: number, to: number) => leaves.slice(from, to),
    treeHash: (level: number, index: number) => kept.get(`${level}/${index}`),
  };
  const reports: string[] = [];
  const integrity = new Integrity((line) => reports.push(line));
  const store = { ledger } as unknown as Store;
  const text = formatCheckpoint({ origin: "log.example/log", size, root: frontier.root() });
  const note = `${text}\n— log.example/log ${Buffer.alloc(68).toString("base64")}\n`;
  return { prover: { store, integrity, platform }, checkpoint: { size, note }, leaves, kept, reports };
}

/** The hashes of a tile at a level of tiles, of full or partial width. */
function tile(
  { prover }: ReturnType<typeof logOf>,
  level: number,
  index: number,
  width: number,
): Uint8Array[] {
  return Array.from({ length: width }, (_, i) =>
    subtreeHash(prover.store, level * 8, index * TILE + i, nodeSha256),
  );
}

describe("the hashes of a tile", () => {
  it.each([1, 2, 255, 256, 257, 300, 512, 768, 1000, 1024, 1280 + 77])(
    "lead to the checkpoint's root in a log of %i records, at every level and width",
    (size) => {
      const log = logOf(size);
      for (const level of [0, 1]) {
        const nodes = Math.floor(size / TILE ** level);
        for (let index = 0; index * TILE < nodes; index++) {
          const most = Math.min(TILE, nodes - index * TILE);
          for (const width of new Set([most, 1, Math.ceil(most / 2)])) {
            const hashes = tile(log, level, index, width);
            const shown = { level: level * 8, first: index * TILE, hashes };
            expect(() => requireUnderCheckpoint(log.prover, shown, log.checkpoint)).not.toThrow();
          }
        }
      }
      expect(log.reports).toEqual([]);
    },
  );

  it("lead there at the third level too, with a rest of the log beside them", () => {
    const size = 65_536 + 2 * TILE + 3;
    const log = logOf(size);
    for (const [level, index, width] of [
      [0, 0, 256],
      [0, 257, 256],
      [0, 258, 3],
      [1, 0, 256],
      [1, 1, 2],
      [2, 0, 1],
    ] as const) {
      const shown = { level: level * 8, first: index * TILE, hashes: tile(log, level, index, width) };
      expect(() => requireUnderCheckpoint(log.prover, shown, log.checkpoint)).not.toThrow();
    }
  });

  it("with any flipped bit are refused, and the records are named", () => {
    const log = logOf(1000);
    for (const [level, first, width, at] of [
      [0, 256, 256, 0],
      [0, 256, 256, 255],
      [0, 768, 232, 231],
      [8, 0, 3, 1],
    ] as const) {
      const hashes = tile(log, level / 8, first / TILE, width).map((hash) => Uint8Array.from(hash));
      hashes[at]![31]! ^= 1;
      const check = (): void => requireUnderCheckpoint(log.prover, { level, first, hashes }, log.checkpoint);
      expect(check).toThrow(/does not lead to the checkpoint of 1000 records/);
    }
    expect(log.reports).toEqual([
      expect.stringMatching(/the proof of records 256 to 511 .*it leads to the root/),
    ]);
    expect(log.prover.integrity.status().ok).toBe(false);
  });
});
