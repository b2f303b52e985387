import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../../src/services/custody/event.ts";
import type { SubjectInput } from "../../../src/services/custody/subjects.ts";
import { followCode } from "../../../src/services/custody/trace.ts";
import { Problem } from "../../../src/services/problem.ts";
import { makeHarness, START_MS } from "../../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../../world.ts";
import { journeyByReplay, type Recorded } from "./brute-force.ts";

const ITEMS = 13;
const UNITS = [sscc(1), sscc(2), sscc(3), "container:CSQU3054383"];
const BASE_MS = Date.parse("2026-03-01T00:00:00Z");

const at = fc.integer({ min: 0, max: 40 }).map((minute) => new Date(BASE_MS + minute * 60_000).toISOString());
const unit = fc.constantFrom(...UNITS);
const range = fc
  .tuple(fc.integer({ min: 0, max: ITEMS - 1 }), fc.integer({ min: 0, max: ITEMS - 1 }))
  .map(([a, b]) => ({ batch: "B", first: Math.min(a, b), last: Math.max(a, b) }));
const subject = fc.oneof(
  range,
  unit.map((id) => ({ unit: id })),
);
const event: fc.Arbitrary<EventInput> = fc.oneof(
  fc.record({ kind: fc.constant("packing" as const), at, subjects: fc.tuple(subject), into: unit }),
  fc.record({ kind: fc.constant("unpacking" as const), at, subjects: fc.tuple(subject), from: unit }),
  fc.record({
    kind: fc.constant("unloading" as const),
    at,
    subjects: fc.constant<SubjectInput[]>([]),
    from: unit,
  }),
  fc.record({
    kind: fc.constantFrom("storing" as const, "departing" as const),
    at,
    subjects: fc.tuple(subject),
  }),
  fc.record({
    kind: fc.constantFrom("selling" as const, "sampling" as const),
    at,
    subjects: fc.tuple(range),
  }),
);

describe("the trace and a replay of single items", () => {
  it("agree on every item, for any packing reported in any order", async () => {
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
        const harness = makeHarness();
        try {
          const { service } = harness;
          harness.clock.nowMs = BASE_MS;
          const maker = await addOrganisation(service, "ent_maker", "Maker");
          const batch = await issueBatch(service, maker, "B", ITEMS);
          harness.clock.nowMs = START_MS;
          const recorded: Recorded[] = [];
          for (const one of events) {
            const result = await report(service, maker, [one]).catch((error: unknown) => error);
            if (Array.isArray(result)) recorded.push({ index: result[0].index, event: one });
            else expect(result).toBeInstanceOf(Problem);
          }
          accepted += recorded.length;
          refused += events.length - recorded.length;
          for (let position = 0; position < ITEMS; position++) {
            const { journey, state } = followCode(service, { batch, position, key: batch.start + position });
            expect(journey.steps.map(({ fact }) => fact.index)).toEqual(journeyByReplay(position, recorded));
            expect(state.contradictions).toEqual([]);
          }
        } finally {
          await harness.dispose();
        }
      }),
      { numRuns: 60 },
    );
    // The property is worth something only where much is accepted, and something refused.
    expect(accepted).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(50);
  });
});
