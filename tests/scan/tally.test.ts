import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tally } from "../../src/scan/tally.ts";

const DAY = 24 * 60 * 60;
const scan = fc.record({
  key: fc.nat({ max: 20 }).map((n) => 5 * 2 ** 45 + n),
  region: fc.constantFrom("unknown", "NZ", "CN", "CN-GD", "CN-BJ", "KR", "HK", "US"),
  after: fc.nat({ max: DAY / 3 }),
});

describe("the tally", () => {
  it("agrees with counting over the whole list", () => {
    fc.assert(
      fc.property(fc.array(scan, { maxLength: 150 }), (list) => {
        const tally = new Tally(4);
        let now = 1_000_000;
        const seen: { key: number; region: string; at: number }[] = [];
        for (const { key, region, after } of list) {
          now += after;
          tally.add(key, region, now);
          seen.push({ key, region, at: now });
        }
        for (const key of new Set(seen.map((one) => one.key))) {
          const mine = seen.filter((one) => one.key === key);
          const recent = mine.filter((one) => one.region !== "unknown" && one.at >= now - DAY);
          const countries = new Set(recent.map((one) => one.region.slice(0, 2))).size;
          expect(tally.get(key)).toEqual({
            count: mine.length,
            firstSeconds: mine[0]?.at,
            firstRegion: mine[0]?.region,
          });
          expect(tally.countriesOf(key, now)).toBe(Math.min(countries, 3));
        }
        expect(tally.size).toBe(new Set(seen.map((one) => one.key)).size);
      }),
    );
  });

  it("keeps consecutive keys apart as it grows", () => {
    const tally = new Tally(8);
    for (let key = 0; key < 50_000; key++) tally.add(key, "NZ", key);
    for (let key = 0; key < 50_000; key += 997) expect(tally.get(key)?.firstSeconds).toBe(key);
    expect(tally.get(50_000)).toBeUndefined();
    expect(tally.countriesOf(50_000, 0)).toBe(0);
  });
});
