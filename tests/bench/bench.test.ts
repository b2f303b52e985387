import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withService } from "../../bench/bench.ts";
import { checkVerdicts } from "../../bench/load/verdicts.ts";
import { parseOptions } from "../../bench/options.ts";
import { startServer, startSuyuan } from "../../bench/process.ts";
import { Random } from "../../bench/random.ts";
import { openPlain } from "../../bench/reference/plain-store.ts";
import { hashAll } from "../../bench/reference/raw-hash.ts";
import { insertGroups } from "../../bench/reference/raw-sqlite.ts";
import { mergeResults, type Results, resultsPage } from "../../bench/results.ts";
import { runBench } from "../../bench/run.ts";
import { makePlan } from "../../bench/seed/plan.ts";
import { benchEnvironment, type Manifest, readManifest, seedStore } from "../../bench/seed/seed.ts";
import { inTurn, median, percentile } from "../../bench/statistics.ts";
import { reached, TARGETS, targetOf } from "../../bench/targets.ts";
import { drawTraffic, type PlannedScan } from "../../bench/traffic.ts";
import Sqlite from "better-sqlite3";

const SCALE = 0.0002;
const SEED = 7;
const TIMEOUT_MS = 240_000;

let folder: string;
let store: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-bench-test-"));
  store = join(folder, "store");
  manifest = await seedStore(store, SCALE, SEED);
}, TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the filled store", () => {
  it("holds what its plan says", async () => {
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

  it("is not filled over something else", async () => {
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

  it("are refused where they are wrong", async () => {
    const server = await startSuyuan(benchEnvironment(store));
    const wrong = scans.filter(({ verdict }) => verdict === "genuine").slice(0, 5);
    const lied = wrong.map(({ path }): PlannedScan => ({ path, verdict: "recalled" }));
    await expect(checkVerdicts(server.port, lied)).rejects.toThrow("said genuine, not recalled");
    await server.stop();
  });
});

describe("a small run", () => {
  it(
    "measures the rows asked for and writes them",
    async () => {
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
    },
    TIMEOUT_MS,
  );
});

describe("the references", () => {
  it("(a) and (b) answer a body of the length asked for", async () => {
    for (const file of ["node-http", "hono"]) {
      const server = await startServer([`bench/reference/${file}.ts`, "--bytes", "526"]);
      const response = await fetch(`${server.url}/T/0000`);
      const text = await response.text();
      await server.stop();
      expect(response.status).toBe(200);
      expect(text).toHaveLength(526);
      expect(response.headers.get("Content-Type")).toContain("application/json");
    }
  });

  it("(c) keeps a row for each code and inserts one for each scan, over HTTP too", async () => {
    const file = join(folder, "plain.db");
    const plain = openPlain(file);
    const codes = plain.issue(5000);
    expect(new Set(codes).size).toBe(5000);
    expect(plain.codes()).toBe(5000);
    const code = codes[4321] as string;
    expect(plain.scan(code, new Date(1000))?.scans).toEqual({ count: 1, first: 1000 });
    expect(plain.scan(code, new Date(2000))?.scans).toEqual({ count: 2, first: 1000 });
    expect(plain.scan("0000000000000000", new Date())).toBeUndefined();
    expect(plain.scans()).toBe(2);
    plain.close();
    const server = await startServer(["bench/reference/plain.ts", "--file", file]);
    const answer = (await (await fetch(`${server.url}/01/09520001000010/21/${code}`)).json()) as {
      verdict: string;
      scans: { count: number };
    };
    await server.stop();
    expect(answer).toMatchObject({ verdict: "genuine", code, scans: { count: 3, first: 1000 } });
  });

  it("(d) stores every byte it is given, in WAL with synchronous=FULL", () => {
    const file = join(folder, "raw.db");
    const groups = [[new Uint8Array([1, 2, 3]), new Uint8Array([4])], [new Uint8Array([5, 6])]];
    expect(insertGroups(file, groups)).toBeGreaterThan(0);
    const sqlite = new Sqlite(file, { readonly: true });
    const rows = sqlite.prepare("SELECT bytes FROM record ORDER BY n").all() as { bytes: Buffer }[];
    expect(rows.map(({ bytes }) => [...bytes])).toEqual([[1, 2, 3], [4], [5, 6]]);
    expect(sqlite.pragma("journal_mode", { simple: true })).toBe("wal");
    sqlite.close();
    expect(existsSync(file)).toBe(true);
  });

  it("(e) reads every record", () => {
    let read = 0;
    function* records(): Generator<Uint8Array> {
      for (; read < 10; read++) yield new Uint8Array(read);
    }
    expect(hashAll(records(), [3, 1])).toBeGreaterThan(0);
    expect(read).toBe(10);
  });
});

function run(machine: string, date: string, rows: Results["rows"]): Results {
  return { machine, date, scale: 1, commit: "c", rows };
}

describe("figures", () => {
  it("of pairs are the median of their own ratios", async () => {
    const a = [2, 30, 4];
    const b = [1, 10, 4];
    let turn = "";
    const { ratio } = await inTurn(
      3,
      () => ((turn += "A"), a.shift() as number),
      () => ((turn += "B"), b.shift() as number),
    );
    expect(turn).toBe("ABABAB");
    expect(ratio).toBe(2);
    expect(median([1, 2, 3, 10])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it("percentiles are the smallest value that so many do not exceed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const found = percentile(values, share);
          expect(values).toContain(found);
          expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(
            share * values.length,
          );
          expect(values.filter((value) => value < found).length).toBeLessThan(share * values.length);
        },
      ),
    );
  });

  it("are held to their bounds in the right direction", () => {
    expect(reached(targetOf("scan_vs_hono"), 0.79)).toBe("no");
    expect(reached(targetOf("scan_vs_hono"), 0.8)).toBe("yes");
    expect(reached(targetOf("scan_vs_hono"), 1)).toBe("hoped");
    expect(reached(targetOf("issue_seconds"), 181)).toBe("no");
    expect(reached(targetOf("issue_seconds"), 100)).toBe("yes");
    expect(reached(targetOf("issue_seconds"), 59)).toBe("hoped");
    expect(reached(targetOf("scan_per_second"), 1)).toBeUndefined();
  });

  it("of a later run take the place of an earlier one's, row by row, on one machine", () => {
    const at = { scale: 1, commit: "c", note: "" };
    const row = (id: string, value: number, date: string) => ({ id, value, unit: "ratio", date, ...at });
    const before = run("m", "d1", [row("fake_flood", 1, "d1"), row("scan_vs_hono", 2, "d1")]);
    const now = run("m", "d2", [row("fake_flood", 3, "d2")]);
    expect(mergeResults(before, now).rows).toEqual([
      row("scan_vs_hono", 2, "d1"),
      row("fake_flood", 3, "d2"),
    ]);
    expect(mergeResults({ ...before, machine: "other" }, now).rows).toEqual(now.rows);
    expect(resultsPage(mergeResults(before, now))).toContain("| `fake_flood` |");
  });

  it("refuses options that it does not know", () => {
    expect(() => parseOptions(["--only", "scan_vs_rust"])).toThrow("no row is called scan_vs_rust");
    expect(() => parseOptions(["--scale", "11"])).toThrow("--scale must be a number from 0.0001 to 10");
    expect(() => parseOptions(["--cores", "three"])).toThrow("apart or free");
    expect(parseOptions(["--help"])).toBe("help");
    expect(parseOptions([])).toMatchObject({ scale: 1, out: resolve(import.meta.dirname, "../../bench") });
    expect(parseOptions(["--scale", "0.5"])).not.toMatchObject({
      out: resolve(import.meta.dirname, "../../bench"),
    });
  });
});
