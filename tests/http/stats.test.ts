import { afterAll, beforeAll, expect, it } from "vitest";
import { sscc } from "../world.ts";
import { BONDED, DATES, enterprise, expectStatus, FORMULA, IMPORTER, product, VEHICLE } from "./actors.ts";
import { at, issue, openTrade, positions, told, type Trade } from "./trade.ts";

let t: Trade;
beforeAll(async () => {
  t = await openTrade();
});
afterAll(() => t.h.dispose());

const stats = async () => expectStatus(await t.h.call("GET", "/v1/stats", { key: t.officer.key }), 200);
const seconds = async () => (await stats()).clearance;
const usd = (amount: string, currency = "USD", rate: object = {}) => ({
  declaredValue: { amount, currency, ...rate },
});

it("statistics of an empty service are zero", async () => {
  const empty = await stats();
  expect(empty.issued).toEqual({ batches: 0, codes: 0, valueUsd: "0.00" });
  expect(empty.byTradeMode).toEqual({});
  expect(empty.clearance).toEqual({ releases: 0, medianSeconds: null, meanSeconds: null });
});

it("statistics add up codes and value by mode, family, category, province, country and continent", async () => {
  const formula = await product(t.h, t.maker, t.officer, FORMULA);
  const cars = await product(t.h, t.maker, t.officer, VEHICLE);
  await issue(t, 10, usd("100.10"));
  await issue(t, 20, { product: formula, tradeMode: "1210", ...BONDED, ...DATES, ...usd("0.05") });
  const vins = ["JTEBU3FJ3NK000001", "JTEBU3FJ5NK000002"];
  await issue(t, 2, { product: cars, tradeMode: "0110", vins, ...usd("80000.00") });
  const inland = await enterprise(t.h, t.officer, {
    ...IMPORTER,
    names: { en: "Inland" },
    identity: { scheme: "national", value: "INLAND 1" },
    country: "KR",
  });
  const soap = await product(t.h, inland, t.officer, {
    names: { en: "Soap" },
    category: "consumer_goods",
    originCountry: "KR",
  });
  await issue(t, 5, { owner: inland, product: soap, ...usd("1.00") });
  const figures = await stats();
  expect(figures.issued).toEqual({ batches: 4, codes: 37, valueUsd: "80101.15" });
  expect(figures.byTradeMode).toEqual({
    "0110": { batches: 1, codes: 2, valueUsd: "80000.00" },
    "1210": { batches: 1, codes: 20, valueUsd: "0.05" },
    "9610": { batches: 2, codes: 15, valueUsd: "101.10" },
  });
  expect(figures.byFamily.cross_border_ecommerce).toEqual({ batches: 3, codes: 35, valueUsd: "101.15" });
  expect(figures.byCategory).toEqual({
    consumer_goods: { batches: 2, codes: 15, valueUsd: "101.10" },
    food: { batches: 1, codes: 20, valueUsd: "0.05" },
    vehicles: { batches: 1, codes: 2, valueUsd: "80000.00" },
  });
  expect(figures.byCountry).toEqual({
    KR: { batches: 1, codes: 5, valueUsd: "1.00" },
    NZ: { batches: 3, codes: 32, valueUsd: "80100.15" },
  });
  expect(Object.keys(figures.byContinent)).toHaveLength(2);
  expect(figures.byProvince).toEqual({});
  expect(figures.enterprises).toBe(2);
  expect(figures.records).toBe(t.h.service.store.ledger.size());
});

it("statistics name the province of a mainland enterprise", async () => {
  const goods = await product(t.h, t.importer, t.officer, {
    names: { en: "Tea" },
    category: "consumer_goods",
    originCountry: "CN",
  });
  await issue(t, 3, { owner: t.importer, product: goods, ...usd("3.00") });
  const { byProvince } = await stats();
  expect(Object.values(byProvince)).toEqual([{ batches: 1, codes: 3, valueUsd: "3.00" }]);
});

it("statistics count scans", async () => {
  const batch = await issue(t, 2);
  for (const code of [batch.codes[0], batch.codes[0], "0000000000000000", "45VF"])
    await t.h.call("GET", `/v1/scan/${code}`);
  const { scans } = await stats();
  expect(scans.codes).toBe(1);
  expect(scans.refused).toMatchObject({ unknown: { sinceStart: 1 }, mistyped: { sinceStart: 1 } });
});

it("statistics show the time from declaration to release, however the goods were named", async () => {
  const batch = await issue(t, 40, { lot: "CLEAR" });
  const declaration = { tradeMode: "0110" };
  const clear = async (
    declared: unknown[],
    released: unknown[],
    minutes: [number, number],
  ): Promise<void> => {
    await told(t, t.maker, { kind: "declaring", at: at(minutes[0]), subjects: declared, declaration });
    await told(t, t.officer, { kind: "releasing", at: at(minutes[1]), subjects: released });
  };
  await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: batch.id }] });
  await clear([positions(batch, 0, 9)], [positions(batch, 0, 9)], [10, 26]);
  expect(await seconds()).toEqual({ releases: 1, medianSeconds: 960, meanSeconds: 960 });
  await told(t, t.maker, { kind: "packing", at: at(1), subjects: [positions(batch, 10, 19)], into: sscc(1) });
  await told(t, t.maker, {
    kind: "loading",
    at: at(2),
    subjects: [{ unit: sscc(1) }],
    into: "container:CSQU3054383",
  });
  // Declared by the container, released by code; then declared by code, released by the container.
  await clear([{ unit: "container:CSQU3054383" }], [positions(batch, 12)], [20, 24]);
  expect(await seconds()).toEqual({ releases: 2, medianSeconds: 600, meanSeconds: 600 });
  await told(t, t.maker, { kind: "packing", at: at(1), subjects: [positions(batch, 30)], into: sscc(3) });
  await told(t, t.maker, { kind: "packing", at: at(2), subjects: [{ unit: sscc(3) }], into: sscc(2) });
  await clear([positions(batch, 30)], [{ unit: sscc(2) }], [30, 31]);
  expect(await seconds()).toEqual({ releases: 3, medianSeconds: 240, meanSeconds: 420 });
  // Without a declaration there is no time; an enterprise's own hold is no release; corrected events do not count.
  await told(t, t.officer, { kind: "releasing", at: at(40), subjects: [positions(batch, 35)] });
  await told(t, t.maker, { kind: "holding", at: at(41), subjects: [positions(batch, 0, 9)] });
  await told(t, t.maker, { kind: "releasing", at: at(42), subjects: [positions(batch, 0, 9)] });
  expect((await seconds()).releases).toBe(3);
  const [{ id }] = await told(t, t.officer, {
    kind: "releasing",
    at: at(43),
    subjects: [positions(batch, 0, 9)],
  });
  expect((await seconds()).releases).toBe(4);
  const correcting = {
    kind: "correcting",
    at: at(44),
    subjects: [],
    corrects: { id },
    reason: "did_not_occur",
  };
  await told(t, t.officer, correcting);
  expect((await seconds()).releases).toBe(3);
});
