import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tally } from "../../src/scan/tally.ts";
import { PAGE_KEYS, TallyPage } from "../../src/scan/tally-page.ts";
import type { ScanPageRow } from "../../src/store/scans.ts";

const REGION = 7;

describe("a page of the tally", () => {
  it("agrees with plain counting for any order of keys, and is read back unchanged", () => {
    const scan = fc.tuple(fc.nat(PAGE_KEYS - 1), fc.nat(511), fc.nat(2 ** 32 - 1));
    fc.assert(
      fc.property(fc.array(scan, { maxLength: 400 }), (scans) => {
        const page = new TallyPage(3);
        const counted = new Map<number, { count: number; firstSeconds: number; firstRegion: number }>();
        for (const [offset, firstRegion, firstSeconds] of scans) {
          const slot = counted.get(offset) ?? { count: 0, firstSeconds, firstRegion };
          slot.count += 1;
          counted.set(offset, slot);
          expect(page.add(offset, firstRegion, firstSeconds)).toEqual(slot);
        }
        const { slots, hot } = page.row();
        const again = new TallyPage(3, { through: 1, slots: slots.slice(), hot });
        for (let offset = 0; offset < PAGE_KEYS; offset += 1) {
          expect(page.get(offset)).toEqual(counted.get(offset));
          expect(again.get(offset)).toEqual(counted.get(offset));
        }
      }),
      { numRuns: 20 },
    );
  });

  it("counts a hot code exactly, beyond a slot's capacity and over a restart", () => {
    let page = new TallyPage(0);
    page.add(4, REGION, 99);
    for (let count = 1; count <= 2000; count++) {
      expect(page.add(5, REGION, 100 + count).count).toBe(count);
      if (count % 100 !== 0) continue;
      const { slots, hot } = page.row();
      page = new TallyPage(0, { through: 1, slots: slots.slice(), hot });
    }
    expect(page.get(5)).toEqual({ count: 2000, firstSeconds: 101, firstRegion: REGION });
    expect(page.get(4)?.count).toBe(1);
  });

  it("holds every code of its span in 8 bytes per code, and at most 10 while it fills", () => {
    const page = new TallyPage(0);
    for (let step = 0; step < PAGE_KEYS; step++) {
      page.add((step * 5_003) % PAGE_KEYS, REGION, step);
      if (step > 1000) expect(page.sizeBytes).toBeLessThan(10 * (step + 1));
    }
    expect(page.sizeBytes).toBeLessThanOrEqual(8 * (PAGE_KEYS + 16));
    for (let offset = 0; offset < PAGE_KEYS; offset++) expect(page.get(offset)?.count).toBe(1);
  });

  it.each([
    { name: "one after the other", offset: (i: number) => i },
    { name: "backwards", offset: (i: number) => PAGE_KEYS - 1 - i },
    // Mixed, these are consecutive and end at the last: 10,125 times 13,125 is 1 modulo 2^14.
    { name: "with homes side by side", offset: (i: number) => ((PAGE_KEYS - 1 - i) * 13_125) % PAGE_KEYS },
  ])("accepts keys $name", ({ offset }) => {
    const page = new TallyPage(0);
    for (let i = 0; i < 3000; i++) expect(page.add(offset(i), REGION, i).count).toBe(1);
    for (let i = 0; i < 3000; i++)
      expect(page.add(offset(i), 1, 9999)).toMatchObject({ count: 2, firstSeconds: i });
    const { slots, hot } = page.row();
    const again = new TallyPage(0, { through: 1, slots, hot });
    for (let i = 0; i < PAGE_KEYS; i++)
      expect(again.get(offset(i))?.firstSeconds).toBe(i < 3000 ? i : undefined);
  });

  it("refuses a row that is not whole slots", () => {
    expect(() => new TallyPage(1, { through: 1, slots: new Uint8Array(12), hot: null })).toThrow(RangeError);
  });
});

describe("the tally", () => {
  it("reads pages on demand, and evicts unused ones when memory is short", () => {
    const rows = new Map<number, ScanPageRow>();
    const asked: number[] = [];
    const read = (number: number): ScanPageRow | undefined => {
      asked.push(number);
      return rows.get(number);
    };
    const tally = new Tally(read, 4 * 48);
    const write = (): void => {
      const pages = tally.due(0);
      for (const page of pages) {
        const { slots, hot } = page.row();
        rows.set(page.number, {
          number: page.number,
          through: 1,
          slots: Buffer.from(slots),
          hot: hot && Buffer.from(hot),
        });
      }
      tally.written(pages, 1);
    };
    for (let number = 0; number < 20; number++) {
      tally.add(number * PAGE_KEYS + number, REGION, number, 1);
      write();
      expect(tally.pressure).toBeLessThanOrEqual(1);
    }
    expect(rows.size).toBeGreaterThanOrEqual(16);
    for (let number = 0; number < 20; number++)
      expect(tally.get(number * PAGE_KEYS + number)).toMatchObject({ count: 1, firstSeconds: number });
    // Asked for again and again, a page stays.
    write();
    tally.get(3 * PAGE_KEYS + 3);
    asked.length = 0;
    for (let other = 4; other < 8; other++) {
      tally.get(3 * PAGE_KEYS + 3);
      tally.get(other * PAGE_KEYS + other);
      write();
    }
    expect(asked.filter((number) => number === 3)).toEqual([]);
  });
});
