import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Api } from "../api.ts";
import { type Bench, copyOfStore, freshFolder, withService } from "../bench.ts";
import { K6, HOW_TO_GET_K6, mixedTraffic } from "../load/k6.ts";
import type { OpenLoopResult } from "../load/open-loop.ts";
import { checkVerdicts } from "../load/verdicts.ts";
import { askWithWrk, HOW_TO_GET_WRK, postWithWrk, WRK } from "../load/wrk.ts";
import { wanted } from "../options.ts";
import { runProgram, type Server, startServer, startSuyuan } from "../process.ts";
import { openPlain } from "../reference/plain-store.ts";
import { benchEnvironment, seedStore } from "../seed/seed.ts";
import { inTurn, median } from "../statistics.ts";
import { drawTraffic, pathOf, type Traffic } from "../traffic.ts";
import { prepareWriters, WRITE_PATH } from "./writers.ts";

const CONNECTIONS = 64;
const WRITERS = 512;
/**
 * Pairs of a comparison of p99s, for every pair of throughputs: the machine stops as a whole for some milliseconds now and
 * then, and one such moment decides a p99.
 */
const tailPairs = (pairs: number): number => 2 * pairs + 1;
/** Codes drawn for load: at full scale they are half a million different ones. */
const MOST_DRAWN = 500_000;
const MIXED = 20_000;
/** Scans of a measurement under writes, as a share of saturation. */
const MODERATE = 0.25;
const PLAIN_ROWS = 5_000_000;
/** A store of 10,000 codes, as a share of the original's. */
const SMALL_SCALE = 10_000 / 51_680_000;

/** What all rows of the scan share: the service up on a copy of the filled store, and what to ask it. */
interface Scene {
  bench: Bench;
  server: Server;
  folder: string;
  traffic: Traffic;
  /** Mean length of an answer; the references' bodies are as long. */
  bodyBytes: number;
  /** Scans a second at saturation; measured first. */
  saturation: number;
}

const SCAN_ROWS = [
  "scan_vs_hono",
  "scan_p99",
  "scan_growth",
  "scan_vs_plain",
  "fake_flood",
  "memory_serving",
  "scan_under_writes",
  "scan_per_second",
  "mixed_p99_ms",
];

const NEED_SATURATION = ["scan_vs_hono", "scan_per_second", "scan_p99", "mixed_p99_ms", "scan_under_writes"];

/** The rows of the scan. Verdicts are checked first, over a mixture of all kinds of codes; a wrong one ends the run. */
export async function scanRows(bench: Bench): Promise<void> {
  const { options } = bench;
  if (wanted(options, "start_seconds")) await startSeconds(bench);
  if (!wanted(options, ...SCAN_ROWS)) return;
  const scene = await begin(bench);
  try {
    if (WRK === undefined) {
      bench.note(
        `${HOW_TO_GET_WRK}; left out: ${SCAN_ROWS.filter((id) => id !== "memory_serving").join(", ")}`,
      );
      if (wanted(options, "memory_serving")) await memoryServing(scene);
    } else {
      if (wanted(options, ...NEED_SATURATION)) await againstHono(scene);
      if (wanted(options, "fake_flood")) await fakeFlood(scene);
      if (wanted(options, "memory_serving")) await memoryServing(scene);
      if (wanted(options, "scan_growth")) await growth(scene);
      if (wanted(options, "scan_vs_plain")) await againstPlain(scene);
      if (wanted(options, "mixed_p99_ms")) await mixed(scene);
      // Last, because it writes.
      if (wanted(options, "scan_under_writes")) await underWrites(scene);
    }
  } finally {
    await scene.server.stop();
  }
}

