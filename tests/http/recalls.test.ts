import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Called } from "../harness.ts";
import { sscc } from "../world.ts";
import { type Actor, expectStatus, product, VEHICLE } from "./actors.ts";
import {
  at,
  type Event,
  fieldsOf,
  type Issued,
  issue,
  openTrade,
  otherGoods,
  positions,
  refused,
  told,
  type Trade,
  traced,
  verdict,
} from "./trade.ts";

const REASON = { reason: "metal fragments found", level: 1, advice: "do not use; return it" };
const VIN = "JTEBU3FJ3NK000001";

let t: Trade;
beforeAll(async () => {
  t = await openTrade();
});
afterAll(() => t.h.dispose());

const draft = (by: Actor, scope: unknown) =>
  t.h.call("POST", "/v1/recalls", { key: by.key, body: { ...REASON, scope } });
const confirm = (by: Actor, id: string, codes: number) =>
  t.h.call("POST", `/v1/recalls/${id}/confirm`, { key: by.key, body: { codes } });
const lift = (by: Actor, id: string) =>
  t.h.call("POST", `/v1/recalls/${id}/lift`, { key: by.key, body: { reason: "found harmless" } });

/** Drafts and confirms a recall; gives its view. */
async function recalled(by: Actor, scope: unknown) {
  const { id, reach } = expectStatus(await draft(by, scope), 201);
  return expectStatus(await confirm(by, id, reach.codes), 200);
}

async function active(quantity: number, given: object = {}): Promise<Issued> {
  const batch = await issue(t, quantity, given);
  await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: batch.id }] });
  return batch;
}

/** Positions whose scan says recalled. */
async function recalledAt(batch: Issued, ...asked: number[]): Promise<number[]> {
  const found: number[] = [];
  for (const position of asked)
    if ((await verdict(t, batch.codes[position]!)) === "recalled") found.push(position);
  return found;
}

