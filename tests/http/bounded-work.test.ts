import { afterAll, beforeAll, expect, it } from "vitest";
import { expectStatus } from "./actors.ts";
import { at, issue, type Issued, openTrade, positions, type Trade } from "./trade.ts";
import { sscc } from "../world.ts";

let t: Trade;
let batch: Issued;
beforeAll(async () => {
  t = await openTrade();
  batch = await issue(t, 300);
});
afterAll(() => t.h.dispose());

const inAndOut = (count: number, item: number): object[] =>
  Array.from({ length: count }, (_, i) => ({
    kind: i % 2 === 0 ? "packing" : "unpacking",
    at: at(1 + i),
    subjects: [positions(batch, item)],
    ...(i % 2 === 0 ? { into: sscc(item) } : { from: sscc(item) }),
  }));

const post = (events: object[]) => t.h.call("POST", "/v1/events", { key: t.maker.key, body: { events } });

it("a call whose histories take too much work is refused whole, and goes through in several calls", async () => {
  const { ledger } = t.h.service.store;
  const before = ledger.size();
  let read = 0;
  const { facts } = t.h.service.store.custody;
  t.h.service.store.custody.facts = (...given) => {
    const found = facts(...given);
    read += found.length;
    return found;
  };
  const refused = expectStatus(await post(inAndOut(400, 0)), 400);
  expect(refused.errors).toEqual([expect.objectContaining({ field: "events" })]);
  expect(ledger.size()).toBe(before);
  // A refused group runs twice.
  expect(read).toBeLessThan(200_000);
  const parts = inAndOut(80, 1);
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
