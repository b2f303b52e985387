import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect } from "vitest";
import { rebuild } from "../../../src/node/rebuild.ts";
import { catchUp } from "../../../src/services/custody/catch-up.ts";
import { nodePlatform } from "../../../src/node/platform.ts";
import { auditLedger } from "../../../src/services/audit/audit.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import type { EventInput } from "../../../src/services/custody/event.ts";
import { followCode, followUnit } from "../../../src/services/custody/trace.ts";
import { Problem } from "../../../src/services/problem.ts";
import type { Service } from "../../../src/services/service.ts";
import type { Caller } from "../../../src/services/caller.ts";
import { type Harness, makeHarness, START_MS } from "../../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../../world.ts";

const ITEMS = 6;
const UNITS = [sscc(1), sscc(2), sscc(3)];
const BASE_MS = Date.parse("2026-03-01T00:00:00Z");

const time = (minute: number): string => new Date(BASE_MS + minute * 60_000).toISOString();
const at = fc.integer({ min: 1, max: 12 }).map(time);
const unit = fc.constantFrom(...UNITS);
const range = fc
  .tuple(fc.nat(ITEMS - 1), fc.nat(ITEMS - 1))
  .map(([a, b]) => ({ batch: "B", first: Math.min(a, b), last: Math.max(a, b) }));
const subjects = fc.tuple(
  fc.oneof(
    range,
    unit.map((id) => ({ unit: id })),
  ),
);
const by = fc.constantFrom("maker", "maker", "maker", "importer", "customs");

/** Goods in a carton on a pallet, and a sale of the pallet for late reports to come before. */
const OPENING: EventInput[] = [
  { kind: "commissioning", at: time(0), subjects: [{ batch: "B" }] },
  { kind: "packing", at: time(3), subjects: [{ batch: "B", first: 0, last: 2 }], into: sscc(1) },
  { kind: "packing", at: time(5), subjects: [{ unit: sscc(1) }], into: sscc(2) },
  { kind: "selling", at: time(9), subjects: [{ unit: sscc(2) }] },
];

/** A try to report an event; a correction names an earlier event by its place. */
interface Try {
  by: string;
  event: EventInput;
  corrects?: number;
}

const kinds = [
  "commissioning",
  "selling",
  "returning",
  "sampling",
  "holding",
  "releasing",
  "storing",
] as const;
const event: fc.Arbitrary<Try> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      by,
      event: fc.record({ kind: fc.constant("packing" as const), at, subjects, into: unit }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by,
      event: fc.record({ kind: fc.constant("unpacking" as const), at, subjects, from: unit }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by,
      event: fc.record({
        kind: fc.constant("unpacking" as const),
        at,
        subjects: fc.constant<EventInput["subjects"]>([]),
        from: unit,
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ by, event: fc.record({ kind: fc.constantFrom(...kinds), at, subjects }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by,
      event: fc.record({
        kind: fc.constant("shipping" as const),
        at,
        subjects,
        to: fc.constantFrom("ent_importer", "ent_maker"),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by: fc.constant("importer"),
      event: fc.record({ kind: fc.constant("accepting" as const), at, subjects }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      by: fc.constant("customs"),
      corrects: fc.nat(20),
      event: fc.record({
        kind: fc.constant("correcting" as const),
        at,
        subjects: fc.constant<EventInput["subjects"]>([]),
      }),
    }),
  },
);

/** Events recorded over all histories. */
export interface Counts {
  accepted: number;
  corrected: number;
}

/** Reports so many random histories, and expects each store to equal a replay, without a contradiction. */
export async function expectSoundHistories(histories: number): Promise<Counts> {
  const counts: Counts = { accepted: 0, corrected: 0 };
  const history = fc.array(event, { minLength: 10, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(history, async (tries) => {
      const harness = makeHarness();
      try {
        await reportAll(harness, tries, counts);
        await expectSound(harness.service);
      } finally {
        await harness.dispose();
      }
    }),
    { numRuns: histories },
  );
  return counts;
}

/**
 * Reports so many random histories. After each call a part of what custody derived may be
 * written, and memory may be lost as by a kill. Expects that deriving everything again gives the same rows.
 */
export async function expectSameAgain(histories: number): Promise<Counts> {
  const counts: Counts = { accepted: 0, corrected: 0 };
  const history = fc.array(event, { minLength: 10, maxLength: 40 });
  const losses = fc.array(fc.record({ written: fc.nat(12), lost: fc.boolean() }), {
    minLength: 40,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(history, losses, async (tries, kills) => {
      const folder = mkdtempSync(join(tmpdir(), "suyuan-again-"));
      const harness = makeHarness({}, folder);
      try {
        const { store, register } = harness.service;
        let calls = 0;
        await reportAll(harness, tries, counts, () => {
          const { written, lost } = kills[calls++ % kills.length]!;
          let left = written;
          store.writeBehind(() => left-- > 0);
          if (!lost) return;
          store.dropDerived();
          catchUp({ store, register }, false);
        });
        await expectSound(harness.service);
        await harness.close();
        expect(rebuild(folder, true, () => undefined)).toMatchObject({ differences: 0, first: [] });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: histories },
  );
  return counts;
}

async function reportAll(
  { service, clock }: Harness,
  tries: Try[],
  counts: Counts,
  afterCall: () => void = () => undefined,
): Promise<void> {
  clock.nowMs = BASE_MS;
  const actors: Record<string, Caller> = {
    maker: await addOrganisation(service, "ent_maker", "Maker"),
    importer: await addOrganisation(service, "ent_importer", "Importer"),
    customs: await addOrganisation(service, "aut_customs", "Customs"),
  };
  await issueBatch(service, actors["maker"]!, "B", ITEMS);
  clock.nowMs = START_MS;
  const recorded: { organisation: string; id: string }[] = [];
  await report(service, actors["maker"]!, OPENING);
  for (const one of tries) {
    const caller = actors[one.by]!;
    const target = one.corrects === undefined ? undefined : recorded[one.corrects % recorded.length];
    if (one.event.kind === "correcting" && target === undefined) continue;
    const input = target ? { ...one.event, corrects: target, reason: "incorrect_data" as const } : one.event;
    const result = await report(service, caller, [input]).catch((error: unknown) => error);
    afterCall();
    if (!Array.isArray(result)) expect(result).toBeInstanceOf(Problem);
    else if (target) counts.corrected += 1;
    else recorded.push({ organisation: caller.organisation, id: result[0].id });
  }
  counts.accepted += recorded.length;
}

/** The audit replays everything that is derived; no item and no unit has a contradiction left. */
async function expectSound(service: Service): Promise<void> {
  const { breaks } = await auditLedger({
    store: service.store,
    key: logKey(service),
    platform: nodePlatform,
  });
  expect(breaks).toEqual([]);
  const batch = service.register.get("B")!;
  for (let position = 0; position < ITEMS; position++) {
    const { state } = followCode(service, { batch, position, key: batch.start + position });
    expect(state.contradictions).toEqual([]);
  }
  for (const id of UNITS) {
    const known = service.store.custody.units.find(id);
    if (known) expect(followUnit(service, known.number).state.contradictions).toEqual([]);
  }
}