describe("a recall's life", () => {
  it("starts as a draft that shows its reach, and changes nothing before it is confirmed", async () => {
    const batch = await issue(t, 20, { lot: "DRAFT" });
    await told(t, t.maker, [
      { kind: "commissioning", at: at(0), subjects: [positions(batch, 0, 14)] },
      { kind: "selling", at: at(1), subjects: [positions(batch, 10, 11)] },
      { kind: "voiding", at: at(1), subjects: [positions(batch, 14)] },
    ]);
    const before = t.h.service.store.ledger.size();
    const view = expectStatus(await draft(t.maker, { subjects: [{ batch: batch.id }] }), 201);
    expect(view).toMatchObject({ ...REASON, status: "draft", organisation: t.maker.id });
    expect(view.reach).toEqual({
      codes: 20,
      batches: [{ batch: batch.id, lot: "DRAFT", product: t.cream, enterprise: t.maker.id, codes: 20 }],
      byStatus: { active: 12, sold: 2, void: 1, issued: 5 },
    });
    expect(t.h.service.store.ledger.size()).toBe(before);
    expect(await recalledAt(batch, 0, 10, 14, 19)).toEqual([]);
    const read = (by?: Actor) => t.h.call("GET", `/v1/recalls/${view.id}`, by ? { key: by.key } : {});
    for (const by of [undefined, t.stranger]) expectStatus(await read(by), 404);
    for (const by of [t.maker, t.officer]) expect(expectStatus(await read(by), 200)).toEqual(view);
    for (const by of [t.stranger, t.importer]) expectStatus(await confirm(by, view.id, 20), 404);
  });

  it("is confirmed once, with the number of codes in its draft, and shows at the next scan", async () => {
    const batch = await active(64, { lot: "LIFE" });
    const codes = batch.codes;
    const view = expectStatus(await draft(t.maker, { subjects: [positions(batch, 8, 15)] }), 201);
    expect(await verdict(t, codes[8]!)).toBe("genuine");
    for (const wrong of [7, 9, 64])
      expect(expectStatus(await confirm(t.maker, view.id, wrong), 409)).toMatchObject({ codes: 8 });
    expect(await verdict(t, codes[8]!)).toBe("genuine");
    const confirmed = expectStatus(await confirm(t.maker, view.id, 8), 200);
    expect(confirmed).toMatchObject({ status: "active", confirmed: nowOf(t) });
    const scanned = expectStatus(await t.h.call("GET", `/v1/scan/${codes[8]}`), 200);
    expect(scanned).toMatchObject({ verdict: "recalled", recall: { reason: REASON.reason, level: 1 } });
    expect(await recalledAt(batch, 0, 7, 8, 15, 16, 63)).toEqual([8, 15]);
    expectStatus(await confirm(t.maker, view.id, 8), 409);
    expect((await traced(t, codes[8]!)).recalls).toEqual([view.id]);
    await refused(t, t.maker, { kind: "selling", at: nowOf(t), subjects: [positions(batch, 7, 8)] }, 422);

    expectStatus(await lift(t.maker, view.id), 403);
    const lifted = expectStatus(await lift(t.officer, view.id), 200);
    expect(lifted.status).toBe("lifted");
    expect(await verdict(t, codes[8]!)).toBe("genuine");
    expectStatus(await lift(t.officer, view.id), 409);
    const { steps, recalls } = await traced(t, codes[8]!);
    expect(steps.map((step: { kind: string }) => step.kind)).toEqual([
      "commissioning",
      "recalling",
      "lifting",
    ]);
    expect(recalls).toEqual([]);
  });

  it("restores each code's earlier status when lifted, unless another recall reaches it", async () => {
    const batch = await active(8, { lot: "AS-BEFORE" });
    await told(t, t.maker, { kind: "voiding", at: at(1), subjects: [positions(batch, 3)] });
    const first = await recalled(t.maker, { subjects: [{ batch: batch.id }] });
    const second = await recalled(t.officer, { subjects: [positions(batch, 0, 4)] });
    expect(await recalledAt(batch, 0, 3, 7)).toEqual([0, 3, 7]);
    expectStatus(await lift(t.officer, first.id), 200);
    expect(await recalledAt(batch, 0, 3, 7)).toEqual([0, 3]);
    expectStatus(await lift(t.officer, second.id), 200);
    expect(await verdict(t, batch.codes[0]!)).toBe("genuine");
    expect(await verdict(t, batch.codes[3]!)).toBe("void");
  });

  it("is executed once for one Idempotency-Key", async () => {
    const batch = await active(4, { lot: "ONCE" });
    const headers = { "Idempotency-Key": "recall-1" };
    const body = { ...REASON, scope: { subjects: [{ batch: batch.id }] } };
    const make = () => t.h.call("POST", "/v1/recalls", { key: t.maker.key, body, headers });
    const first = expectStatus(await make(), 201);
    expect(expectStatus(await make(), 201)).toEqual(first);
    const path = `/v1/recalls/${first.id}/confirm`;
    const again = { key: t.maker.key, body: { codes: 4 }, headers: { "Idempotency-Key": "confirm-1" } };
    const confirmed = expectStatus(await t.h.call("POST", path, again), 200);
    expect(expectStatus(await t.h.call("POST", path, again), 200)).toEqual(confirmed);
  });

  it("is listed for everybody once confirmed, without codes or units", async () => {
    const batch = await active(4, { lot: "LISTED" });
    const { id } = await recalled(t.maker, { subjects: [{ codes: [batch.codes[1]] }] });
    const list = async (by?: Actor): Promise<Event[]> =>
      expectStatus(await t.h.call("GET", "/v1/recalls", by ? { key: by.key } : {}), 200).items;
    for (const by of [undefined, t.stranger]) {
      const items = await list(by);
      expect(items.find((item) => item["id"] === id)).toMatchObject({ status: "active", ...REASON });
      expect(items.some((item) => item["status"] === "draft")).toBe(false);
      expect(JSON.stringify(items)).not.toContain(batch.codes[1]);
      expect(JSON.stringify(items)).not.toContain("CSQU3054383");
    }
    for (const by of [t.maker, t.officer]) expect(JSON.stringify(await list(by))).toContain(batch.codes[1]);
  });
});

