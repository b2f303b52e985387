import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EventInput } from "../../../src/services/custody/event.ts";
import { contentsDuring } from "../../../src/services/custody/contents.ts";
import { makeBundle } from "../../../src/services/audit/bundle.ts";
import { StoreReader } from "../../../src/services/custody/reader.ts";
import { followCode } from "../../../src/services/custody/trace.ts";
import { verifyBundle } from "../../../src/core/custody/verification.ts";
import { formatBundle, parseBundle } from "../../../src/core/ledger/bundle.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import type { IssuedBatch } from "../../../src/scan/batch-register.ts";
import type { Caller } from "../../../src/services/caller.ts";
import { type Harness, makeHarness, START_MS } from "../../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../../world.ts";
import { journeyByReplay, type Recorded } from "./brute-force.ts";

// The case that the design was tried on: a million codes, 41,000 cartons of 24, 800 pallets of 51, and 40 voyages of
// two containers with 20 pallets each; one opened at the port, three cartons' items sampled, one carton repacked into
// a parcel, two items returned.
const CODES = 1_000_000;
const CARTONS = 41_000;
const PER_CARTON = 24;
const PALLETS = 800;
const PER_PALLET = 51;
const VOYAGES = 40;
const PER_VOYAGE = 20;
const BOXES = ["container:CSQU3054383", "container:NSGU0000018"];
const BASE_MS = Date.parse("2026-03-01T00:00:00Z");
const HOUR = 60;

let harness: Harness;
let maker: Caller;
let lab: Caller;
let batch: IssuedBatch;
const recorded: Recorded[] = [];

const at = (minute: number): string => new Date(BASE_MS + minute * 60_000).toISOString();
const carton = (n: number): string => sscc(n + 1);
const pallet = (n: number): string => sscc(1_000_000 + n);
const positions = (first: number, last = first) => ({ batch: "B", first, last });

async function tell(by: Caller, events: EventInput[]): Promise<void> {
  for (let i = 0; i < events.length; i += 1000) {
    const call = events.slice(i, i + 1000);
    const receipts = await report(harness.service, by, call);
    receipts.forEach(({ index }, n) => recorded.push({ index, event: call[n]! }));
  }
}

beforeAll(async () => {
  harness = makeHarness();
  harness.clock.nowMs = BASE_MS;
  maker = await addOrganisation(harness.service, "ent_maker", "Maker");
  lab = await addOrganisation(harness.service, "lab_test", "Laboratory");
  batch = await issueBatch(harness.service, maker, "B", CODES);
  harness.clock.nowMs = START_MS;
  await tell(maker, [
    { kind: "commissioning", at: at(0), subjects: [{ batch: "B" }] },
    { kind: "delegating", at: at(0), subjects: [{ batch: "B" }], to: lab.organisation },
  ]);
  await tell(
    maker,
    Array.from({ length: CARTONS }, (_, n) => ({
      kind: "packing" as const,
      at: at(10),
      subjects: [positions(n * PER_CARTON, (n + 1) * PER_CARTON - 1)],
      into: carton(n),
    })),
  );
  await tell(
    maker,
    Array.from({ length: PALLETS }, (_, n) => ({
      kind: "packing" as const,
      at: at(20),
      subjects: Array.from({ length: PER_PALLET }, (_unused, i) => ({ unit: carton(n * PER_PALLET + i) })),
      into: pallet(n),
    })),
  );
  for (let voyage = 0; voyage < VOYAGES; voyage++) await sail(voyage);
  await tell(maker, [
    { kind: "unpacking", at: at(700 * HOUR), subjects: [], from: pallet(0) },
    { kind: "unpacking", at: at(701 * HOUR), subjects: [], from: carton(7) },
    {
      kind: "packing",
      at: at(702 * HOUR),
      subjects: [positions(7 * PER_CARTON, 8 * PER_CARTON - 1)],
      into: sscc(5_000_000),
    },
    { kind: "dispatching", at: at(703 * HOUR), subjects: [{ unit: sscc(5_000_000) }] },
    { kind: "selling", at: at(710 * HOUR), subjects: [positions(7 * PER_CARTON, 7 * PER_CARTON + 1)] },
    { kind: "returning", at: at(720 * HOUR), subjects: [positions(7 * PER_CARTON, 7 * PER_CARTON + 1)] },
  ]);
}, 300_000);

