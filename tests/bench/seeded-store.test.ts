import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withService } from "../../bench/bench.ts";
import { checkVerdicts } from "../../bench/load/verdicts.ts";
import { parseOptions } from "../../bench/options.ts";
import { startSuyuan } from "../../bench/process.ts";
import { Random } from "../../bench/random.ts";
import { type Results, resultsPage } from "../../bench/results.ts";
import { runBench } from "../../bench/run.ts";
import { makePlan } from "../../bench/seed/plan.ts";
import { benchEnvironment, type Manifest, readManifest, seedStore } from "../../bench/seed/seed.ts";
import { TARGETS, targetOf } from "../../bench/targets.ts";
import { drawTraffic, type PlannedScan } from "../../bench/traffic.ts";

const SCALE = 0.0002;
const SEED = 7;

let folder: string;
let store: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-bench-test-"));
  store = join(folder, "store");
  manifest = await seedStore(store, SCALE, SEED);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the filled store", () => {
  it("has the contents of its plan", async () => {
    const plan = makePlan(SCALE, new Random(SEED));
    await withService(store, async ({ service }) => {
      const batches = service.register.all;
      expect(batches.map(({ count }) => count)).toEqual(plan.batches.map(({ quantity }) => quantity));
      expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(plan.codes);
      expect(service.store.ledger.size()).toBe(manifest.figures.records);
      expect(service.scan.figures().total).toBe(plan.scans);
    });
  });

  it("can be planned at ten times the original's scale", () => {
    const plan = makePlan(10, new Random(SEED));
    expect(plan.batches).toHaveLength(200_000);
    expect(plan.batches.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(516_800_000);
    expect(plan.batches.every(({ quantity }) => quantity > 0)).toBe(true);
  });

  it("has every family of trade and scans from several countries", async () => {
    await withService(store, async ({ service }) => {
      expect(new Set(service.register.all.map(({ mode }) => mode))).toEqual(
        new Set(["0110", "9610", "1039"]),
      );
      expect(Object.keys(service.scan.figures().byCountry).length).toBeGreaterThan(5);
    });
  });

  it("is used again only for the same scale and seed", () => {
    expect(readManifest(store, SCALE, SEED)).toEqual(JSON.parse(JSON.stringify(manifest)));
    expect(readManifest(store, SCALE * 2, SEED)).toBeUndefined();
    expect(readManifest(store, SCALE, SEED + 1)).toBeUndefined();
  });

  it("is never written into a folder that is not empty", async () => {
    await expect(seedStore(store, SCALE, SEED)).rejects.toThrow("not empty");
  });
});

describe("verdicts under load", () => {
  let scans: PlannedScan[];

  beforeAll(async () => {
    scans = await withService(
      store,
      async ({ service }) =>
        drawTraffic(service, manifest, { folder, count: 50, mixedCount: 3000, seed: 3 }).mixed,
    );
  });

  it("are right for genuine, inactive, void, recalled, forged and mistyped codes, and every scan is counted", async () => {
    const counted = await withService(store, async ({ service }) => service.scan.figures().total);
    const server = await startSuyuan(benchEnvironment(store));
    const { byVerdict, scans: made, meanBytes } = await checkVerdicts(server.port, scans);
    expect(server.memoryMb()).toBeGreaterThan(10);
    await server.stop();
    expect(made).toBe(scans.length);
    expect(meanBytes).toBeGreaterThan(100);
    expect(Object.keys(byVerdict).sort()).toEqual(
      ["genuine", "mistyped", "not_activated", "recalled", "unknown", "void"].sort(),
    );
    const found = made - (byVerdict["unknown"] ?? 0) - (byVerdict["mistyped"] ?? 0);
    const after = await withService(store, async ({ service }) => service.scan.figures().total);
    expect(after).toBe(counted + found);
  });

  it("are refused if they are wrong", async () => {
    const server = await startSuyuan(benchEnvironment(store));
    const wrong = scans.filter(({ verdict }) => verdict === "genuine").slice(0, 5);
    const lied = wrong.map(({ path }): PlannedScan => ({ path, verdict: "recalled" }));
    await expect(checkVerdicts(server.port, lied)).rejects.toThrow("said genuine, not recalled");
    await server.stop();
  });
});

describe("a small run", () => {
  it("measures and writes the requested rows", async () => {
    const out = join(folder, "out");
    const ids = ["start_seconds", "issue_seconds", "issue_vs_plain", "bytes_per_code", "stream_codes"];
    const more = ["record_batch_vs_raw", "trace_deep", "audit_vs_hash", "seed_bytes"];
    const only = [...ids, ...more].join(",");
    const words = ["--scale", String(SCALE), "--seed", String(SEED), "--pairs", "1", "--seconds", "0.2"];
    const options = parseOptions([...words, "--data", store, "--out", out, "--only", only]);
    if (options === "help") throw new Error("no help was asked for");
    const { rows } = await runBench(options, () => undefined);
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([...ids, ...more]));
    for (const { value, id, unit } of rows) {
      expect(value, id).toBeGreaterThan(0);
      expect(unit).toBe(targetOf(id).unit);
    }
    const written = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results;
    expect(Object.keys(written)).toEqual(["machine", "date", "scale", "commit", "rows"]);
    expect(written.rows.map(({ id }) => id)).toEqual(
      TARGETS.map(({ id }) => id).filter((id) => written.rows.some((row) => row.id === id)),
    );
    expect(readFileSync(join(out, "RESULTS.md"), "utf8")).toBe(resultsPage(written));
  });
});
