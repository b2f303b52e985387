import * as fc from "fast-check";
import { expect, it } from "vitest";
import { nodePlatform } from "../../../src/node/platform.ts";
import { auditLedger } from "../../../src/services/audit/audit.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { type Act, Door } from "./door.ts";

const RUNS = 150;
/** At most this many acts are tried at the door before the one that it refuses. */
const MOST_ACTS = 8;

const anyone = ["A", "A", "A", "B", "G", "L", "C"];
const keyed = ["A", "B", "G", "G", "L"];
const EVENTS =
  "selling storing holding releasing sampling shipping accepting voiding destroying returning matching " +
  "delegating inspecting departing packing unpacking";

function act(doing: Act["do"], by: string[], what: string): fc.Arbitrary<Act> {
  return fc.record({
    do: fc.constant(doing),
    by: fc.constantFrom(...by),
    about: fc.constantFrom("A", "B", "L", "G"),
    what: fc.constantFrom(...what.split(" ")),
    code: fc.nat(2),
    which: fc.nat(2),
    late: fc.nat(9),
  });
}

const acts = fc.oneof(
  { weight: 8, arbitrary: act("event", anyone, EVENTS) },
  { weight: 3, arbitrary: act("correction", anyone, "-") },
  { weight: 3, arbitrary: act("recall", keyed, "-") },
  { weight: 1, arbitrary: act("confirmation", keyed, "-") },
  { weight: 2, arbitrary: act("lifting", keyed, "-") },
  { weight: 3, arbitrary: act("standing", keyed, "suspend reinstate") },
  { weight: 2, arbitrary: act("decision", keyed, "approve decline") },
  { weight: 1, arbitrary: act("batchDecision", keyed, "approve decline") },
  { weight: 2, arbitrary: act("closing", keyed, "-") },
  { weight: 2, arbitrary: act("apiKey", keyed, "-") },
  { weight: 1, arbitrary: act("terms", keyed, "-") },
  { weight: 1, arbitrary: act("erasure", keyed, "-") },
  { weight: 3, arbitrary: act("signingKey", keyed, "own own own other none") },
  { weight: 3, arbitrary: act("signature", ["A", "B"], "K1 K2") },
);

/** Refusals for the form of a request, which no record has. */
const OF_FORM = /is not a field of|there is no approved enterprise|has no sealed field/;

it(`what the door refuses, the audit names when it is written past the door, in ${RUNS} random histories`, async () => {
  const refused = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: MOST_ACTS }), async (history) => {
      const door = await Door.open();
      try {
        for (const one of history) {
          const asked = await door.ask(one);
          if (asked === undefined || asked.answer.status < 400) continue;
          const { answer, forged } = asked;
          expect(answer.status, answer.text).toBeLessThan(500);
          if (OF_FORM.test(answer.text)) continue;
          refused.set(one.do, (refused.get(one.do) ?? 0) + 1);
          await door.log.take([forged]);
          // A row that differs is named too, but an operator could have written it to agree.
          const named = (await breaksOf(door)).filter(({ rule }) => rule !== "derived");
          expect(named, `${answer.text}\n${JSON.stringify(forged)}\n${JSON.stringify(history)}`).not.toEqual(
            [],
          );
          return;
        }
        expect(await breaksOf(door), JSON.stringify(history)).toEqual([]);
      } finally {
        await door.log.h.dispose();
      }
    }),
    // A failure prints its seed and path.
    { numRuns: RUNS },
  );
  expect([...refused.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(RUNS / 4);
  expect(refused.size).toBeGreaterThan(6);
});

async function breaksOf({ log: { h } }: Door) {
  const { store } = h.service;
  return (await auditLedger({ store, key: logKey(h.service), platform: nodePlatform })).breaks;
}