it("recalls are listed in pages, newest first", async () => {
  const shown: string[] = [];
  let next: string | null = "/v1/recalls?limit=1";
  while (next !== null) {
    const answer: Called = await t.h.call("GET", next);
    shown.push(...expectStatus(answer, 200).items.map(({ id }: { id: string }) => id));
    next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1] ?? null;
  }
  const all = expectStatus(await t.h.call("GET", "/v1/recalls?limit=200"), 200);
  expect(all.next).toBeNull();
  expect(shown.length).toBeGreaterThan(1);
  expect(shown).toEqual(all.items.map(({ id }: { id: string }) => id));
});

describe("a scope", () => {
  it("can be a product, or one lot of it", async () => {
    const goods = await otherGoods(t, "9520003000018");
    const lots = [];
    for (const lot of ["A", "B"]) lots.push(await active(4, { lot, product: goods }));
    const [a, b] = lots as [Issued, Issued];
    const lot = await recalled(t.maker, { product: goods, lot: "A" });
    expect(lot.reach.codes).toBe(4);
    expect([...(await recalledAt(a, 0, 3)), ...(await recalledAt(b, 0, 3))]).toEqual([0, 3]);
    const whole = await recalled(t.officer, { product: goods });
    expect(whole.reach.codes).toBe(8);
    expect(await recalledAt(b, 0, 3)).toEqual([0, 3]);
  });

  it("can be a range, codes, or several of both", async () => {
    const batch = await active(32, { lot: "RANGE" });
    const { codes } = batch;
    const scope = {
      subjects: [
        positions(batch, 2, 4),
        { firstCode: codes[4], lastCode: codes[6] },
        { codes: [codes[20], codes[10], codes[20]] },
      ],
    };
    expect((await recalled(t.maker, scope)).reach.codes).toBe(7);
    expect(await recalledAt(batch, 1, 2, 6, 7, 9, 10, 11, 20, 21)).toEqual([2, 6, 10, 20]);
  });

  it("can be a vehicle, by its VIN", async () => {
    const goods = await product(t.h, t.maker, t.officer, VEHICLE);
    const vins = [VIN, "JTEBU3FJ5NK000002"];
    const cars = await active(2, { product: goods, lot: "CARS", tradeMode: "0110", vins });
    expectStatus(await draft(t.maker, { vin: "JTEBU3FJ3NK00000I" }), 400);
    expectStatus(await draft(t.maker, { vin: "1HGCM82633A004352" }), 400);
    const view = await recalled(t.officer, { vin: VIN.toLowerCase() });
    expect(view.reach.codes).toBe(1);
    expect(await recalledAt(cars, 0, 1)).toEqual([0]);
  });

  it("that is wrong or reaches no code is refused by name", async () => {
    const cases: [unknown, string][] = [
      [{ product: "prd_none" }, "scope"],
      [{ subjects: [{ batch: "bat_none" }] }, "scope.subjects.0.batch"],
      [{ subjects: [{ unit: sscc(1) }] }, "scope.subjects"],
      [{ container: "CSQU3054384", from: at(0), to: at(1) }, "scope.container"],
      [{ container: "TCLU4265849", from: at(0), to: at(1) }, "scope.container"],
      [{ container: "CSQU3054383", from: "yesterday", to: at(1) }, "scope.from"],
      [{ product: t.cream, colour: "red" }, "scope.colour"],
    ];
    for (const [scope, field] of cases)
      expect(fieldsOf(expectStatus(await draft(t.maker, scope), 400))).toEqual([field]);
    const body = { scope: { product: t.cream }, reason: "x", level: 4 };
    expectStatus(await t.h.call("POST", "/v1/recalls", { key: t.maker.key, body }), 400);
  });

  it("with another enterprise's goods is allowed only to the authority", async () => {
    const batch = await active(4, { lot: "OTHERS" });
    const scope = { subjects: [{ batch: batch.id }] };
    expectStatus(await draft(t.stranger, scope), 403);
    expectStatus(await draft(t.stranger, { product: t.cream }), 403);
    const mine = expectStatus(await draft(t.maker, scope), 201);
    expectStatus(await lift(t.officer, mine.id), 409);
    // The authority may confirm an enterprise's draft.
    expectStatus(await confirm(t.officer, mine.id, 4), 200);
    expect(await recalledAt(batch, 0)).toEqual([0]);
  });
});

