import { afterEach, describe, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { type Actor, authority, enterprise, expectStatus, product } from "./actors.ts";
import { filingOf, issue, type Trade } from "./trade.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const SEALED = ["1234", "987654.32"];

let h: Harness;
afterEach(() => h.dispose());

/** An authority and enterprises, each with goods of its own. */
async function begin(count: number): Promise<{ officer: Actor; order: Order; makers: Actor[] }> {
  h = makeHarness();
  const officer = await authority(h);
  const makers: Actor[] = [];
  const goods: string[] = [];
  for (let n = 0; n < count; n++) {
    const maker = await enterprise(h, officer, filingOf(`Maker ${n}`, `NZBN 94290000001${n}`));
    makers.push(maker);
    goods.push(
      await product(h, maker, officer, {
        names: { en: `Soap ${n}` },
        category: "consumer_goods",
        originCountry: "NZ",
      }),
    );
  }
  const order = async (n: number, quantity: number, amount = "1.00"): Promise<void> => {
    const trade = { h, officer, maker: makers[n], cream: goods[n] } as unknown as Trade;
    // Issuing passes half a day: these orders are all of one day.
    const { nowMs } = h.clock;
    await issue(trade, quantity, { declaredValue: { amount, currency: "USD" } });
    h.clock.nowMs = nowMs;
  };
  return { officer, order, makers };
}

type Order = (maker: number, quantity: number, amount?: string) => Promise<void>;

const figures = async (key?: string) =>
  expectStatus(await h.call("GET", "/v1/stats", key === undefined ? {} : { key }), 200);
const nextDay = (): void => void (h.clock.nowMs += DAY_MS);

const codesNextDay = async (): Promise<number> => {
  nextDay();
  return (await figures()).issued.codes;
};

/** Every number in an answer, by its path. */
function numbersIn(value: unknown, path = ""): Map<string, number> {
  if (typeof value === "number") return new Map([[path, value]]);
  if (typeof value === "string" && /^[0-9.]+$/.test(value)) return new Map([[path, Number(value)]]);
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([key, one]) => [...numbersIn(one, `${path}.${key}`)]));
}

function differences(before: unknown, after: unknown): string[] {
  const first = numbersIn(before);
  return [...numbersIn(after)].map(([path, value]) => String(value - (first.get(path) ?? 0)));
}

describe("public figures", () => {
  it("differ by nothing when an order is approved, on that day and on the next", async () => {
    const { officer, order, makers } = await begin(4);
    for (const n of [0, 1, 2]) await order(n, 100 + n);
    nextDay();
    for (const key of [undefined, makers[0]!.key]) {
      const before = await figures(key);
      expect(before.issued).toEqual({ batches: 3, codes: 300 });
      await order(3, 1234, "987654.32");
      const same = await figures(key);
      expect(same).toEqual(before);
      nextDay();
      const { asOf: _, records: __, ...after } = await figures(key);
      expect(after).toEqual(Object.fromEntries(Object.entries(before).filter(([name]) => name in after)));
      for (const said of differences(before, after)) expect(SEALED).not.toContain(said);
    }
    expect((await figures(officer.key)).issued).toEqual({ batches: 5, codes: 2771, valueUsd: "1975311.64" });
  });

  it("grow by steps of three enterprises, none of which has most of the codes", async () => {
    const { order } = await begin(3);
    await order(0, 500);
    expect(await codesNextDay()).toBe(0);
    await order(1, 500);
    await order(0, 50);
    expect(await codesNextDay()).toBe(0);
    await order(2, 500);
    expect(await codesNextDay()).toBe(1600);
    await order(0, 9000);
    await order(1, 20);
    await order(2, 20);
    expect(await codesNextDay()).toBe(1600);
    await order(1, 9000);
    expect(await codesNextDay()).toBe(20_000);
  });

  it("leave out a group that the total and the other groups would give away", async () => {
    const { officer, order, makers } = await begin(4);
    const wine = await product(h, makers[3]!, officer, {
      names: { en: "Wine" },
      category: "food",
      originCountry: "NZ",
    });
    for (const n of [0, 1, 2]) await order(n, 100);
    const trade = { h, officer, maker: makers[3], cream: wine } as unknown as Trade;
    const dates = { productionDate: "2026-09-01", expiryDate: "2028-08-31" };
    await issue(trade, 120, { ...dates, declaredValue: { amount: "1.00", currency: "USD" } });
    nextDay();
    const { issued, byCategory, byCountry } = await figures();
    expect(issued).toEqual({ batches: 4, codes: 420 });
    // Consumer goods are of three enterprises: with them, the rest would be the fourth's food.
    expect(byCategory).toEqual({});
    expect(byCountry).toEqual({ NZ: { batches: 4, codes: 420 } });
  });

  it("count the scans of days before, after a restart too", async () => {
    const { order } = await begin(3);
    for (const n of [0, 1, 2]) await order(n, 20);
    const code = h.service.register.all[0]!;
    const { keyring } = h.service;
    expect(code.count).toBe(20);
    const text = codeAt(code.epoch, code.start - code.epoch * 2 ** 45);
    const scan = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n++) await h.call("GET", `/v1/scan/${text}`);
    };
    await scan(7);
    nextDay();
    expect((await figures()).scans).toMatchObject({
      total: 7,
      byCountry: {},
      byCategory: { consumer_goods: 7 },
    });
    await scan(1230);
    expect((await figures()).scans.total).toBe(7);
    expect(h.service.scan.figures().total).toBe(1237);
    const { folder, clock } = h;
    await h.close();
    h = makeHarness({}, folder);
    h.clock.nowMs = clock.nowMs;
    expect((await figures()).scans.total).toBe(7);
    nextDay();
    const { scans } = await figures();
    expect(scans).toMatchObject({ total: 1200, codes: 1, byCountry: { unknown: 1200 } });
    expect(scans.refused ?? scans.log ?? scans.programs).toBeUndefined();

    function codeAt(epoch: number, serial: number): string {
      return new TextDecoder().decode(h.service.platform.codes.codes(keyring.keysOf(epoch), serial, 1));
    }
  });

  it("show values to the authority alone, and exact counts to the operator too", async () => {
    const { officer, order, makers } = await begin(1);
    await order(0, 1234, "987654.32");
    const sealed = await figures(officer.key);
    expect(sealed.issued).toEqual({ batches: 1, codes: 1234, valueUsd: "987654.32" });
    expect(sealed.byCountry.NZ.valueUsd).toBe("987654.32");
    const operator = await figures(h.operatorKey);
    expect(operator.issued).toEqual({ batches: 1, codes: 1234 });
    expect(operator.clearance.releases).toBe(0);
    for (const answer of [operator, await figures(makers[0]!.key), await figures()])
      expect(JSON.stringify(answer)).not.toContain("valueUsd");
  });
});
