import type { EventInput } from "../../src/services/custody/event.ts";
import { recordEvents } from "../../src/services/custody/record-events.ts";
import type { Service } from "../../src/services/service.ts";
import { type Bench, copyOfStore, withService } from "../bench.ts";
import { Connection, getRequest } from "../load/connection.ts";
import { wanted } from "../options.ts";
import { startSuyuan } from "../process.ts";
import { CodeDraw } from "../seed/scanning.ts";
import { container, sscc } from "../seed/identifiers.ts";
import { benchEnvironment } from "../seed/seed.ts";
import { inTurn, percentile } from "../statistics.ts";
import { list } from "./scan.ts";
import { makeStand } from "./writers.ts";

const CODES = 4096;
/** The first half is packed; the second only activated and shipped as a lot. */
const PACKED = CODES / 2;
const CARTON = 16;
const CARTONS_TO_A_PALLET = 16;
const CARTON_COUNT = PACKED / CARTON;
const PALLET_COUNT = CARTON_COUNT / CARTONS_TO_A_PALLET;
const TRACES = 3000;
const LEAST_TRACES = 200;
/** Far from the numbers of units that the filling gives out. */
const FIRST_UNIT = 900_000_000_000;
const LAST_CONTAINER = 999_999;
/** The codes are ordered now, and events may be dated up to 5 minutes before the order. */
const STEP_MS = 10_000;

/** The trace of a code in a carton, on a pallet, in an overpack, in a container, against one that was never packed. */
export async function traceRows(bench: Bench): Promise<void> {
  if (!wanted(bench.options, "trace_deep")) return;
  const folder = copyOfStore(bench, "trace");
  const { deep, shallow } = await withService(folder, ({ service }) => packDeep(bench, service));
  const server = await startSuyuan(benchEnvironment(folder), bench.options.cores.server);
  const connection = await Connection.open(server.port);
  const traces = Math.max(LEAST_TRACES, Math.round(TRACES * Math.min(1, bench.options.scale * 10)));
  const p99 = async (codes: readonly string[], units: number): Promise<number> => {
    const tookMs: number[] = [];
    for (let i = 0; i < traces; i++) {
      const code = codes[(i * 7) % codes.length] as string;
      const startedAt = performance.now();
      const { status, body } = await connection.send(getRequest(`/v1/trace/${code}`));
      tookMs.push(performance.now() - startedAt);
      if (i < 10) checkTrace(status, body, units);
    }
    return percentile(tookMs, 0.99);
  };
  try {
    await p99(deep, 4);
    await p99(shallow, 0);
    const { a, b, ratio } = await inTurn(
      bench.options.pairs,
      () => p99(deep, 4),
      () => p99(shallow, 0),
    );
    bench.measured.add(
      "trace_deep",
      ratio,
      `${list(a, 2)} against ${list(b, 2)} ms, one after another, ${traces} each time`,
    );
  } finally {
    connection.close();
    await server.stop();
  }
}

async function packDeep(bench: Bench, service: Service): Promise<{ deep: string[]; shallow: string[] }> {
  const stand = await makeStand(bench, service, CODES);
  const { batch, enterprise } = stand;
  const now = service.platform.now();
  const at = (stepsAgo: number): string => new Date(now - stepsAgo * STEP_MS).toISOString();
  const box = container(LAST_CONTAINER);
  const events: EventInput[] = [];
  for (let n = 0; n < CARTON_COUNT; n++) {
    const subjects = [{ batch, first: n * CARTON, last: (n + 1) * CARTON - 1 }];
    events.push({ kind: "packing", at: at(9), subjects, into: carton(n) });
  }
  for (let n = 0; n < PALLET_COUNT; n++) {
    const subjects = Array.from({ length: CARTONS_TO_A_PALLET }, (_, i) => ({
      unit: carton(n * CARTONS_TO_A_PALLET + i),
    }));
    events.push({ kind: "packing", at: at(8), subjects, into: pallet(n) });
    events.push({ kind: "packing", at: at(7), subjects: [{ unit: pallet(n) }], into: overpack(n) });
  }
  const overpacks = Array.from({ length: PALLET_COUNT }, (_, n) => ({ unit: overpack(n) }));
  const lot = [{ batch, first: PACKED, last: CODES - 1 }];
  for (const [kind, stepsAgo] of [
    ["inspecting", 6],
    ["storing", 5],
    ["dispatching", 4],
  ] as const)
    events.push({ kind, at: at(stepsAgo), subjects: lot });
  events.push({ kind: "loading", at: at(3), subjects: overpacks, into: box });
  await recordEvents(service, enterprise.caller, events);
  const issued = service.register.get(batch);
  if (issued === undefined) throw new Error(`batch ${batch} is not there`);
  const draw = new CodeDraw(service, [issued]);
  return {
    deep: Array.from({ length: PACKED }, (_, i) => draw.at(i).code),
    shallow: Array.from({ length: CODES - PACKED }, (_, i) => draw.at(PACKED + i).code),
  };
}

function carton(n: number): string {
  return sscc(FIRST_UNIT + n);
}

function pallet(n: number): string {
  return sscc(FIRST_UNIT + CARTON_COUNT + n);
}

function overpack(n: number): string {
  return `lpn:OVERPACK-${n}`;
}

/** A trace names the units that its steps came through. @throws Error where they are not so many */
function checkTrace(status: number, body: string, units: number): void {
  const named = new Set(body.match(/(?:sscc:\d{18}|container:[A-Z]{4}\d{7}|OVERPACK-\d+)/g) ?? []);
  if (status !== 200 || named.size > units)
    throw new Error(`a trace was answered ${status}: ${body.slice(0, 300)}`);
  const steps = (JSON.parse(body) as { steps: unknown[] }).steps.length;
  if (steps < Math.max(4, units)) throw new Error(`a trace has ${steps} steps: ${body.slice(0, 300)}`);
}
