import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { blindOf, codeLeafHash } from "../../src/core/code/leaf.ts";
import { encipherSerial } from "../../src/core/code/cipher.ts";
import { splitItemKey } from "../../src/core/code/serial.ts";
import { openDisclosure } from "../../src/core/ledger/disclosure.ts";
import { rootFromInclusion } from "../../src/core/ledger/proof.ts";
import { type Harness, makeHarness } from "../harness.ts";
import {
  type Actor,
  approve,
  authority,
  BONDED,
  CREAM,
  DATES,
  enterprise,
  EXPORTER,
  expectStatus,
  FORMULA,
  IMPORTER,
  orderOf,
  product,
  readyBatch,
  VEHICLE,
} from "./actors.ts";

const VINS = ["JTEBU3FJ3NK000001", "jtebu3fj5nk000002"];

let h: Harness;
let officer: Actor;
let owner: Actor;
let cream: string;

beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
  owner = await enterprise(h, officer);
  cream = await product(h, owner, officer);
});
afterEach(() => h.dispose());

const order = (body: object, key = owner.key, headers: Record<string, string> = {}) =>
  h.call("POST", "/v1/batches", { key, body, headers });

/** The records on a chain: index and statement. */
function recordsOn(chain: string): { index: number; statement: Record<string, unknown> }[] {
  const { ledger, custody } = h.service.store;
  const key = custody.chainNamed(chain);
  return (key === undefined ? [] : custody.chains.links(key)).map(({ index }) => {
    const { bytes } = ledger.record(index) as { bytes: Uint8Array };
    const { statement } = JSON.parse(new TextDecoder().decode(bytes)) as {
      statement: Record<string, unknown>;
    };
    return { index, statement };
  });
}

