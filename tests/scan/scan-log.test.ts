import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Distribution } from "../../src/scan/distribution.ts";
import { ScanLog } from "../../src/scan/scan-log.ts";
import { Sightings, WINDOW_SECONDS } from "../../src/scan/sightings.ts";
import { Tally } from "../../src/scan/tally.ts";
import { PAGE_KEYS } from "../../src/scan/tally-page.ts";
import type { IssuedBatch } from "../../src/scan/batch-register.ts";
import { openSqlite, type SqliteBinding } from "../../src/node/data/sqlite.ts";
import { openStore, type Store } from "../../src/store/store.ts";

const BATCH = { mode: "0110", category: "food" } as IssuedBatch;
const START_SECONDS = 1_790_000_000;

/** The state that a scan updates, put together as in scan.ts. */
class Counting {
  readonly tally: Tally;
  readonly distribution: Distribution;
  readonly sightings = new Sightings();
  readonly log: ScanLog;

  constructor(store: Store, budgetBytes: number, nowSeconds: number) {
    const totals = store.scans.totals();
    this.tally = new Tally((number) => store.scans.page(number), budgetBytes);
    this.distribution = new Distribution(totals?.totals);
    this.log = new ScanLog(store, this, totals, (error) => {
      throw error;
    });
    this.log.replay(nowSeconds);
  }

  scan({ key, region, at }: Scanned): void {
    const { regions } = this.distribution;
    const number = regions.numberOf(region);
    const country = regions.countryOf(number);
    const slot = this.tally.add(key, number, at, this.log.nextSequence);
    const sighting = slot.count > 1 && country !== 0;
    if (sighting) this.sightings.add(key, country, 0, at);
    this.distribution.add("genuine", number, BATCH, slot.count === 1, at);
    this.log.append({ key, region, atSeconds: at, verdict: "genuine", sighting });
  }

  countries(key: number, nowSeconds: number): number {
    const { regions } = this.distribution;
    const slot = this.tally.get(key);
    if (slot === undefined || slot.count < 3) return 0;
    const first = { country: regions.countryOf(slot.firstRegion), seconds: slot.firstSeconds };
    return this.sightings.spread(key, nowSeconds, first).countries;
  }
}

interface Scanned {
  key: number;
  region: string;
  at: number;
}

let folder: string;
let binding: SqliteBinding;
let store: Store;

function renew(): void {
  binding.close();
  rmSync(folder, { recursive: true, force: true });
  begin();
}

function begin(): void {
  folder = mkdtempSync(join(tmpdir(), "suyuan-scan-log-"));
  binding = openSqlite(folder);
  store = openStore(binding);
}

beforeEach(() => {
  // No flush but those that a test makes.
  vi.useFakeTimers();
  begin();
});
afterEach(() => {
  binding.close();
  rmSync(folder, { recursive: true, force: true });
  vi.useRealTimers();
});

function expectCounted(counting: Counting, kept: readonly Scanned[], now: number): void {
  for (const key of new Set(kept.map((one) => one.key))) {
    const mine = kept.filter((one) => one.key === key);
    const slot = counting.tally.get(key)!;
    expect({ ...slot, firstRegion: counting.distribution.regions.name(slot.firstRegion) }).toEqual({
      count: mine.length,
      firstSeconds: mine[0]!.at,
      firstRegion: mine[0]!.region,
    });
    const recent = mine.filter(({ region, at }) => region !== "unknown" && at >= now - WINDOW_SECONDS);
    const countries = new Set(recent.map(({ region }) => region.slice(0, 2)));
    if (mine.length >= 3) expect(counting.countries(key, now)).toBe(countries.size);
  }
  const { total, codes, byCountry } = counting.distribution.figures();
  expect({ total, codes }).toEqual({
    total: kept.length,
    codes: new Set(kept.map((one) => one.key)).size,
  });
  expect(byCountry["NZ"] ?? 0).toBe(kept.filter(({ region }) => region === "NZ").length);
}

const action = fc.oneof(
  { weight: 12, arbitrary: fc.record({ scans: fc.integer({ min: 1, max: 90 }), seed: fc.nat() }) },
  { weight: 4, arbitrary: fc.constant("flush" as const) },
  { weight: 1, arbitrary: fc.constant("crash" as const) },
  { weight: 1, arbitrary: fc.constant("stop" as const) },
  { weight: 1, arbitrary: fc.constant("a day passes" as const) },
);

describe("the scan log and its totals", () => {
  it("agree with a plain list through flushes, crashes, stops and days, with memory for hardly a page", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 5, maxLength: 40 }),
        fc.constantFrom(64, 1000, 1_000_000),
        async (actions, budgetBytes) => {
          renew();
          runs += 1;
          let counting = new Counting(store, budgetBytes, START_SECONDS);
          let kept: Scanned[] = [];
          let now = START_SECONDS;
          for (const act of actions) {
            if (typeof act === "object")
              for (let i = 0, at = act.seed; i < act.scans; i++) {
                at = (Math.imul(at, 1_103_515_245) + 12_345) >>> 0;
                now += at % 40;
                const scanned = {
                  key: 3 * 2 ** 45 + ((at >>> 8) % 9) * PAGE_KEYS + ((at >>> 12) % 5),
                  region: ["NZ", "CN-GD", "CN", "KR", "unknown", "US"][(at >>> 20) % 6]!,
                  at: now,
                };
                counting.scan(scanned);
                kept.push(scanned);
              }
            else if (act === "flush") await counting.log.flush();
            else if (act === "a day passes") now += WINDOW_SECONDS;
            else {
              if (act === "stop") counting.log.close();
              else kept = kept.slice(0, kept.length - counting.log.waitingScans);
              counting = new Counting(store, budgetBytes, now);
            }
            expectCounted(counting, kept, now);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(runs).toBeGreaterThanOrEqual(60);
  }, 120_000);

  it("delete blocks that every page includes, and keep sightings for a day", async () => {
    const counting = new Counting(store, 1_000_000, START_SECONDS);
    const blocks = (): number => store.scans.blocksAfter(0, 1_000_000).length;
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 256; i++)
        counting.scan({
          key: (round % 4) * PAGE_KEYS + round * 256 + i,
          region: "NZ",
          at: START_SECONDS + round,
        });
      await counting.log.flush();
    }
    // Four pages in turn, one written a flush: no more than the last few blocks are to be read again.
    expect(blocks()).toBeLessThanOrEqual(5);
    counting.scan({ key: 0, region: "NZ", at: START_SECONDS + 50 });
    counting.log.close();
    expect(blocks()).toBe(1);
    const later = new Counting(store, 1_000_000, START_SECONDS + WINDOW_SECONDS + 60);
    for (let i = 0; i < 3; i++) {
      later.scan({ key: 5 * PAGE_KEYS + i, region: "NZ", at: START_SECONDS + WINDOW_SECONDS + 60 + i });
      await later.log.flush();
    }
    later.log.close();
    expect(blocks()).toBe(0);
  });

  it("write at most one page per thousand scans, not one per scan", async () => {
    const counting = new Counting(store, 1_000_000, START_SECONDS);
    const put = vi.spyOn(store.scans, "putPage");
    for (let i = 0; i < 6400; i++) {
      counting.scan({ key: i * 7, region: "NZ", at: START_SECONDS + i });
      if (i % 100 === 99) await counting.log.flush();
    }
    expect(put.mock.calls.length).toBeLessThanOrEqual(6400 / 64);
    counting.log.close();
  });
});
