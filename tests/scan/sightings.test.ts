import * as fc from "fast-check";
import { expect, it } from "vitest";
import { MOST_MARKS, Sightings, WINDOW_SECONDS } from "../../src/scan/sightings.ts";

const NOBODY = { country: 0, seconds: 0 };

function distinct(numbers: number[]): number {
  return new Set(numbers.filter((one) => one !== 0)).size;
}

it("countries and networks of the last 24 hours agree with a search of all scans", () => {
  const scan = fc.record({
    key: fc.nat({ max: 90 }).map((n) => 5 * 2 ** 45 + n),
    country: fc.nat({ max: 5 }),
    network: fc.oneof(fc.nat({ max: 5 }), fc.constant(2 ** 31 - 1)),
    afterSeconds: fc.nat({ max: WINDOW_SECONDS / 20 }),
  });
  fc.assert(
    fc.property(fc.array(scan, { maxLength: 500 }), (scans) => {
      const sightings = new Sightings();
      const firsts = new Map<number, { country: number; seconds: number }>();
      const all: { key: number; country: number; network: number; at: number }[] = [];
      let now = 1_000_000;
      for (const { key, country, network, afterSeconds } of scans) {
        now += afterSeconds;
        const first = firsts.get(key);
        all.push({ key, country, network: first === undefined ? 0 : network, at: now });
        if (first === undefined) firsts.set(key, { country, seconds: now });
        else sightings.add(key, country, network, now);
        const recent = all.filter((one) => one.key === key && one.at >= now - WINDOW_SECONDS);
        const spread = sightings.spread(key, now, firsts.get(key)!);
        expect(spread).toMatchObject({
          countries: distinct(recent.map((one) => one.country)),
          networks: distinct(recent.map((one) => one.network)),
        });
        // The earliest of the last scans from each country and network.
        const lasts = new Map<string, number>();
        for (const one of recent) {
          if (one.country !== 0) lasts.set(`c${one.country}`, one.at);
          if (one.network !== 0) lasts.set(`n${one.network}`, one.at);
        }
        expect(spread.sinceSeconds).toBeGreaterThanOrEqual(Math.min(now, ...recent.map(({ at }) => at)));
        expect(spread.sinceSeconds).toBeLessThanOrEqual(Math.min(now, ...lasts.values()));
      }
    }),
    { numRuns: 60 },
  );
});

it("a code scanned from a million networks keeps a bounded list", () => {
  const sightings = new Sightings();
  for (let network = 1; network <= 1_000_000; network++) sightings.add(7, 1, network, 1_000_000);
  const { countries, networks } = sightings.spread(7, 1_000_000, NOBODY);
  expect(countries + networks).toBe(MOST_MARKS);
});

it("a day with more codes than the limit drops the older table, never the newest scans", () => {
  const sightings = new Sightings();
  const codes = 1_200_000;
  for (let key = 0; key < codes; key++) sightings.add(key, 1, 0, 1_000_000);
  for (const key of [codes - 1, 0])
    expect(sightings.spread(key, 1_000_000, NOBODY).countries, String(key)).toBe(1);
  for (let key = codes; key < 3 * codes; key++) sightings.add(key, 1, 0, 1_000_000);
  expect(sightings.spread(3 * codes - 1, 1_000_000, NOBODY).countries).toBe(1);
  expect(sightings.spread(0, 1_000_000, NOBODY).countries).toBe(0);
});
