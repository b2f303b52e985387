import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { expectStatus } from "./actors.ts";
import { at, issue, type Issued, openTrade, positions, type Trade } from "./trade.ts";
import { sscc } from "../world.ts";

let t: Trade;
let batch: Issued;
beforeAll(async () => {
  t = await openTrade();
  batch = await issue(t, 300);
  t.h.clock.nowMs += 1000 * 60_000;
  t.h.clock.monotonicMs = t.h.clock.nowMs;
});
afterAll(() => t.h.dispose());

/** Events of one item by turns, a minute apart. */
const byTurns = (count: number, kinds: object[], item: number): object[] =>
  Array.from({ length: count }, (_, i) => ({
    at: at(1 + i),
    subjects: [positions(batch, item)],
    ...kinds[i % 2],
  }));
const inAndOut = (count: number, item: number): object[] =>
  byTurns(
    count,
    [
      { kind: "packing", into: sscc(item) },
      { kind: "unpacking", from: sscc(item) },
    ],
    item,
  );
/** Each unpacking names the unit alone, so whatever lay in it is looked for. */
const emptied = (count: number, item: number): object[] =>
  inAndOut(count, item).map((event, i) => (i % 2 === 0 ? event : { ...event, subjects: [] }));

const post = (events: object[], key = t.maker.key) =>
  t.h.call("POST", "/v1/events", { key, body: { events } });

/** Counts the facts that are read meanwhile. */
async function factsReadBy<T>(work: () => Promise<T>): Promise<[T, number]> {
  const { chains } = t.h.service.store.custody;
  let read = 0;
  const facts = chains.facts.bind(chains);
  const counting = vi.spyOn(chains, "facts").mockImplementation((...given) => {
    const found = facts(...given);
    read += found.length;
    return found;
  });
  const value = await work();
  counting.mockRestore();
  return [value, read];
}

it("1,000 events of one item in one call read a few facts each", async () => {
  const [packed, read] = await factsReadBy(() => post(inAndOut(1000, 2)));
  expectStatus(packed, 201);
  expect(read).toBeLessThan(5_000);
  const held = byTurns(1000, [{ kind: "holding" }, { kind: "releasing" }], 3);
  const [released, readThen] = await factsReadBy(() => post(held, t.officer.key));
  expectStatus(released, 201);
  expect(readThen).toBeLessThan(5_000);
});

it("a call whose histories take too much work is refused whole, and goes through in several calls", async () => {
  const { ledger } = t.h.service.store;
  const before = ledger.size();
  const [answer, read] = await factsReadBy(() => post(emptied(400, 0)));
  expect(expectStatus(answer, 400).errors).toEqual([expect.objectContaining({ field: "events" })]);
  expect(ledger.size()).toBe(before);
  // A job that is refused runs once.
  expect(read).toBeLessThan(25_000);
  const parts = emptied(80, 1);
  for (const part of [parts.slice(0, 40), parts.slice(40)]) expectStatus(await post(part), 201);
});

it("a full call about different goods goes through", async () => {
  const events = Array.from({ length: 250 }, (_, i) => ({
    kind: "packing",
    at: at(1),
    subjects: [positions(batch, 20 + i)],
    into: sscc(1000 + i),
  }));
  expect((await post(events)).status).toBe(201);
});
