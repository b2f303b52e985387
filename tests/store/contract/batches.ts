import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { bytes, kept, type Subject } from "./subject.ts";

const BATCH = {
  organisation: "ent_a",
  product: "prd_1",
  status: "requested",
  lot: "LOT-1",
  mode: "0110",
  category: "food",
  gtin: "09520001000010",
  quantity: 1000,
  terms: "{}",
  valueUsdCents: 12_345,
  withPin: true,
} as const;
/** The columns of a batch that an order does not fill. */
const UNISSUED = {
  start: null,
  spanLevel: null,
  root: null,
  issued: 0,
  reason: null,
  decidedAt: null,
  readyAt: null,
  closedAt: null,
  expiresAt: null,
};

/** The part of the contract about orders, batches, their trees' hashes and vehicles. */
export function batchContract(t: Subject): void {
  describe("batches", () => {
    orders(t);
    lists(t);
  });
}

function orders(t: Subject): void {
  it("stores an order, and its way to a closed batch", async () => {
    const order = { id: "bat_1", ...BATCH, requestedAt: 10 };
    t.store.transact(() => t.store.batches.add(order));
    expect(await kept(t, ({ batches: b }) => b.get("bat_1"))).toEqual({ ...order, ...UNISSUED });
    t.store.transact(() => t.store.batches.decide("bat_1", "approved", "as filed", 11));
    t.store.transact(() => t.store.batches.assign("bat_1", 2048, 10));
    expect(t.store.batches.get("bat_1")).toMatchObject({ status: "issuing", start: 2048, spanLevel: 10 });
    t.store.transact(() => {
      t.store.batches.ready("bat_1", bytes(5), 1000, 12, 99);
      t.store.batches.close("bat_1", 13);
    });
    const closed = {
      ...order,
      ...UNISSUED,
      status: "closed",
      reason: "as filed",
      decidedAt: 11,
      start: 2048,
      spanLevel: 10,
      root: bytes(5),
      issued: 1000,
      readyAt: 12,
      closedAt: 13,
      expiresAt: 99,
    };
    expect(await kept(t, ({ batches: b }) => b.get("bat_1"))).toEqual(closed);
    expect(t.store.batches.issued()).toEqual([closed]);
    const { organisation, product, lot, mode, category, gtin, quantity, withPin } = BATCH;
    const brief = {
      id: "bat_1",
      organisation,
      product,
      status: "closed",
      lot,
      mode,
      category,
      gtin,
      quantity,
      start: 2048,
      withPin,
      requestedAt: 10,
      closedAt: 13,
      expiresAt: 99,
    };
    expect(t.store.batches.issuedInBrief()).toEqual([brief]);
  });

  it("stores tree hashes, VINs and the filings of a batch", async () => {
    t.store.transact(() => {
      t.store.batches.putHashes("bat_1", 8, 2, bytes(1));
      t.store.batches.putHashes("bat_1", 8, 2, bytes(2));
      t.store.batches.addVehicle("JTEBU3FJ5NK000002", 77);
    });
    expect(await kept(t, ({ batches: b }) => b.hashes("bat_1", 8, 2))).toEqual(bytes(2));
    expect(t.store.batches.hashes("bat_1", 2, 8)).toBeUndefined();
    expect(t.store.batches.vehicle("JTEBU3FJ5NK000002")).toBe(77);
    expect(t.store.batches.vehicle("JTEBU3FJ5NK000003")).toBeUndefined();
    expect(() => t.store.transact(() => t.store.batches.addVehicle("another", 77))).toThrow();
  });
}

const overview = ({ batches: b }: Store) => [
  b.issued().map(({ id, withPin }) => ({ id, withPin })),
  b.withStatus("requested").map(({ id }) => id),
  b.ordered("ent_a"),
  b.ordered("ent_b"),
];

function lists(t: Subject): void {
  it("lists issued batches by item key, others by status, and counts codes for the quota", async () => {
    t.store.transact(() => {
      const row = { ...BATCH, withPin: false, gtin: null, valueUsdCents: null, requestedAt: 10 };
      for (const id of ["bat_1", "bat_2", "bat_3", "bat_4"]) t.store.batches.add({ id, ...row });
      t.store.batches.assign("bat_1", 4096, 10);
      t.store.batches.ready("bat_1", bytes(1), 1000, 12, null);
      t.store.batches.assign("bat_2", 2048, 10);
      t.store.batches.ready("bat_2", bytes(2), 1000, 12, null);
      t.store.batches.decide("bat_3", "declined", "too many", 12);
    });
    const issued = [
      { id: "bat_2", withPin: false },
      { id: "bat_1", withPin: false },
    ];
    expect(await kept(t, overview)).toEqual([issued, ["bat_4"], 3000, 0]);
  });

  it("pages orders newest first, those of one time by id, with a status and an organisation", () => {
    t.store.transact(() => {
      const times = [10, 20, 20, 30];
      times.forEach((requestedAt, i) =>
        t.store.batches.add({
          id: `bat_${i}`,
          ...BATCH,
          organisation: i === 3 ? "ent_b" : "ent_a",
          requestedAt,
        }),
      );
      t.store.batches.decide("bat_2", "approved", null, 40);
    });
    const ids = (...given: Parameters<Store["batches"]["list"]>): string[] =>
      t.store.batches.list(...given).map(({ id }) => id);
    const newest = { at: Number.MAX_SAFE_INTEGER, id: "" };
    expect(ids(newest, 2)).toEqual(["bat_3", "bat_2"]);
    expect(ids({ at: 20, id: "bat_2" }, 2)).toEqual(["bat_1", "bat_0"]);
    expect(ids(newest, 9, { status: "approved" })).toEqual(["bat_2"]);
    expect(ids(newest, 9, { organisation: "ent_a" })).toEqual(["bat_2", "bat_1", "bat_0"]);
    expect(ids(newest, 9, { organisation: "ent_a", status: "requested" })).toEqual(["bat_1", "bat_0"]);
  });
}