describe("a scope by container and time window", () => {
  const BOX = "container:CSQU3054383";
  let batch: Issued;

  // 0-9 loose in the box until 100, 10-19 in a carton on a pallet in the box until it was emptied at 100; 20-29 in the
  // box on its next voyage from 200 on; 30 went in and out between 20 and 30.
  beforeAll(async () => {
    batch = await active(40, { lot: "BOXED" });
    const box = { into: BOX };
    await told(t, t.maker, [
      { kind: "loading", at: at(10), subjects: [positions(batch, 0, 9)], ...box },
      { kind: "packing", at: at(11), subjects: [positions(batch, 10, 19)], into: sscc(100) },
      { kind: "packing", at: at(12), subjects: [{ unit: sscc(100) }], into: sscc(101) },
      { kind: "loading", at: at(13), subjects: [{ unit: sscc(101) }], ...box },
      { kind: "loading", at: at(20), subjects: [positions(batch, 30)], ...box },
      { kind: "unloading", at: at(30), subjects: [positions(batch, 30)], from: BOX },
      { kind: "unloading", at: at(100), subjects: [], from: BOX },
      { kind: "loading", at: at(200), subjects: [positions(batch, 20, 29)], ...box },
    ]);
  });

  it.each<[string, number, number, number[]]>([
    ["before anything was inside", 0, 9, []],
    ["the loose goods as they went in", 10, 10, [0]],
    ["the goods in the carton on the pallet", 50, 60, [0, 10]],
    ["while one was inside for a while", 25, 26, [0, 10, 30]],
    ["from when it had gone", 31, 99, [0, 10]],
    ["after the emptying", 101, 199, []],
    ["the next voyage", 200, 300, [20]],
    ["everything that ever was", 0, 1000, [0, 10, 20, 30]],
  ])("reaches %s", async (_what, from, to, expected) => {
    const answer = await draft(t.officer, {
      container: "csqu3054383",
      from: at(from),
      to: at(to),
    });
    if (expected.length === 0) {
      expect(answer.status).toBe(400);
      return;
    }
    const view = expectStatus(answer, 201);
    const sizes: Record<number, number> = { 0: 10, 10: 10, 20: 10, 30: 1 };
    expect(view.reach.codes).toBe(expected.reduce((sum, first) => sum + sizes[first]!, 0));
    expectStatus(await confirm(t.officer, view.id, view.reach.codes), 200);
    expect(await recalledAt(batch, 0, 10, 20, 30, 31)).toEqual(expected);
    expectStatus(await lift(t.officer, view.id), 200);
  });

  it("can name any other unit, and is refused if the window ends before it starts", async () => {
    const pallet = { container: sscc(101), from: at(11), to: at(20) };
    expect(expectStatus(await draft(t.maker, pallet), 201).reach.codes).toBe(10);
    const turned = { container: BOX, from: at(2), to: at(1) };
    expect(fieldsOf(expectStatus(await draft(t.maker, turned), 400))).toEqual(["scope.to"]);
  });
});

describe("scattered codes", () => {
  it("in more than 3,000 segments make several records, which are in force and lifted together", async () => {
    const batch = await active(7000, { lot: "SCATTERED" });
    const odd = batch.codes.filter((_code, i) => i % 2 === 1);
    const scope = { subjects: [{ codes: odd.slice(0, 1750) }, { codes: odd.slice(1750) }] };
    const size = t.h.service.store.ledger.size();
    const view = await recalled(t.maker, scope);
    expect(view.reach.codes).toBe(3500);
    expect(t.h.service.store.ledger.size()).toBe(size + 2);
    expect(await recalledAt(batch, 0, 1, 2, 3499, 3500, 5999, 6001, 6998, 6999)).toEqual([
      1, 3499, 5999, 6001, 6999,
    ]);
    expect((await traced(t, batch.codes[6999]!)).recalls).toEqual([view.id]);
    expectStatus(await lift(t.officer, view.id), 200);
    expect(await recalledAt(batch, 1, 6999)).toEqual([]);
    expect((await traced(t, batch.codes[6999]!)).recalls).toEqual([]);
  });
});

function nowOf({ h }: Trade): string {
  return new Date(h.clock.nowMs).toISOString();
}