describe("an order's life", () => {
  it("goes from requested to approved, issuing, ready and closed, and refuses every other step as a conflict", async () => {
    const requested = expectStatus(await order(orderOf(cream)), 201);
    expect(requested).toMatchObject({ status: "requested", quantity: 10, issued: 0, root: null });
    const path = `/v1/batches/${requested.id}`;
    expectStatus(await h.call("POST", `${path}/close`, { key: owner.key }), 409);
    expectStatus(await h.call("GET", `${path}/codes`, { key: owner.key }), 409);
    const approved = await approve(h, officer, path);
    expect(approved.status).toBe("approved");
    const body = { decision: "approve" };
    expectStatus(await h.call("POST", `${path}/decision`, { key: officer.key, body }), 409);
    await h.service.issuer.settled();
    const ready = expectStatus(await h.call("GET", path, { key: owner.key }), 200);
    expect(ready).toMatchObject({ status: "ready", issued: 10, readyAt: "2026-11-01T00:00:00.000Z" });
    expect(ready.unusedExpireAt).toBe(new Date(h.clock.nowMs + 730 * 86_400_000).toISOString());
    expect(ready.root).toMatch(/^[0-9a-f]{64}$/);
    const closed = expectStatus(await h.call("POST", `${path}/close`, { key: owner.key }), 200);
    expect(closed.status).toBe("closed");
    expect(h.service.register.get(requested.id)?.closed).toBe(true);
    const again = expectStatus(await h.call("POST", `${path}/close`, { key: officer.key }), 409);
    expect(again.detail).toContain("closed");
    expectStatus(await h.call("GET", `${path}/codes`, { key: owner.key }), 200);
    const kinds = recordsOn(`batch:${requested.id}`).map(({ statement }) => statement["kind"]);
    expect(kinds).toEqual(["ordering", "deciding", "issuing", "closing"]);
  });

  it("shows issuing to everybody until its codes can be fetched", async () => {
    const add = vi.spyOn(h.service.register, "add").mockImplementation(() => undefined);
    const { id } = expectStatus(await order(orderOf(cream)), 201);
    await approve(h, officer, `/v1/batches/${id}`);
    await h.service.issuer.settled();
    expect(h.service.store.batches.get(id)?.status).toBe("ready");
    const read = async () => expectStatus(await h.call("GET", `/v1/batches/${id}`, { key: owner.key }), 200);
    const codes = () => h.call("GET", `/v1/batches/${id}/codes`, { key: owner.key });
    expect(await read()).toMatchObject({ status: "issuing", issued: 10, root: null });
    expect(expectStatus(await codes(), 409).detail).toContain("the batch is issuing");
    add.mockRestore();
    h.service.register.reload();
    expect(await read()).toMatchObject({ status: "ready", issued: 10, root: expect.any(String) });
    expect((await codes()).status).toBe(200);
  });

  it("can be declined with a reason, and then has no codes", async () => {
    const { id } = expectStatus(await order(orderOf(cream)), 201);
    const body = { decision: "decline", reason: "no import licence" };
    const path = `/v1/batches/${id}`;
    const declined = expectStatus(await h.call("POST", `${path}/decision`, { key: officer.key, body }), 200);
    expect(declined).toMatchObject({ status: "declined", reason: "no import licence" });
    expectStatus(await h.call("GET", `${path}/codes`, { key: owner.key }), 409);
    expectStatus(await h.call("POST", `${path}/close`, { key: owner.key }), 409);
    expectStatus(await h.call("POST", `${path}/decision`, { key: officer.key, body }), 409);
    await h.service.issuer.settled();
    expect(h.service.register.all).toHaveLength(0);
  });

  it("can be closed only by its enterprise or the authority", async () => {
    const { id } = await readyBatch(h, owner, officer, orderOf(cream));
    const other = await enterprise(h, officer, IMPORTER);
    expectStatus(await h.call("POST", `/v1/batches/${id}/close`, { key: other.key }), 404);
    expectStatus(await h.call("POST", `/v1/batches/${id}/close`, { key: h.operatorKey }), 403);
    const closed = expectStatus(await h.call("POST", `/v1/batches/${id}/close`, { key: officer.key }), 200);
    expect(closed.closedAt).toBe("2026-11-01T00:00:00.000Z");
  });

  it("cannot activate codes that expired unused or were closed", async () => {
    const { id, codes } = await (async () => {
      const batch = await readyBatch(h, owner, officer, orderOf(cream, { quantity: 4 }));
      const { text } = await h.call("GET", `/v1/batches/${batch.id}/codes?format=text`, { key: owner.key });
      return { id: batch.id as string, codes: text.trim().split("\n") };
    })();
    const activate = (position: number, at: number) => {
      const subjects = [{ batch: id, first: position, last: position }];
      const event = { kind: "commissioning", at: new Date(at).toISOString(), subjects };
      return h.call("POST", "/v1/events", { key: owner.key, body: { events: [event] } });
    };
    const verdict = async (position: number) => {
      const { json } = await h.call("GET", `/v1/scan/${codes[position] as string}`);
      return [json.verdict, json.reason];
    };
    const expiresMs = h.clock.nowMs + 730 * 86_400_000;
    h.clock.nowMs = expiresMs - 1;
    expectStatus(await activate(0, expiresMs - 1), 201);
    expect(await verdict(1)).toEqual(["not_activated", undefined]);
    h.clock.nowMs = expiresMs;
    expect(await verdict(1)).toEqual(["void", "expired"]);
    const refused = expectStatus(await activate(1, expiresMs), 422);
    expect(refused.contradictions).toMatchObject([{ rule: "after_expiry", kind: "commissioning" }]);
    expect(await verdict(1)).toEqual(["void", "expired"]);
    expectStatus(await activate(2, expiresMs - 1), 201);
    expect([await verdict(0), await verdict(2)]).toEqual([
      ["genuine", undefined],
      ["genuine", undefined],
    ]);
  });

  it("is shown only to its own enterprise", async () => {
    const { id } = expectStatus(await order(orderOf(cream)), 201);
    const other = await enterprise(h, officer, IMPORTER);
    expectStatus(await h.call("GET", `/v1/batches/${id}`, { key: other.key }), 404);
    expect(expectStatus(await h.call("GET", "/v1/batches", { key: other.key }), 200).items).toEqual([]);
    expectStatus(await order(orderOf(cream), other.key), 404);
    for (const key of [owner.key, officer.key, h.operatorKey]) {
      const { items } = expectStatus(await h.call("GET", "/v1/batches?status=requested", { key }), 200);
      expect(items.map((one: { id: string }) => one.id)).toEqual([id]);
    }
    const ready = await h.call("GET", "/v1/batches?status=ready", { key: owner.key });
    expect(expectStatus(ready, 200).items).toEqual([]);
  });

  it("needs approved goods of an approved enterprise", async () => {
    const waiting = await product(h, owner);
    expect(expectStatus(await order(orderOf(waiting)), 409).detail).toContain("requested");
    const stranger = await enterprise(h, undefined, IMPORTER);
    expectStatus(await order(orderOf(cream), stranger.key), 403);
    expectStatus(await order(orderOf("prd_none")), 404);
  });

  it("is executed once for one Idempotency-Key", async () => {
    const headers = { "Idempotency-Key": "order-1" };
    const first = expectStatus(await order(orderOf(cream), owner.key, headers), 201);
    await approve(h, officer, `/v1/batches/${first.id}`);
    await h.service.issuer.settled();
    expect(expectStatus(await order(orderOf(cream), owner.key, headers), 201)).toEqual(first);
    expectStatus(await order(orderOf(cream, { lot: "L2" }), owner.key, headers), 422);
    expect(h.service.store.batches.ordered(owner.id)).toBe(10);
    const other = await enterprise(h, officer, IMPORTER);
    const theirs = await product(h, other, officer, CREAM);
    // The key is the caller's: another's request under the same one is another request.
    expectStatus(await order(orderOf(theirs), other.key, headers), 201);
  });
});

