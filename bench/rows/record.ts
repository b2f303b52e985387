import { join } from "node:path";
import type { Service } from "../../src/services/service.ts";
import { recordEvents } from "../../src/services/custody/record-events.ts";
import type { EventInput } from "../../src/services/custody/event.ts";
import { Api } from "../api.ts";
import { type Bench, copyOfStore, freshFolder, withService } from "../bench.ts";
import { HOW_TO_GET_WRK, postWithWrk, WRK } from "../load/wrk.ts";
import { wanted } from "../options.ts";
import { startSuyuan } from "../process.ts";
import { insertGroups } from "../reference/raw-sqlite.ts";
import { benchEnvironment } from "../seed/seed.ts";
import { inTurn, median } from "../statistics.ts";
import { list } from "./scan.ts";
import { makeStand, prepareWriters, type Stand, WRITE_PATH } from "./writers.ts";

const WRITERS: readonly [string, number][] = [
  ["record_1_writer", 1],
  ["record_64_writers", 64],
  ["record_single", 512],
];
const CALL = 1000;
const CALLS = 20;

/** Events recorded one by one over HTTP by many writers, and in calls of a thousand against raw SQLite. */
export async function recordRows(bench: Bench): Promise<void> {
  const { options } = bench;
  const writers = WRITERS.filter(([id]) => wanted(options, id));
  if (WRK === undefined && writers.length > 0)
    bench.note(`${HOW_TO_GET_WRK}; left out: ${writers.map(([id]) => id).join(", ")}`);
  const single = WRK === undefined ? [] : writers;
  const batches = wanted(options, "record_batch_vs_raw");
  if (single.length === 0 && !batches) return;
  const folder = copyOfStore(bench, "record");
  for (const [id, count] of single) await recordSingle(bench, folder, id, count);
  if (batches) await recordBatches(bench, folder);
}

async function recordSingle(bench: Bench, folder: string, id: string, writers: number): Promise<void> {
  const { seconds, pairs } = bench.options;
  const writes = await prepareWriters(bench, folder, writers, seconds * (pairs + 1));
  const server = await startSuyuan(benchEnvironment(folder));
  try {
    const api = new Api(server.url);
    const rates: number[] = [];
    const p99: number[] = [];
    for (let round = 0; round <= pairs; round++) {
      const before = await api.logSize();
      const run = { url: server.url, connections: writers, seconds, core: bench.options.cores.load };
      const bodies = writes.take(Math.max(1, seconds));
      const told = await postWithWrk(run, {
        bodies,
        path: WRITE_PATH,
        key: writes.key,
        prefix: `${id}-${round}-`,
      });
      const recorded = (await api.logSize()) - before;
      if (recorded < told.requests || recorded > told.requests + writers)
        throw new Error(`${told.requests} calls were acknowledged, but the log grew by ${recorded} records`);
      // The first round warms up.
      if (round > 0) rates.push(told.requests / told.seconds);
      if (round > 0) p99.push(told.p99Ms);
    }
    bench.measured.add(
      id,
      median(rates),
      `${list(rates)} events/s, each call acknowledged after its commit; p99 ${list(p99, 1)} ms; the log grew by as many`,
    );
  } finally {
    await server.stop();
  }
}

async function recordBatches(bench: Bench, folder: string): Promise<void> {
  const rounds = bench.options.pairs;
  const calls = Math.max(2, Math.round(CALLS * Math.min(1, bench.options.scale * 10)));
  await withService(folder, async ({ service }) => {
    const stand = await makeStand(bench, service, (rounds + 1) * calls * CALL);
    let groups: Uint8Array[][] = [];
    let next = 0;
    const ours = async (): Promise<number> => {
      const recorded = await sell(service, stand, next, calls);
      next += calls * CALL;
      groups = recorded.groups;
      return recorded.rate;
    };
    let file = 0;
    const raw = (): number => insertGroups(join(freshFolder(bench, "raw"), `${file++}.db`), groups);
    await ours();
    const { a, b, ratio } = await inTurn(rounds, ours, raw);
    const bytes = groups.flat().reduce((sum, record) => sum + record.length, 0) / (calls * CALL);
    bench.measured.add(
      "record_batch_vs_raw",
      ratio,
      `${list(a)} events/s in calls of ${CALL} against ${list(b)} rows/s of the same records, ${bytes.toFixed(0)} bytes each`,
    );
  });
}

/** Sells codes in calls of a thousand events; gives events a second and the records that came of them. */
async function sell(
  service: Service,
  { enterprise, batch }: Stand,
  first: number,
  calls: number,
): Promise<{ rate: number; groups: Uint8Array[][] }> {
  const at = new Date(service.platform.now()).toISOString();
  const prepared = Array.from({ length: calls }, (_, call) =>
    Array.from({ length: CALL }, (__, i): EventInput => {
      const code = first + call * CALL + i;
      return { kind: "selling", at, subjects: [{ batch, first: code, last: code }] };
    }),
  );
  const before = service.store.ledger.size();
  const startedAt = performance.now();
  for (const events of prepared) await recordEvents(service, enterprise.caller, events);
  const rate = (calls * CALL) / ((performance.now() - startedAt) / 1000);
  const groups = prepared.map((_, call) =>
    service.store.ledger.records(before + call * CALL, before + (call + 1) * CALL).map(({ bytes }) => bytes),
  );
  if (groups.flat().length !== calls * CALL) throw new Error("fewer records were stored than acknowledged");
  return { rate, groups };
}
