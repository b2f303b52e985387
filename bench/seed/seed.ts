import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configFrom } from "../../src/node/config.ts";
import { openService } from "../../src/node/open.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { type Service } from "../../src/services/service.ts";
import { ANONYMOUS, type Caller } from "../../src/services/caller.ts";
import { describeCommit } from "../machine.ts";
import { Progress } from "../progress.ts";
import { Random } from "../random.ts";
import {
  admitEnterprise,
  admitGoods,
  type FiledGoods,
  inWaves,
  type Organisation,
  registerAuthority,
} from "./filing.ts";
import { JOURNEY_HOURS, travel } from "./journey.ts";
import { orderCodes } from "./ordering.ts";
import { type Fate, makePlan, type Plan, type PlannedBatch } from "./plan.ts";
import { scanCodes } from "./scanning.ts";

/** What is known of a filled store besides what is in it: enough to say which verdict each of its codes must get. */
export interface Manifest {
  version: number;
  scale: number;
  seed: number;
  authority: Organisation;
  filled: { date: string; commit: string };
  batches: { id: string; fate: Fate; spoiled: number }[];
  figures: SeedFigures;
}

export interface SeedFigures {
  codes: number;
  batches: number;
  goods: number;
  enterprises: number;
  events: number;
  scans: number;
  records: number;
  seconds: number;
  bytes: number;
  peakMemoryMb: number;
  /** Where the seconds went. */
  secondsBy: Record<Stage, number>;
}

type Stage = "filing" | "issuing" | "custody" | "scans";

/** Raised when the same scale and seed fill a store in another way. */
const VERSION = 1;
const MANIFEST = "bench.json";
/** The three years, in slices of eleven days: what is filed, ordered, shipped and scanned is spread over them. */
const BEGIN_MS = Date.parse("2023-10-01T00:00:00Z");
const END_MS = Date.parse("2026-10-01T00:00:00Z");
const SLICES = 100;
const SLICE_MS = (END_MS - BEGIN_MS) / SLICES;
const HOUR_MS = 60 * 60 * 1000;
const BATCHES_AT_ONCE = 64;

/** The configuration of every service that the benchmark starts. */
export function benchConfig(folder: string): ReturnType<typeof configFrom> {
  return configFrom(benchEnvironment(folder));
}

/** The same as environment variables. Codes never activated do not expire here, so that verdicts do not hang on the day. */
export function benchEnvironment(folder: string): Record<string, string> {
  return {
    SUYUAN_DATA: folder,
    SUYUAN_HOST: "trace.example.org",
    SUYUAN_PORT: "0",
    SUYUAN_UNUSED_EXPIRE_DAYS: "0",
    SUYUAN_DEFAULT_QUOTA: "2000000000",
    SUYUAN_ANONYMOUS_PER_MINUTE: "0",
  };
}

/** The manifest of a folder that was filled with this scale and seed; undefined for any other folder. */
export function readManifest(folder: string, scale: number, seed: number): Manifest | undefined {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  return manifest.version === VERSION && manifest.scale === scale && manifest.seed === seed
    ? manifest
    : undefined;
}

/**
 * Fills a fresh store with three years of a scale, through the services that users' calls reach.
 * @throws Error where the folder has something in it
 */
