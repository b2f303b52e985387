import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REPORTABLE } from "../../src/core/custody/vocabulary.ts";
import { EventsBody } from "../../src/http/api/event-schema.ts";
import { plainEvents } from "../../src/http/api/plain-events.ts";

/** The definition: the same schema without its short way, which refuses what `plainEvents` takes. */
const judged = EventsBody.pick({ events: true });

const nearText = fc.oneof(
  { weight: 12, arbitrary: fc.stringMatching(/^[!-~]{1,20}$/) },
  fc.constantFrom(
    "",
    " x",
    "x ",
    "a".repeat(64),
    "a".repeat(65),
    "a".repeat(121),
    "å",
    "\u0000",
    "bat_1",
    "x\u0301",
  ),
  fc.string({ maxLength: 70 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const nearTime = fc.oneof(
  { weight: 8, arbitrary: fc.constant("2026-11-01T09:30:00.000Z") },
  fc.constantFrom(
    "2026-11-01T00:00:00Z",
    "2026-11-01T00:00:00+08:00",
    "2026-02-30T00:00:00Z",
    "2026-11-01T24:00:00Z",
    "2026-11-01t00:00:00z",
    "2016-12-31T23:59:60Z",
    "2026-11-01T00:00:60Z",
    "2026-11-01",
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  nearText,
);
const nearNumber = fc.oneof(
  { weight: 8, arbitrary: fc.nat() },
  fc.constantFrom(-0, -1, 0.5, 2 ** 53, Number.NaN, 1e21),
  fc.nat(),
  fc.integer(),
);
const anything = fc.anything({ maxDepth: 2 });
const member = (near: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 29, arbitrary: near }, { weight: 1, arbitrary: anything });
const subject = fc.oneof(
  { weight: 6, arbitrary: fc.record({ batch: nearText, first: nearNumber, last: nearNumber }) },
  { weight: 3, arbitrary: fc.record({ unit: nearText }) },
  fc.record(
    { batch: member(nearText), first: member(nearNumber), last: member(nearNumber) },
    { requiredKeys: ["batch"] },
  ),
  fc.record({ unit: member(nearText) }),
  fc.record({ codes: fc.array(nearText, { maxLength: 3 }) }),
  fc.record({ batch: nearText, unit: nearText }),
  anything,
);
const usual = {
  id: member(nearText),
  kind: member(fc.constantFrom(...REPORTABLE, "filing", "toString")),
  at: member(nearTime),
  subjects: member(fc.array(subject, { maxLength: 4 })),
  into: member(nearText),
  from: member(nearText),
  to: member(nearText),
  carrier: member(nearText),
};
const requiredKeys: ("kind" | "at" | "subjects")[] = ["kind", "at", "subjects"];
const event = fc.oneof(
  { weight: 5, arbitrary: fc.record(usual, { requiredKeys }) },
  fc.record({ ...usual, reason: anything, extra: anything }, { requiredKeys }),
);
const body = fc.oneof(
  { weight: 8, arbitrary: fc.record({ events: fc.array(event, { maxLength: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record(
      { events: fc.array(event, { maxLength: 2 }), more: anything },
      { requiredKeys: ["events"] },
    ),
  },
  { weight: 1, arbitrary: anything },
);

describe("events that are plainly right", () => {
  it("are right by the schema, which changes nothing in them", () => {
    let taken = 0;
    fc.assert(
      fc.property(body, (given) => {
        if (plainEvents(given) === undefined) return;
        taken += 1;
        // The schema drops members that are undefined; JSON has none.
        const result = judged.safeParse(structuredClone(given));
        expect(result.error?.issues ?? []).toEqual([]);
        expect(result.data).toEqual(given);
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  it("are the usual calls, and not those whose schema says more", () => {
    const at = "2026-11-01T00:00:00.000Z";
    const subjects = [{ batch: "bat_1", first: 0, last: 23 }];
    const packing = { kind: "packing", at, subjects, into: "sscc:106141411234567897", id: "evt-1" };
    expect(plainEvents({ events: [packing] })).toEqual({ events: [packing] });
    for (const other of [
      { ...packing, place: { country: "CN" } },
      { ...packing, subjects: [{ codes: ["45VF-V6GS-11R1-9J3B"] }] },
      { ...packing, at: "2026-11-01t00:00:00z" },
      { ...packing, to: " ent_1" },
      { ...packing, subjects: [{ batch: "bat_1", first: -0, last: 1 }] },
    ])
      expect(plainEvents({ events: [other] })).toBeUndefined();
    expect(plainEvents({ events: [] })).toBeUndefined();
    expect(plainEvents({ events: Array.from({ length: 1001 }, () => packing) })).toBeUndefined();
  });
});