async function begin(bench: Bench): Promise<Scene> {
  const folder = copyOfStore(bench, "scan");
  const { manifest } = bench.seeded;
  const count = Math.min(MOST_DRAWN, manifest.figures.codes);
  const traffic = await withService(folder, async ({ service }) =>
    drawTraffic(service, manifest, {
      folder: bench.work,
      count,
      mixedCount: MIXED,
      seed: bench.options.seed,
    }),
  );
  const server = await startSuyuan(benchEnvironment(folder), bench.options.cores.server);
  try {
    const { scans, meanBytes, byVerdict } = await checkVerdicts(server.port, traffic.mixed);
    bench.note(`verdicts of ${scans} scans are right: ${JSON.stringify(byVerdict)}`);
    return { bench, server, folder, traffic, bodyBytes: meanBytes, saturation: 0 };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Scans a second that wrk gets answered, all as fast as it can. */
async function throughput(scene: Scene, server: Server, paths: string): Promise<number> {
  const { seconds, cores } = scene.bench.options;
  const run = { url: server.url, connections: CONNECTIONS, seconds, core: cores.load };
  const result = await askWithWrk(run, paths);
  return result.requests / result.seconds;
}

async function againstHono(scene: Scene): Promise<void> {
  const { bench, server, traffic, bodyBytes } = scene;
  const { options, measured } = bench;
  const bytes = ["--bytes", String(bodyBytes)];
  const hono = await startServer(["bench/reference/hono.ts", ...bytes], {}, bench.options.cores.server);
  const bare = await startServer(["bench/reference/node-http.ts", ...bytes], {}, bench.options.cores.server);
  try {
    // Once unmeasured: both compilers warm, both stores' pages read.
    await throughput(scene, server, traffic.genuine);
    await throughput(scene, hono, traffic.genuine);
    const { a, b, ratio } = await inTurn(
      options.pairs,
      () => throughput(scene, server, traffic.genuine),
      () => throughput(scene, hono, traffic.genuine),
    );
    scene.saturation = median(a);
    const http = await throughput(scene, bare, traffic.genuine);
    measured.add(
      "scan_per_second",
      scene.saturation,
      `wrk, ${CONNECTIONS} connections, bodies of ${bodyBytes} bytes`,
    );
    measured.add(
      "scan_vs_hono",
      ratio,
      `${list(a)} against ${list(b)} a second; bare node:http (a) ${list([http])}; bodies of ${bodyBytes} bytes`,
    );
    if (wanted(options, "scan_p99")) await p99(scene, hono);
  } finally {
    await hono.stop();
    await bare.stop();
  }
}

async function p99(scene: Scene, hono: Server): Promise<void> {
  const { bench, server, saturation } = scene;
  const rate = saturation / 2;
  const late: number[] = [];
  const of = async (asked: Server): Promise<number> => {
    const result = await openLoop(scene, asked, rate, ["--spin"]);
    late.push(result.lateP99Ms);
    return result.p99Ms;
  };
  const { a, b, ratio } = await inTurn(
    tailPairs(bench.options.pairs),
    () => of(server),
    () => of(hono),
  );
  bench.measured.add(
    "scan_p99",
    ratio,
    `${list(a, 2)} against ${list(b, 2)} ms at ${Math.round(rate)} a second, arrivals at a constant rate; ` +
      `the load's own lateness, p99: ${median(late).toFixed(2)} ms`,
  );
}

async function openLoop(
  scene: Scene,
  server: Server,
  rate: number,
  more: string[] = [],
): Promise<OpenLoopResult> {
  const { bench, traffic } = scene;
  const words = [
    "--port",
    server.port,
    "--rate",
    rate,
    "--seconds",
    bench.options.seconds,
    "--paths",
    traffic.genuine,
    ...more,
  ];
  const printed = await runProgram(
    process.execPath,
    [join(import.meta.dirname, "../load/open-loop.ts"), ...words.map(String)],
    bench.options.cores.load,
  );
  const result = JSON.parse(printed) as OpenLoopResult;
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.sent} scans failed`);
  return result;
}

async function fakeFlood(scene: Scene): Promise<void> {
  const { bench, server, traffic } = scene;
  const { a, b, ratio } = await inTurn(
    bench.options.pairs,
    () => throughput(scene, server, traffic.forged),
    () => throughput(scene, server, traffic.genuine),
  );
  bench.measured.add("fake_flood", ratio, `${list(a)} forged against ${list(b)} genuine ones a second`);
}

/** The most while all sorts of codes are scanned as fast as they are answered. */
async function memoryServing(scene: Scene): Promise<void> {
  const { bench, server, traffic } = scene;
  let most = server.memoryMb();
  const watch = setInterval(() => (most = Math.max(most, server.memoryMb())), 100);
  try {
    if (WRK === undefined) await checkVerdicts(server.port, traffic.mixed);
    else await throughput(scene, server, traffic.genuine);
  } finally {
    clearInterval(watch);
  }
  const { codes, scans } = bench.seeded.manifest.figures;
  bench.measured.add(
    "memory_serving",
    most,
    `highest VmRSS under load; ${codes} codes issued, ${scans} scans before`,
  );
}

async function growth(scene: Scene): Promise<void> {
  const { bench, server, traffic } = scene;
  const folder = freshFolder(bench, "small");
  const manifest = await seedStore(folder, SMALL_SCALE, bench.options.seed);
  const count = manifest.figures.codes;
  const small = await withService(folder, async ({ service }) =>
    drawTraffic(service, manifest, { folder, count, mixedCount: 0, seed: bench.options.seed }),
  );
  const other = await startSuyuan(benchEnvironment(folder), bench.options.cores.server);
  try {
    await throughput(scene, other, small.genuine);
    const { a, b, ratio } = await inTurn(
      bench.options.pairs,
      () => throughput(scene, server, traffic.genuine),
      () => throughput(scene, other, small.genuine),
    );
    const { codes } = bench.seeded.manifest.figures;
    bench.measured.add("scan_growth", ratio, `${list(a)} at ${codes} codes against ${list(b)} at ${count}`);
  } finally {
    await other.stop();
  }
}

async function againstPlain(scene: Scene): Promise<void> {
  const { bench, server, traffic } = scene;
  const file = join(bench.work, "plain.db");
  const rows = plainRows(bench);
  const store = openPlain(file);
  const codes = store.issue(rows);
  store.close();
  const paths = join(bench.work, "plain.txt");
  const every = Math.max(1, Math.floor(rows / MOST_DRAWN));
  const drawn = codes.filter((_, i) => i % every === 0).map((code) => pathOf(code, "09520001000010"));
  writeFileSync(paths, `${drawn.join("\n")}\n`);
  const plain = await startServer(
    ["bench/reference/plain.ts", "--file", file],
    {},
    bench.options.cores.server,
  );
  try {
    await throughput(scene, plain, paths);
    const { a, b, ratio } = await inTurn(
      bench.options.pairs,
      () => throughput(scene, server, traffic.genuine),
      () => throughput(scene, plain, paths),
    );
    bench.measured.add("scan_vs_plain", ratio, `${list(a)} against ${list(b)} a second at its ${rows} rows`);
  } finally {
    await plain.stop();
  }
}

/** How many rows the plain design is held to: its 5 million, fewer below full scale. */
export function plainRows({ options }: Pick<Bench, "options">): number {
  return Math.max(10_000, Math.round(PLAIN_ROWS * Math.min(1, options.scale)));
}

async function mixed(scene: Scene): Promise<void> {
  const { bench, server, traffic, saturation } = scene;
  if (K6 === undefined) {
    bench.note(`${HOW_TO_GET_K6}; left out: mixed_p99_ms`);
    return;
  }
  const found = await mixedTraffic(server.url, traffic.mixed, {
    folder: bench.work,
    seconds: bench.options.seconds,
    most: saturation / 4,
    core: bench.options.cores.load,
  });
  bench.measured.add("mixed_p99_ms", found.p99Ms, found.note);
}

/** Scans at a moderate constant rate, with and without 512 writers that report events as fast as they are answered. */
async function underWrites(scene: Scene): Promise<void> {
  const { bench, server, folder, saturation } = scene;
  const { options } = bench;
  await server.stop();
  const pairs = tailPairs(options.pairs);
  const writes = await prepareWriters(bench, folder, WRITERS, options.seconds * pairs * 2);
  const again = await startSuyuan(benchEnvironment(folder));
  scene.server = again;
  const rate = saturation * MODERATE;
  const api = new Api(again.url);
  const late: number[] = [];
  let written = 0;
  let round = 0;
  // Once unmeasured: it has just been started, and reads the pages of what is scanned.
  await openLoop(scene, again, rate);
  const { a, b, ratio } = await inTurn(
    pairs,
    async () => {
      const before = await api.logSize();
      const run = {
        url: again.url,
        connections: WRITERS,
        seconds: options.seconds + 2,
        core: bench.options.cores.load,
      };
      const bodies = writes.take(run.seconds);
      const load = postWithWrk(run, {
        bodies,
        path: WRITE_PATH,
        key: writes.key,
        prefix: `under-${round++}-`,
      });
      const scanned = await openLoop(scene, again, rate);
      await load;
      written += (await api.logSize()) - before;
      late.push(scanned.lateP99Ms);
      return scanned.p99Ms;
    },
    async () => (await openLoop(scene, again, rate)).p99Ms,
  );
  bench.measured.add(
    "scan_under_writes",
    ratio,
    `${list(a, 2)} ms against ${list(b, 2)} ms at ${Math.round(rate)} scans a second; ${written} events written meanwhile; ` +
      `the load's own lateness beside the writers, p99: ${median(late).toFixed(2)} ms`,
  );
}

/** From starting the process to the first right answer; the system's file cache is warm. */
async function startSeconds(bench: Bench): Promise<void> {
  const folder = copyOfStore(bench, "start");
  const { manifest } = bench.seeded;
  const { mixed: scans } = await withService(folder, async ({ service }) =>
    drawTraffic(service, manifest, {
      folder: bench.work,
      count: 1,
      mixedCount: 200,
      seed: bench.options.seed,
    }),
  );
  const genuine = scans.find(({ verdict }) => verdict === "genuine");
  if (genuine === undefined) throw new Error("no genuine code was drawn");
  const took: number[] = [];
  for (let i = 0; i < Math.max(3, bench.options.pairs); i++) {
    const startedAt = performance.now();
    const server = await startSuyuan(benchEnvironment(folder), bench.options.cores.server);
    await checkVerdicts(server.port, [genuine]);
    took.push((performance.now() - startedAt) / 1000);
    await server.stop();
  }
  bench.measured.add("start_seconds", median(took), `${list(took, 2)} s, file cache warm`);
}

export function list(values: readonly number[], digits = 0): string {
  return values.map((value) => value.toFixed(digits)).join(", ");
}