export async function seedStore(folder: string, scale: number, seed: number): Promise<Manifest> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty, and not filled with this scale and seed`);
  const begunMs = Date.now();
  const clock = { nowMs: BEGIN_MS };
  const opened = openService(benchConfig(folder), {
    ...nodePlatform,
    now: () => clock.nowMs,
    monotonic: () => clock.nowMs,
  });
  const filling = new Filling(opened.service, clock, makePlan(scale, new Random(seed)), new Random(seed + 1));
  let authority: Organisation;
  try {
    authority = await filling.run();
  } finally {
    await opened.close();
  }
  const { plan, batches, events, records } = filling;
  const manifest: Manifest = {
    version: VERSION,
    scale,
    seed,
    authority,
    filled: { date: new Date().toISOString(), commit: describeCommit() },
    batches,
    figures: {
      codes: plan.codes,
      batches: plan.batches.length,
      goods: plan.goods,
      enterprises: plan.enterprises,
      events,
      scans: plan.scans,
      records,
      seconds: (Date.now() - begunMs) / 1000,
      bytes: folderBytes(folder),
      peakMemoryMb: process.resourceUsage().maxRSS / 1024,
      secondsBy: filling.secondsBy,
    },
  };
  writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest), { mode: 0o600 });
  return manifest;
}

/** The store's own files: the database and what SQLite keeps beside it. */
export function folderBytes(folder: string): number {
  return readdirSync(folder)
    .filter((name) => name.startsWith("suyuan.db"))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** One run of filling a store. */
class Filling {
  readonly plan: Plan;
  readonly batches: Manifest["batches"] = [];
  readonly secondsBy: Record<Stage, number> = { filing: 0, issuing: 0, custody: 0, scans: 0 };
  events = 0;
  records = 0;
  private readonly service: Service;
  private readonly clock: { nowMs: number };
  private readonly random: Random;
  private goods: FiledGoods[] = [];
  private enterprises: Organisation[] = [];
  private authority: Caller = ANONYMOUS;

  constructor(service: Service, clock: { nowMs: number }, plan: Plan, random: Random) {
    this.service = service;
    this.clock = clock;
    this.plan = plan;
    this.random = random;
  }

  /** @returns the authority that approved everything */
  async run(): Promise<Organisation> {
    const { service, plan } = this;
    const progress = new Progress("seed");
    const authority = await registerAuthority(service);
    this.authority = authority.caller;
    await this.timed("filing", async () => {
      this.enterprises = await inWaves(plan.enterprises, (n) =>
        admitEnterprise(service, authority.caller, n),
      );
    });
    for (let slice = 0; slice < SLICES; slice++) {
      // Codes are ordered at the start of a slice. What is reported in a slice lies in it, so its reports come at its end.
      this.clock.nowMs = BEGIN_MS + slice * SLICE_MS;
      await this.timed("filing", () => this.fileGoods(slice));
      const placed = await this.timed("issuing", () => this.order(slice));
      this.clock.nowMs += SLICE_MS;
      await this.timed("custody", () => this.ship(placed));
      await this.timed("scans", () => this.scan(slice));
      progress.at((slice + 1) / SLICES, `${service.store.ledger.size()} records`);
    }
    this.records = service.store.ledger.size();
    return authority;
  }

  private async fileGoods(slice: number): Promise<void> {
    const { from, to } = share(this.plan.goods, slice);
    const admit = (n: number): Promise<FiledGoods> =>
      admitGoods(
        this.service,
        this.authority,
        this.enterprises[(from + n) % this.enterprises.length] as Organisation,
        from + n,
      );
    this.goods = this.goods.concat(await inWaves(to - from, admit));
  }

  private async order(slice: number): Promise<Placed[]> {
    const { from, to } = share(this.plan.batches.length, slice);
    const chosen = this.plan.batches
      .slice(from, to)
      .map((planned) => ({ planned, goods: this.random.pick(this.goods) }));
    const placed = await inWaves(chosen.length, async (n): Promise<Placed> => {
      const { planned, goods } = chosen[n] as { planned: PlannedBatch; goods: FiledGoods };
      const valueUsd = (planned.quantity * this.plan.usdPerCode).toFixed(2);
      const order = { goods, quantity: planned.quantity, lot: `L${planned.place}`, valueUsd };
      return { planned, goods, id: await orderCodes(this.service, this.authority, order) };
    });
    await this.service.issuer.settled();
    for (const { id, planned } of placed) {
      if (this.service.register.get(id)?.count !== planned.quantity)
        throw new Error(`batch ${id} was not issued`);
      this.batches.push({ id, fate: planned.fate, spoiled: planned.spoiled });
    }
    return placed;
  }

  private async ship(placed: Placed[]): Promise<void> {
    const { authority } = this;
    const latest = SLICE_MS - JOURNEY_HOURS * HOUR_MS;
    const travelling = placed.map((one) => ({
      ...one,
      authority,
      importer: this.random.pick(this.enterprises.filter(({ id }) => id !== one.goods.owner.id)),
      // Every container is emptied within the slice, and goes out again in the next.
      container: one.planned.place % placed.length,
      beginsMs: this.clock.nowMs - SLICE_MS + this.random.below(latest),
    }));
    const events = await inWaves(
      travelling.length,
      (n) => travel(this.service, travelling[n] as (typeof travelling)[number]),
      BATCHES_AT_ONCE,
    );
    this.events += events.reduce((sum, count) => sum + count, 0);
  }

  private async scan(slice: number): Promise<void> {
    const { from, to } = share(this.plan.scans, slice);
    if (this.service.register.all.length === 0) return;
    const toMs = this.clock.nowMs;
    await scanCodes(this.service, this.random, { count: to - from, fromMs: toMs - SLICE_MS, toMs });
  }

  private async timed<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const value = await work();
    this.secondsBy[stage] += (performance.now() - startedAt) / 1000;
    return value;
  }
}

interface Placed {
  id: string;
  planned: PlannedBatch;
  goods: FiledGoods;
}

/** A slice's share of `count` things, none left out; the first slice has at least one. */
function share(count: number, slice: number): { from: number; to: number } {
  return { from: Math.ceil((count * slice) / SLICES), to: Math.ceil((count * (slice + 1)) / SLICES) };
}