describe("quota and approval", () => {
  it("counts ordered and issued codes toward the quota, not declined ones", async () => {
    const terms = { quota: 25, autoApprove: false };
    await h.call("PUT", `/v1/enterprises/${owner.id}/terms`, { key: officer.key, body: terms });
    const { id } = expectStatus(await order(orderOf(cream)), 201);
    expectStatus(await order(orderOf(cream)), 201);
    const over = expectStatus(await order(orderOf(cream)), 409);
    expect(over).toMatchObject({ type: "/problems/quota_exceeded", quota: 25, ordered: 20 });
    const body = { decision: "decline", reason: "twice" };
    await h.call("POST", `/v1/batches/${id}/decision`, { key: officer.key, body });
    expectStatus(await order(orderOf(cream, { quantity: 15 })), 201);
    expectStatus(await order(orderOf(cream, { quantity: 1 })), 409);
  });

  it("holds simultaneous orders to the quota", async () => {
    const terms = { quota: 30, autoApprove: true };
    await h.call("PUT", `/v1/enterprises/${owner.id}/terms`, { key: officer.key, body: terms });
    const answers = await Promise.all(Array.from({ length: 6 }, () => order(orderOf(cream))));
    expect(answers.map(({ status }) => String(status)).sort()).toEqual([
      "201",
      "201",
      "201",
      "409",
      "409",
      "409",
    ]);
    await h.service.issuer.settled();
    expect(h.service.register.all).toHaveLength(3);
  });

  it("approves at once under the enterprise's terms, in the operator's name", async () => {
    const terms = { quota: null, autoApprove: true };
    await h.call("PUT", `/v1/enterprises/${owner.id}/terms`, { key: officer.key, body: terms });
    const batch = expectStatus(await order(orderOf(cream)), 201);
    expect(batch.status).toBe("approved");
    await h.service.issuer.settled();
    const records = recordsOn(`batch:${batch.id}`);
    expect(records.map(({ statement }) => statement["kind"])).toEqual(["ordering", "deciding", "issuing"]);
    expect(records[1]?.statement["actor"]).toEqual({ organisation: "operator", by: "auto-approval" });
  });
});

