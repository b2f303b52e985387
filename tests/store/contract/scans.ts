import { expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { bytes, kept, type Subject } from "./subject.ts";

const block = (sequence: number, at: number, sightings: number) => ({
  sequence,
  at,
  sightings,
  scans: bytes(sequence),
});
const tallies = ({ scans: s }: Store) => [s.page(3), s.totals()];

/** The part of the contract about the scan log and its tallies. */
export function scanContract(t: Subject): void {
  it("stores blocks of the scan log, and drops old ones and those without sightings", async () => {
    const blocks = [block(1, 10, 0), block(2, 20, 3), block(3, 30, 0), block(4, 40, 0)];
    t.store.transact(() => blocks.forEach((one) => t.store.scans.addBlock(one)));
    expect(await kept(t, ({ scans: s }) => s.blocksAfter(1, 2))).toEqual([blocks[1], blocks[2]]);
    t.store.transact(() => t.store.scans.dropWithoutSightings(1, 3));
    expect(t.store.scans.blocksAfter(0, 9)).toEqual([blocks[0], blocks[1], blocks[3]]);
    t.store.transact(() => t.store.scans.dropAged(3, 20));
    expect(await kept(t, ({ scans: s }) => s.blocksAfter(0, 9))).toEqual([blocks[1], blocks[3]]);
    t.store.transact(() => t.store.scans.dropAged(1, 999));
    expect(t.store.scans.blocksAfter(0, 9)).toHaveLength(2);
  });

  it("drops some 64 aged blocks in one call", () => {
    t.store.transact(() => {
      for (let sequence = 1; sequence <= 100; sequence++) t.store.scans.addBlock(block(sequence, 1, 1));
      t.store.scans.dropAged(100, 2);
    });
    expect(t.store.scans.blocksAfter(0, 1)[0]?.sequence).toBe(66);
  });

  it("stores pages of tallies and the totals, the first time and after", async () => {
    const page = { number: 3, through: 5, slots: bytes(1), hot: null };
    const later = { number: 3, through: 6, slots: bytes(2), hot: bytes(3) };
    expect([t.store.scans.page(3), t.store.scans.totals()]).toEqual([undefined, undefined]);
    t.store.transact(() => {
      t.store.scans.putPage(page, false);
      t.store.scans.putTotals({ through: 5, tail: 4, totals: "{}" });
    });
    expect(await kept(t, tallies)).toEqual([page, { id: 1, through: 5, tail: 4, totals: "{}" }]);
    t.store.transact(() => {
      t.store.scans.putPage(later, true);
      t.store.scans.putTotals({ through: 6, tail: 5, totals: "[]" });
    });
    expect(await kept(t, tallies)).toEqual([later, { id: 1, through: 6, tail: 5, totals: "[]" }]);
  });
}
