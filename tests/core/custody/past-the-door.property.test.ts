import * as fc from "fast-check";
import { expect, it } from "vitest";
import { nodePlatform } from "../../../src/node/platform.ts";
import { auditLedger } from "../../../src/services/audit/audit.ts";
import { recordEvents } from "../../../src/services/custody/record-events.ts";
import type { EventInput } from "../../../src/services/custody/event.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { Problem } from "../../../src/services/problem.ts";
import { callerOf, ForgedLog, type Step } from "./forged-log.ts";

const RUNS = 60;
/** At most this many steps are tried at the door before the one that it refuses. */
const MOST_STEPS = 8;

const by = fc.constantFrom("A", "A", "A", "B", "G", "L", "C");
const kinds = fc.constantFrom(
  ..."selling storing holding releasing sampling shipping accepting voiding destroying returning matching".split(
    " ",
  ),
  ..."delegating inspecting departing".split(" "),
);
const code = fc.nat(2);
const step: fc.Arbitrary<Step> = fc
  .record({ by, kind: kinds, code, to: fc.constantFrom("A", "B", "L"), late: fc.nat(9) })
  .map(({ code: position, to, late, kind, ...rest }) => ({
    ...rest,
    kind,
    codes: [position],
    ...(kind === "shipping" || kind === "delegating" ? { to } : {}),
    ...(late === 0 ? { at: "1999-01-01T00:00:00Z" } : late === 1 ? { at: "2099-01-01T00:00:00Z" } : {}),
  }));

/** Refusals for the form of a request, which no record has. */
const OF_FORM = /is not a field of|there is no approved enterprise/;

it(`what the door refuses, the audit names when it is written past the door, in ${RUNS} random histories`, async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: MOST_STEPS }), async (steps) => {
      const log = await ForgedLog.open();
      try {
        await log.take([{ file: "C" }]);
        for (const one of steps) {
          const problem = await reportedBy(log, one);
          if (problem === undefined) continue;
          if (OF_FORM.test(JSON.stringify(problem))) continue;
          refused++;
          await log.take([one]);
          expect(await breaksOf(log), `${problem.message} ${JSON.stringify(steps)}`).not.toEqual([]);
          return;
        }
        expect(await breaksOf(log), JSON.stringify(steps)).toEqual([]);
      } finally {
        await log.h.dispose();
      }
    }),
    // A failure prints its seed and path.
    { numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS / 4);
});

/** Reports a step as its actor would. @returns the refusal */
async function reportedBy(log: ForgedLog, one: Step): Promise<Problem | undefined> {
  const { service } = log.h;
  const input = {
    kind: one.kind,
    at: one.at ?? log.time(),
    subjects: (one.codes ?? []).map((first) => ({ batch: log.batch.id, first, last: first })),
    ...(one.to === undefined ? {} : { to: callerOf(one.to).organisation }),
  } as EventInput;
  try {
    await recordEvents(service, callerOf(one.by as string), [input]);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

async function breaksOf({ h }: ForgedLog) {
  const { store } = h.service;
  return (await auditLedger({ store, key: logKey(h.service), platform: nodePlatform })).breaks;
}