describe("what an order must have", () => {
  it.each([
    [{ quantity: 0 }, "quantity"],
    [{ quantity: 1.5 }, "quantity"],
    [{ quantity: 2 ** 30 + 1 }, "quantity"],
    [{ quantity: "10" }, "quantity"],
    [{ lot: "" }, "lot"],
    [{ tradeMode: "9999" }, "tradeMode"],
    [{ declaredValue: { amount: "-1", currency: "USD" } }, "declaredValue.amount"],
    [{ declaredValue: { amount: "1.005", currency: "USD" } }, "declaredValue.amount"],
    [{ declaredValue: { amount: 1, currency: "USD" } }, "declaredValue.amount"],
    [{ declaredValue: { amount: "1.00", currency: "XYZ" } }, "declaredValue.amount"],
    [{ declaredValue: { amount: "100.00", currency: "CNY" } }, "declaredValue.usdRate"],
    [{ productionDate: "2026-02-30" }, "productionDate"],
    [{ productionDate: "2026-02-02", expiryDate: "2026-02-01" }, "expiryDate"],
    [{ destinationCountry: "XX" }, "destinationCountry"],
    [{ vins: VINS }, "vins"],
    [{ bonded: { accountBook: "x" } }, "bonded.accountBook"],
    [{ colour: "red" }, "colour"],
  ])("refuses %j and names %s", async (given, field) => {
    const { errors } = expectStatus(await order(orderOf(cream, given)), 400);
    expect(errors.map((one: { field: string }) => one.field)).toContain(field);
  });

  it("converts a value by its dated rate, half up, and keeps both", async () => {
    const declaredValue = {
      amount: "644.05",
      currency: "CNY",
      usdRate: { rate: "0.1391", date: "2026-10-30" },
    };
    const batch = expectStatus(await order(orderOf(cream, { declaredValue })), 201);
    // 644.05 × 0.1391 = 89.587355
    expect(batch.declaredValue).toEqual({ ...declaredValue, usd: "89.59" });
    expect(h.service.store.batches.get(batch.id)?.valueUsdCents).toBe(8959);
    const wrong = [
      [{ rate: "0", date: "2026-10-30" }, "declaredValue.usdRate.rate"],
      [{ rate: "0.14", date: "2026-13-30" }, "declaredValue.usdRate.date"],
      [{ rate: "0.14", date: "2027-01-01" }, "declaredValue.usdRate.date"],
    ] as const;
    for (const [usdRate, field] of wrong) {
      const body = orderOf(cream, { declaredValue: { ...declaredValue, usdRate } });
      expect(expectStatus(await order(body), 400).errors[0].field).toBe(field);
    }
    const dollars = { amount: "1.00", currency: "USD", usdRate: { rate: "1", date: "2026-10-30" } };
    const needless = expectStatus(await order(orderOf(cream, { declaredValue: dollars })), 400);
    expect(needless.errors[0].field).toBe("declaredValue.usdRate");
  });

  it("requires dates for food and bonded fields for 1210, and names all missing fields at once", async () => {
    const food = await product(h, owner, officer, FORMULA);
    const { errors } = expectStatus(await order(orderOf(food, { tradeMode: "1210" })), 400);
    expect(errors.map((one: { field: string }) => one.field).sort()).toEqual([
      "bonded.accountBookNo",
      "bonded.areaCode",
      "bonded.areaName",
      "bonded.itemRecordNo",
      "customsOffice",
      "expiryDate",
      "productionDate",
    ]);
    const complete = orderOf(food, { tradeMode: "1210", ...DATES, ...BONDED });
    expect(expectStatus(await order(complete), 201)).toMatchObject({
      ...DATES,
      originCountry: "NZ",
      gtin: "09520001000010",
      mode: BONDED,
    });
  });

  it("requires the market shop for 1039, and warns if it is no individual business", async () => {
    const bare = expectStatus(await order(orderOf(cream, { tradeMode: "1039" })), 400);
    expect(bare.errors.map((one: { field: string }) => one.field).sort()).toEqual([
      "market.purchaseSlipNo",
      "market.shopUscc",
    ]);
    const market = { shopUscc: "92440111MA00000A98", purchaseSlipNo: "S-1" };
    expect(expectStatus(await order(orderOf(cream, { tradeMode: "1039", market })), 201).warnings).toEqual(
      [],
    );
    const company = { ...market, shopUscc: "91440115MA0000015F" };
    const warned = await order(orderOf(cream, { tradeMode: "1039", market: company }));
    expect(expectStatus(warned, 201).warnings[0].field).toBe("market.shopUscc");
    const wrong = { ...market, shopUscc: "92440111MA00000A99" };
    const refused = await order(orderOf(cream, { tradeMode: "1039", market: wrong }));
    expect(expectStatus(refused, 400).errors[0].field).toBe("market.shopUscc");
  });
});

