import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkCompleteness,
  IncompleteError,
  type ShownChain,
} from "../../../src/core/ledger/completeness.ts";
import { type Monitored, MonitoringError, monitorRound } from "../../../src/core/ledger/monitoring.ts";
import { policyOfKeys } from "../../../src/core/ledger/policy.ts";
import { entriesOf, entry, KEY, LyingLog } from "./lying-log.ts";

const policy = policyOfKeys([KEY]);
const round = (log: LyingLog, kept?: Monitored) => ({
  policy,
  kept,
  checkpoint: log.checkpoint(),
  fetch: log.fetch,
});

/** A chain as the honest log of `entriesOf` has it below `size`. */
const whole = (name: number, size: number, chains = 3): ShownChain => ({
  of: `batch:${name}`,
  indices: Array.from({ length: size }, (_, i) => i).filter((i) => i % chains === name),
});

const check = (size: number, chains: ShownChain[], log: LyingLog, kept?: Monitored) =>
  checkCompleteness({ ...new LyingLog(log.entries.slice(0, size)).tree, chains }, round(log, kept));

async function refusal(...checked: Parameters<typeof check>): Promise<Error> {
  const reason: unknown = await check(...checked).catch((error: unknown) => error);
  expect(reason).toBeInstanceOf(Error);
  return reason as Error;
}

describe("chains that a bundle showed", () => {
  it("are complete if the log has exactly their records, and list the records added since", async () => {
    const log = new LyingLog(entriesOf(700));
    expect(await check(600, [whole(0, 600), whole(2, 600)], log)).toEqual([
      { of: "batch:0", length: 200, gained: 34 },
      { of: "batch:2", length: 200, gained: 33 },
    ]);
    expect(await check(700, [whole(1, 700)], log)).toEqual([{ of: "batch:1", length: 233, gained: 0 }]);
  });

  it("can be empty, as nodes without a record", async () => {
    const log = new LyingLog(entriesOf(20));
    expect(await check(20, [{ of: "node:of-nobody", indices: [] }], log)).toEqual([
      { of: "node:of-nobody", length: 0, gained: 0 },
    ]);
  });

  it.each([
    [
      "the last record withheld",
      (indices: number[]) => indices.slice(0, -1),
      /record 57 .* is its place 19: withheld/,
    ],
    [
      "all but the first withheld",
      (indices: number[]) => indices.slice(0, 1),
      /record 3 .* is its place 1: withheld/,
    ],
    ["all withheld", () => [], /record 0 .* is its place 0: withheld/],
    [
      "one that is not its own at the end",
      (indices: number[]) => [...indices, 58],
      /has 20 records in the log, and 21 were shown/,
    ],
    [
      "one of another's in its place",
      (indices: number[]) => indices.with(7, 22),
      /place 7 is record 21 in the log, and record 22/,
    ],
    ["one cut out of the middle", (indices: number[]) => indices.toSpliced(7, 1), /place 7 is record 21/],
    ["one doubled", (indices: number[]) => indices.toSpliced(7, 0, 21), /place 8 is record 24/],
  ])("are refused with %s", async (_what, change, message) => {
    const log = new LyingLog(entriesOf(60));
    const { of, indices } = whole(0, 60);
    const changed = [{ of, indices: change([...indices]) }];
    const error = await refusal(60, changed, log);
    expect(error).toBeInstanceOf(IncompleteError);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("batch:0");
    // The same with a monitor's memory of the whole log, or of a part; but for what a bundle cannot show: each of its
    // records states its own places.
    if (/place 7 .* record 22/.test(error.message)) return;
    for (const size of [13, 58, 60]) {
      const kept = await monitorRound(round(new LyingLog(entriesOf(size))));
      expect((await refusal(60, changed, log, kept)).message, `kept at ${size}`).toMatch(/batch:0/);
    }
  });

  it("are compared with the same result from the beginning and from any state of a monitor", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          size: fc.integer({ min: 1, max: 300 }),
          grown: fc.nat(300),
          keptAt: fc.nat(600),
          chains: fc.integer({ min: 1, max: 5 }),
          cut: fc.nat(3),
        }),
        async ({ size, grown, keptAt, chains, cut }) => {
          const log = new LyingLog(entriesOf(size + grown, chains));
          const kept = await monitorRound(
            round(new LyingLog(log.entries.slice(0, Math.min(keptAt, size + grown)))),
          );
          const shown = Array.from({ length: chains }, (_, i) => whole(i, size, chains));
          const cutShown = shown.map((chain, i) =>
            i === 0 ? { ...chain, indices: chain.indices.slice(0, chain.indices.length - cut) } : chain,
          );
          const honest = cut === 0 || shown[0]!.indices.length === 0;
          const told = await check(size, cutShown, log, kept).then(
            (wholeChains) => wholeChains.map(({ gained }) => gained),
            (error: unknown) => (error as Error).name,
          );
          const gained = shown.map(
            ({ indices }, i) => whole(i, size + grown, chains).indices.length - indices.length,
          );
          expect(told).toEqual(honest ? gained : "IncompleteError");
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are not compared with a log that does not continue the tree shown", async () => {
    const other = new LyingLog([...entriesOf(30), entry({ "batch:0": 10 }, 99), ...entriesOf(90).slice(31)]);
    const shown = { ...new LyingLog(entriesOf(60)).tree, chains: [whole(0, 60)] };
    const reason: unknown = await checkCompleteness(shown, round(other)).catch((error: unknown) => error);
    expect(reason).toBeInstanceOf(MonitoringError);
    expect((reason as MonitoringError).findings[0]?.fault).toBe("rewritten");
  });
});
