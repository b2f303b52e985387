import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { EventsBody } from "../../src/http/api/event-schema.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { openService } from "../../src/node/open.ts";
import type { EventInput } from "../../src/services/custody/event.ts";
import { recordEvents } from "../../src/services/custody/record-events.ts";
import type { Service } from "../../src/services/service.ts";
import { type Bench, copyOfStore, freshFolder, withService } from "../bench.ts";
import { wanted } from "../options.ts";
import { Random } from "../random.ts";
import { recordOnFloor } from "../reference/floor.ts";
import { admitEnterprise, admitGoods } from "../seed/filing.ts";
import { sscc } from "../seed/identifiers.ts";
import { travel } from "../seed/journey.ts";
import { orderCodes } from "../seed/ordering.ts";
import { makePlan } from "../seed/plan.ts";
import { benchConfig } from "../seed/seed.ts";
import { inTurn } from "../statistics.ts";
import { list } from "./scan.ts";
import { makeStand, type Stand } from "./writers.ts";

const CALL = 1000;
const CALLS = 20;
/** Far from the numbers of units that the filling gives out. */
const FIRST_UNIT = 900_000_000;
/** Batches whose journeys show what an event takes in the store. */
const BATCHES_OF_THE_MIX = 60;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What recording costs: against the floor, for one code against many, and in bytes. */
export async function custodyRows(bench: Bench): Promise<void> {
  const { options } = bench;
  const floor = wanted(options, "record_vs_floor");
  const packing = wanted(options, "pack_unpack_1000");
  if (floor || packing)
    await withService(copyOfStore(bench, "custody"), async ({ service }) => {
      if (floor) await againstFloor(bench, service);
      if (packing) await packAndUnpack(bench, service);
    });
  if (wanted(options, "bytes_per_event")) await bytesOfEvents(bench);
}

async function againstFloor(bench: Bench, service: Service): Promise<void> {
  const rounds = bench.options.pairs;
  const calls = CALLS;
  const ours = await makeStand(bench, service, (rounds + 1) * calls * CALL);
  const theirs = await makeStand(bench, service, (rounds + 1) * calls * CALL);
  let next = 0;
  let other = 0;
  const record = async (): Promise<number> => {
    const bodies = bodiesOf(ours, (next += calls * CALL) - calls * CALL, calls);
    const startedAt = performance.now();
    for (const body of bodies) {
      const { events } = EventsBody.parse(JSON.parse(body));
      await recordEvents(service, ours.enterprise.caller, events as EventInput[]);
    }
    return (calls * CALL) / ((performance.now() - startedAt) / 1000);
  };
  const tree = service.register.get(theirs.batch);
  if (tree === undefined) throw new Error(`batch ${theirs.batch} was not issued`);
  const nodeOf = (start: number): Uint8Array => service.trees.nodeHash(tree, { start, level: 0 });
  let file = 0;
  const floor = (): number => {
    const bodies = bodiesOf(theirs, (other += calls * CALL) - calls * CALL, calls);
    return recordOnFloor(join(freshFolder(bench, "floor"), `${file++}.db`), bodies, nodeOf);
  };
  // The first of each warms up.
  await record();
  floor();
  const { a, b, ratio } = await inTurn(rounds, record, floor);
  bench.measured.add(
    "record_vs_floor",
    ratio,
    `${list(a)} events/s in calls of ${CALL}, text parsed and validated, against ${list(b)} on the floor`,
  );
}

function bodiesOf({ batch }: Stand, first: number, calls: number): string[] {
  const at = new Date().toISOString();
  return Array.from({ length: calls }, (_, call) =>
    JSON.stringify({
      events: Array.from({ length: CALL }, (__, i) => {
        const code = first + call * CALL + i;
        return { kind: "selling", at, subjects: [{ batch, first: code, last: code }] };
      }),
    }),
  );
}

/** One call packs and unpacks one code 500 times; another does so once with 500 codes. */
async function packAndUnpack(bench: Bench, service: Service): Promise<void> {
  const rounds = bench.options.pairs;
  const stand = await makeStand(bench, service, (rounds + 1) * CALL);
  const { caller } = stand.enterprise;
  let place = 0;
  const call = async (events: EventInput[]): Promise<number> => {
    const startedAt = performance.now();
    await recordEvents(service, caller, events);
    return performance.now() - startedAt;
  };
  const movesOf = (codes: number): EventInput[] => {
    const first = (place += codes) - codes;
    const nowMs = service.platform.now();
    return Array.from({ length: CALL }, (_, i) => {
      const code = first + (Math.floor(i / 2) % codes);
      const unit = sscc(FIRST_UNIT + code);
      const subjects = [{ batch: stand.batch, first: code, last: code }];
      const at = new Date(nowMs + i).toISOString();
      return i % 2 === 0
        ? { kind: "packing", at, subjects, into: unit }
        : { kind: "unpacking", at, subjects, from: unit };
    });
  };
  const one = (): Promise<number> => call(movesOf(1));
  const many = (): Promise<number> => call(movesOf(CALL / 2));
  await one();
  await many();
  const { a, b, ratio } = await inTurn(rounds, one, many);
  bench.measured.add(
    "pack_unpack_1000",
    ratio,
    `${list(a)} ms for ${CALL} packings and unpackings of one code in one call, against ${list(b)} ms for as many of ` +
      `${CALL / 2} codes`,
  );
}

/** What the store grows by while the journeys of some batches of the plan are reported, their codes issued before. */
async function bytesOfEvents(bench: Bench): Promise<void> {
  const folder = copyOfStore(bench, "bytes");
  const clock = { nowMs: Date.now() };
  const platform = { ...nodePlatform, now: () => clock.nowMs, monotonic: () => clock.nowMs };
  const opened = openService(benchConfig(folder), platform);
  try {
    const { service } = opened;
    const authority = bench.seeded.manifest.authority.caller;
    const [maker, importer] = [
      await admitEnterprise(service, authority, 7_000_001),
      await admitEnterprise(service, authority, 7_000_002),
    ];
    const goods = await admitGoods(service, authority, maker, 21_000_003);
    const plan = makePlan(bench.options.scale, new Random(bench.options.seed + 2));
    const planned = plan.batches.slice(0, BATCHES_OF_THE_MIX);
    const ids: string[] = [];
    for (const [n, { quantity }] of planned.entries())
      ids.push(
        await orderCodes(service, authority, { goods, quantity, lot: `MIX-${n}`, valueUsd: "1000.00" }),
      );
    await service.issuer.settled();
    const beginsMs = clock.nowMs;
    clock.nowMs += 30 * DAY_MS;
    const before = pageBytes(folder);
    let events = 0;
    for (const [n, one] of planned.entries())
      events += await travel(service, {
        id: ids[n] as string,
        goods,
        planned: { ...one, place: 500_000 + n },
        importer,
        authority,
        container: 900_000 + n,
        beginsMs,
      });
    await service.writer.writeDerived();
    const grown = pageBytes(folder) - before;
    bench.measured.add(
      "bytes_per_event",
      grown / events / 1000,
      `${grown} bytes for ${events} events of ${planned.length} batches' journeys`,
    );
  } finally {
    await opened.close();
  }
}

/** The bytes of the database's pages that hold something. */
function pageBytes(folder: string): number {
  const sqlite = new Sqlite(join(folder, "suyuan.db"), { readonly: true });
  try {
    const value = (name: string): number => sqlite.pragma(name, { simple: true }) as number;
    return (value("page_count") - value("freelist_count")) * value("page_size");
  } finally {
    sqlite.close();
  }
}