describe("vehicles", () => {
  let car: string;
  beforeEach(async () => {
    car = await product(h, owner, officer, VEHICLE);
  });
  const cars = (vins: string[], given: object = {}) =>
    orderOf(car, { tradeMode: "0110", quantity: vins.length, vins, ...given });

  it("have one VIN per code, sealed in the batch's record, and are found by it", async () => {
    const batch = await readyBatch(h, owner, officer, cars(VINS));
    expect(batch.vins).toEqual(["JTEBU3FJ3NK000001", "JTEBU3FJ5NK000002"]);
    const { items } = expectStatus(await h.call("GET", "/v1/batches", { key: owner.key }), 200);
    expect(items[0].id).toBe(batch.id);
    expect(items[0]).not.toHaveProperty("vins");
    const { start } = h.service.register.get(batch.id) as { start: number };
    expect(h.service.store.batches.vehicle("JTEBU3FJ3NK000001")).toBe(start);
    expect(h.service.store.batches.vehicle("JTEBU3FJ5NK000002")).toBe(start + 1);
    const issuing = recordsOn(`batch:${batch.id}`).at(-1);
    expect(JSON.stringify(issuing?.statement)).not.toContain("JTEBU3FJ");
    const sealed = h.service.store.ledger
      .disclosures(issuing?.index as number)
      .map(({ tier, text }) => ({ tier, ...openDisclosure(text) }));
    const vins = sealed.filter(({ name }) => name.startsWith("vin/"));
    expect(
      vins.map(({ tier, name, value }) => ({ tier, name, value })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ).toEqual([
      { tier: "parties", name: "vin/0", value: "JTEBU3FJ3NK000001" },
      { tier: "parties", name: "vin/1", value: "JTEBU3FJ5NK000002" },
    ]);
  });

  it("are refused with too few, repeated or mistyped VINs", async () => {
    const cases: [string[], object, string][] = [
      [VINS, { quantity: 3 }, "vins"],
      [["JTEBU3FJ3NK000001", "JTEBU3FJ3NK000001"], {}, "vins.1"],
      [["JTEBU3FJ4NK000001"], {}, "vins.0"],
      [["JTEBU3FJ3NK00000I"], {}, "vins.0"],
    ];
    for (const [vins, given, field] of cases) {
      const { errors } = expectStatus(await order(cars(vins, given)), 400);
      expect(errors.map((one: { field: string }) => one.field)).toContain(field);
    }
    const none = expectStatus(await order(orderOf(car, { tradeMode: "0110" })), 400);
    expect(none.errors.map((one: { field: string }) => one.field)).toContain("vins");
  });

  it("have one code each: a VIN ordered or issued is refused, a declined one is free", async () => {
    const { id } = expectStatus(await order(cars(VINS)), 201);
    const pending = expectStatus(await order(cars([VINS[1] as string])), 409);
    expect(pending.errors[0].field).toBe("vins.0");
    const body = { decision: "decline", reason: "wrong papers" };
    await h.call("POST", `/v1/batches/${id}/decision`, { key: officer.key, body });
    await readyBatch(h, owner, officer, cars(VINS));
    expectStatus(await order(cars([VINS[0] as string])), 409);
  });
});

describe("the batch's commitment", () => {
  it.each([1, 2, 255, 256, 257, 65_537])("of %i codes proves codes by position", async (quantity) => {
    const batch = await readyBatch(h, owner, officer, orderOf(cream, { quantity }));
    const issued = h.service.register.get(batch.id);
    if (issued === undefined) throw new Error("not issued");
    const { epoch, serial } = splitItemKey(issued.start);
    expect(issued.start % 2 ** Math.ceil(Math.log2(quantity))).toBe(0);
    const keys = h.service.keyring.keysOf(epoch);
    for (const position of new Set([0, Math.floor(quantity / 2), quantity - 1])) {
      const leaf = codeLeafHash(blindOf(keys, serial + position), encipherSerial(keys, serial + position));
      const proof = h.service.trees.proof(issued, position);
      expect(bytesToHex(rootFromInclusion(leaf, position, quantity, proof))).toBe(batch.root);
    }
  });

  it("is in the batch's record with the public fields, without value and serials", async () => {
    const batch = await readyBatch(h, owner, officer, orderOf(cream));
    const { statement, index } = recordsOn(`batch:${batch.id}`).at(-1) as {
      statement: { public: object };
      index: number;
    };
    expect(statement.public).toEqual({
      root: batch.root,
      count: 10,
      epoch: 0,
      enterprise: owner.id,
      product: cream,
      lot: "L1",
      tradeMode: "9610",
      category: "consumer_goods",
      gtin: "09520002000019",
      productionDate: null,
      expiryDate: null,
      unusedExpireAt: batch.unusedExpireAt,
    });
    const sealed = h.service.store.ledger.disclosures(index);
    expect(sealed.map(({ tier, text }) => [tier, openDisclosure(text).name])).toEqual([
      ["authority", "declaredValue"],
    ]);
  });

  it("gives batches spans of serials that do not overlap", async () => {
    for (const quantity of [3, 100, 1, 5]) await readyBatch(h, owner, officer, orderOf(cream, { quantity }));
    const spans = h.service.register.all.map(({ start, count }) => [start, start + count] as const);
    for (const [i, [start]] of spans.entries()) expect(start).toBeGreaterThanOrEqual(spans[i - 1]?.[1] ?? 0);
    const starts = h.service.register.all.map(({ start }) => start);
    expect(starts).toEqual([0, 128, 256, 264]);
  });
});

describe("a stop in the middle of issuing", () => {
  it("continues at the next start with the assigned span", async () => {
    const folder = mkdtempSync(join(tmpdir(), "suyuan-resume-"));
    const quantity = 400_000;
    const before = makeHarness({ SUYUAN_AUTO_APPROVE: "true" }, folder);
    const actor = await enterprise(before, undefined, EXPORTER);
    const goods = await product(before, actor);
    const path = "/v1/batches";
    const body = orderOf(goods, { quantity });
    const { id } = expectStatus(await before.call("POST", path, { key: actor.key, body }), 201);
    const second = expectStatus(
      await before.call("POST", path, { key: actor.key, body: orderOf(goods) }),
      201,
    );
    let seen = 0;
    while (seen === 0) {
      await before.service.platform.yield();
      seen = before.service.issuer.issued(id);
    }
    const midway = expectStatus(await before.call("GET", `${path}/${id}`, { key: actor.key }), 200);
    expect(midway.status).toBe("issuing");
    expect(midway.issued).toBeGreaterThan(0);
    expect(midway.issued).toBeLessThan(quantity);
    await before.close();

    const after = makeHarness({}, folder);
    const assigned = after.service.store.batches.get(id);
    expect(assigned).toMatchObject({ status: "issuing", start: 0, spanLevel: 19 });
    await after.service.issuer.settled();
    for (const one of [id, second.id]) {
      const batch = expectStatus(await after.call("GET", `${path}/${one}`, { key: actor.key }), 200);
      expect(batch.status).toBe("ready");
    }
    const issued = after.service.register.get(id)!;
    expect(issued.start).toBe(assigned?.start);
    const keys = after.service.keyring.newest;
    const position = quantity - 1;
    const leaf = codeLeafHash(blindOf(keys, position), encipherSerial(keys, position));
    const proof = after.service.trees.proof(issued, position);
    expect(rootFromInclusion(leaf, position, quantity, proof)).toEqual(
      new Uint8Array(after.service.store.batches.get(id)!.root!),
    );
    await after.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("leaves the batch unchanged and shows the failure, if issuing fails", async () => {
    h.service.store.service.setMeta("nextCounting", String(2 ** 37 - 4));
    const { id } = expectStatus(await order(orderOf(cream)), 201);
    const reported = vi.spyOn(console, "error").mockReturnValue();
    await approve(h, officer, `/v1/batches/${id}`);
    await h.service.issuer.settled();
    expect(reported).toHaveBeenCalledOnce();
    reported.mockRestore();
    const stuck = expectStatus(await h.call("GET", `/v1/batches/${id}`, { key: owner.key }), 200);
    expect(stuck.status).toBe("approved");
    expect(stuck.failure).toContain("used up");
    // A batch that still fits is issued.
    await readyBatch(h, owner, officer, orderOf(cream, { quantity: 4 }));
  });
});