/** Loading, sealing, departing, arriving and unloading of 20 pallets; the first voyage is opened at the port. */
async function sail(voyage: number): Promise<void> {
  const box = BOXES[voyage % 2]!;
  const start = (1 + Math.floor(voyage / 2) * 30 + (voyage % 2)) * HOUR;
  const pallets = Array.from({ length: PER_VOYAGE }, (_, i) => ({ unit: pallet(voyage * PER_VOYAGE + i) }));
  await tell(maker, [
    { kind: "loading", at: at(start), subjects: pallets, into: box },
    {
      kind: "sealing",
      at: at(start + 5),
      subjects: [{ unit: box }],
      seal: { class: "H", manufacturer: "ACME", number: `S${voyage}` },
    },
    { kind: "departing", at: at(start + 10), subjects: [{ unit: box }] },
    { kind: "arriving", at: at(start + 500), subjects: [{ unit: box }] },
  ]);
  if (voyage === 0)
    await tell(lab, [
      { kind: "inspecting", at: at(start + 550), subjects: [{ unit: box }] },
      {
        kind: "sampling",
        at: at(start + 560),
        subjects: [0, 1, 2].map((n) => positions(n * PER_CARTON + 5)),
      },
    ]);
  await tell(maker, [{ kind: "unloading", at: at(start + 600), subjects: [], from: box }]);
}

afterAll(() => harness.dispose());

/** Facts and nodes that a trace reads, and look-ups that it makes, counted at custody's chains. */
function counted(position: number): { rows: number; seeks: number; steps: number[] } {
  const { chains } = harness.service.store.custody;
  let rows = 0;
  let seeks = 0;
  const count = <T>(found: T): T => {
    seeks += 1;
    if (Array.isArray(found)) rows += found.length;
    else if (found !== undefined) rows += 1;
    return found;
  };
  const facts = chains.facts.bind(chains);
  const length = chains.length.bind(chains);
  const emptied = chains.emptied.bind(chains);
  const entered = chains.entered.bind(chains);
  const spies = [
    vi.spyOn(chains, "facts").mockImplementation((...given) => count(facts(...given))),
    // A node is looked up by the length of its chain, which is 0 where it has none.
    vi.spyOn(chains, "length").mockImplementation((key) => count(length(key) || undefined) ?? 0),
    vi.spyOn(chains, "emptied").mockImplementation((...given) => count(emptied(...given))),
    vi.spyOn(chains, "entered").mockImplementation((...given) => count(entered(...given))),
  ];
  try {
    const { journey } = followCode(harness.service, { batch, position, key: batch.start + position });
    return { rows, seeks, steps: journey.steps.map(({ fact }) => fact.index) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

// A deep code, one sampled, one repacked and returned, one in a carton on no pallet, one in no carton, the last one.
const SAMPLES = [
  30 * PER_CARTON + 3,
  5,
  7 * PER_CARTON,
  40_900 * PER_CARTON,
  990_000,
  CODES - 1,
  24_480 * 20 + 11,
];

describe("a million codes, 41,000 cartons, 800 pallets, 40 voyages of two containers", () => {
  it.each(SAMPLES)("position %i: the trace agrees with a replay of the single item", (position) => {
    expect(counted(position).steps).toEqual(journeyByReplay(position, recorded));
  });

  it("reads as many rows as the journey has steps, not as the store has rows", () => {
    const figures = SAMPLES.map(counted);
    console.log("rows and seeks a trace:", figures.map(({ rows, seeks }) => `${rows}/${seeks}`).join(" "));
    for (const { rows, seeks } of figures) {
      expect(rows).toBeLessThanOrEqual(53);
      expect(seeks).toBeLessThanOrEqual(24);
    }
  });

  it("stores a range of a million codes in fewer than 12 rows", () => {
    const { custody } = harness.service.store;
    const nodes = custody.chains
      .nodesIn(batch.start, batch.start + CODES)
      .filter(({ level }) => level === 20);
    expect(nodes).toEqual([{ start: batch.start, level: 20 }]);
    expect(custody.states.states(batch.start, batch.start + CODES).length).toBeLessThan(12);
  });

  it("finds the contents of a container during one voyage, and of no other voyage", () => {
    const reader = new StoreReader(harness.service.store, harness.service.register);
    const unit = harness.service.store.custody.units.find(BOXES[0]!)!;
    const start = BASE_MS + HOUR * 60_000;
    const window = { from: { atMs: start, index: -1 }, to: { atMs: start + 590 * 60_000, index: -1 } };
    const { segments, units } = contentsDuring(reader, unit.number, window);
    const codes = segments.reduce((sum, { level }) => sum + 2 ** level, 0);
    expect(codes).toBe(PER_VOYAGE * PER_PALLET * PER_CARTON);
    expect(units.length).toBe(PER_VOYAGE * (PER_PALLET + 1));
  });

  it("bundles the deep case small enough to send, and the bundle verifies", async () => {
    const position = 7 * PER_CARTON;
    const placed = { batch, position, key: batch.start + position };
    const text = formatBundle(await makeBundle(harness.service, placed, maker));
    console.log(`bundle of the deep case: ${text.length} bytes`);
    const verified = verifyBundle(parseBundle(new TextEncoder().encode(text)), logKey(harness.service));
    expect(verified.journey.steps.map(({ fact }) => fact.index)).toEqual(journeyByReplay(position, recorded));
    expect(verified.state.status).toBe("active");
  });
});
