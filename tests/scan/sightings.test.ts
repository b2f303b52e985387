import * as fc from "fast-check";
import { expect, it } from "vitest";
import { MANY_COUNTRIES, Sightings, WINDOW_SECONDS } from "../../src/scan/sightings.ts";

it("countries of the last 24 hours agree with a search of all scans", () => {
  const scan = fc.record({
    key: fc.nat({ max: 90 }).map((n) => 5 * 2 ** 45 + n),
    country: fc.nat({ max: 5 }),
    afterSeconds: fc.nat({ max: WINDOW_SECONDS / 20 }),
  });
  fc.assert(
    fc.property(fc.array(scan, { maxLength: 500 }), (scans) => {
      const sightings = new Sightings();
      const firsts = new Map<number, { country: number; seconds: number }>();
      const all: { key: number; country: number; at: number }[] = [];
      let now = 1_000_000;
      for (const { key, country, afterSeconds } of scans) {
        now += afterSeconds;
        all.push({ key, country, at: now });
        const first = firsts.get(key);
        if (first === undefined) firsts.set(key, { country, seconds: now });
        else if (country !== 0) sightings.add(key, country, now);
        const recent = all.filter((one) => one.key === key && one.country !== 0);
        const seen = new Set(recent.filter(({ at }) => at >= now - WINDOW_SECONDS).map((one) => one.country));
        expect(sightings.countries(key, now, firsts.get(key)!)).toBe(Math.min(seen.size, MANY_COUNTRIES));
      }
    }),
    { numRuns: 60 },
  );
});
