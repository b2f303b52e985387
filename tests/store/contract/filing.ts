import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { kept, type Subject } from "./subject.ts";

const ORGANISATION = {
  id: "ent_a",
  role: "enterprise",
  status: "requested",
  scheme: "lei",
  number: "L-1",
  country: "NZ",
  province: "AUK",
  filing: "{}",
  filedAt: 10,
} as const;
const UNDECIDED = { reason: null, signingKey: null, autoApprove: false, quota: null, decidedAt: null };
const NEWEST = { at: Number.MAX_SAFE_INTEGER, id: "" };

/** The part of the contract about organisations, API keys and products. */
export function filingContract(t: Subject): void {
  describe("filing", () => {
    organisations(t);
    lists(t);
    keys(t);
    products(t);
  });
}

function organisations(t: Subject): void {
  it("stores an organisation and every change of it", async () => {
    t.store.transact(() => t.store.filing.addOrganisation(ORGANISATION));
    const row = { ...ORGANISATION, ...UNDECIDED };
    expect(await kept(t, ({ filing }) => filing.organisation("ent_a"))).toEqual(row);
    expect(t.store.filing.standing("ent_a")).toBe("requested");
    t.store.transact(() => {
      t.store.filing.decideOrganisation("ent_a", "approved", "complete", 20);
      t.store.filing.setSigningKey("ent_a", "key");
      t.store.filing.setTerms("ent_a", true, 500);
    });
    expect(await kept(t, ({ filing }) => filing.organisation("ent_a"))).toEqual({
      ...row,
      status: "approved",
      reason: "complete",
      decidedAt: 20,
      signingKey: "key",
      autoApprove: true,
      quota: 500,
    });
    t.store.transact(() => {
      t.store.filing.setSigningKey("ent_a", null);
      t.store.filing.setTerms("ent_a", false, null);
    });
    expect(t.store.filing.organisation("ent_a")).toMatchObject({
      signingKey: null,
      autoApprove: false,
      quota: null,
    });
    expect([t.store.filing.organisation("ent_b"), t.store.filing.standing("ent_b")]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("lets filings of one legal number wait side by side, and finds the number's holder", () => {
    const { filing } = t.store;
    const again = { ...ORGANISATION, id: "ent_b", province: null };
    t.store.transact(() => {
      filing.addOrganisation(ORGANISATION);
      filing.addOrganisation(again);
    });
    const applicants = (most: number): string[] =>
      filing.numberApplicants("lei", "L-1", most).map(({ id }) => id);
    expect(applicants(9)).toEqual(["ent_a", "ent_b"]);
    expect(applicants(1)).toHaveLength(1);
    expect(filing.numberHolders("lei", "L-1")).toEqual([]);
    t.store.transact(() => {
      filing.decideOrganisation("ent_a", "declined", "not the owner", 20);
      filing.decideOrganisation("ent_b", "approved", null, 20);
    });
    expect(applicants(9)).toEqual([]);
    expect(filing.numberHolders("lei", "L-1")).toEqual([
      { ...again, ...UNDECIDED, status: "approved", decidedAt: 20 },
    ]);
    t.store.transact(() => filing.decideOrganisation("ent_b", "suspended", "cheated", 30));
    expect(filing.numberHolders("lei", "L-1").map(({ id }) => id)).toEqual(["ent_b"]);
    expect(filing.numberHolders("lei", "L-2")).toEqual([]);
  });

  it("keeps drafts beside a filing, and removes a filing that is not in the log whole", async () => {
    t.store.transact(() => {
      const { filing } = t.store;
      filing.addOrganisation(ORGANISATION);
      filing.addOrganisation({ ...ORGANISATION, id: "ent_b" });
      filing.addKey(key("key_1", 10));
      filing.addProduct(product("prd_0", "ent_a", 10));
      filing.addWaiting("ent_b", 0, 20, "b0");
      filing.addWaiting("ent_a", 0, 10, "a0");
      filing.addWaiting("ent_a", 1, 11, "a1");
    });
    expect(await kept(t, (store) => store.filing.waiting("ent_a"))).toEqual(["a0", "a1"]);
    const { filing } = t.store;
    expect([filing.waitingCount("ent_a"), filing.waitingCount("ent_c")]).toEqual([2, 0]);
    expect(filing.waitingFilings()).toBe(2);
    expect(filing.oldestWaiting(1)).toEqual([{ organisation: "ent_a", at: 10 }]);
    t.store.transact(() => filing.dropWaiting("ent_a", 1));
    expect(filing.waiting("ent_a")).toEqual(["a0"]);
    t.store.transact(() => filing.removeUnrecorded("ent_a"));
    expect(filing.organisation("ent_a")).toBeUndefined();
    expect(filing.organisation("ent_b")?.id).toBe("ent_b");
    expect([filing.key("key_1"), filing.product("prd_0"), filing.waitingCount("ent_a")]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });
}

function lists(t: Subject): void {
  it("pages organisations newest first, those of one time by id, with a role and a status", () => {
    t.store.transact(() => {
      const times = [10, 20, 20, 30];
      times.forEach((filedAt, i) =>
        t.store.filing.addOrganisation({
          ...ORGANISATION,
          id: `ent_${i}`,
          number: `L-${i}`,
          role: i === 3 ? "assessor" : "enterprise",
          filedAt,
        }),
      );
      t.store.filing.decideOrganisation("ent_2", "approved", null, 40);
    });
    const ids = (...given: Parameters<Store["filing"]["organisations"]>): string[] =>
      t.store.filing.organisations(...given).map(({ id }) => id);
    expect(ids(NEWEST, 2)).toEqual(["ent_3", "ent_2"]);
    expect(ids({ at: 20, id: "ent_2" }, 9)).toEqual(["ent_1", "ent_0"]);
    expect(ids(NEWEST, 9, { role: "assessor" })).toEqual(["ent_3"]);
    expect(ids(NEWEST, 9, { status: "approved" })).toEqual(["ent_2"]);
    expect(ids(NEWEST, 9, { role: "enterprise", status: "requested" })).toEqual(["ent_1", "ent_0"]);
  });
}

const key = (id: string, createdAt: number) => ({
  id,
  hash: `hash of ${id}`,
  role: "enterprise" as const,
  organisation: "ent_a",
  label: "till",
  createdAt,
  repeatableUntil: createdAt === 10 ? 99 : null,
});

function keys(t: Subject): void {
  it("finds API keys by hash, by id and by organisation", async () => {
    t.store.transact(() => {
      t.store.filing.addKey(key("key_2", 20));
      t.store.filing.addKey(key("key_1", 10));
      t.store.filing.revokeKey("key_2", 30);
    });
    const first = { ...key("key_1", 10), revokedAt: null };
    const second = { ...key("key_2", 20), revokedAt: 30 };
    expect(await kept(t, ({ filing }) => filing.keyByHash("hash of key_1"))).toEqual(first);
    expect(t.store.filing.key("key_2")).toEqual(second);
    expect(t.store.filing.keysOf("ent_a")).toEqual([first, second]);
    t.store.transact(() => t.store.filing.endRepeats("key_1"));
    expect(t.store.filing.key("key_1")).toEqual({ ...first, repeatableUntil: null });
    t.store.transact(() => t.store.filing.addKey(key("key_4", 10)));
    expect(t.store.filing.keysOf("ent_a")).toHaveLength(3);
    expect(t.store.filing.keysOf("ent_b")).toEqual([]);
    expect([t.store.filing.keyByHash("key_1"), t.store.filing.key("key_3")]).toEqual([undefined, undefined]);
  });

  it("never shows a key or a standing that was undone, inside a transaction and after it", () => {
    const { filing } = t.store;
    t.store.transact(() => filing.addKey(key("key_1", 10)));
    const revokedAt = () => filing.key("key_1")?.revokedAt;
    const byHash = () => filing.keyByHash("hash of key_1")?.revokedAt;
    expect([revokedAt(), byHash()]).toEqual([null, null]);
    const undone = new Error("undone");
    const revoking = (): void => {
      filing.revokeKey("key_1", 30);
      expect([revokedAt(), byHash()]).toEqual([30, 30]);
      throw undone;
    };
    expect(() => t.store.transact(revoking)).toThrow(undone);
    expect([revokedAt(), byHash()]).toEqual([null, null]);
    t.store.transact(() => {
      expect(() => t.store.savepoint(revoking)).toThrow(undone);
      expect([revokedAt(), byHash()]).toEqual([null, null]);
    });
    expect(() => t.store.transactSoon(revoking)).toThrow(undone);
    expect([revokedAt(), byHash()]).toEqual([null, null]);
    t.store.transact(() => filing.revokeKey("key_1", 40));
    expect([revokedAt(), byHash()]).toEqual([40, 40]);
  });
}

const product = (id: string, organisation: string, filedAt: number) => ({
  id,
  organisation,
  status: "requested" as const,
  gtin: id === "prd_0" ? null : "09520001000010",
  category: "food" as const,
  filing: `{"of":"${id}"}`,
  filedAt,
});

function products(t: Subject): void {
  it("stores products, and pages them newest first", async () => {
    t.store.transact(() => {
      t.store.filing.addProduct(product("prd_0", "ent_a", 10));
      t.store.filing.addProduct(product("prd_1", "ent_a", 20));
      t.store.filing.addProduct(product("prd_2", "ent_b", 20));
      t.store.filing.decideProduct("prd_1", "declined", "no label", 30);
    });
    expect(await kept(t, ({ filing }) => filing.product("prd_1"))).toEqual({
      ...product("prd_1", "ent_a", 20),
      status: "declined",
      reason: "no label",
      decidedAt: 30,
    });
    expect(t.store.filing.product("prd_0")?.gtin).toBeNull();
    expect(t.store.filing.product("prd_3")).toBeUndefined();
    const ids = (...given: Parameters<Store["filing"]["products"]>): string[] =>
      t.store.filing.products(...given).map(({ id }) => id);
    expect(ids(NEWEST, 2)).toEqual(["prd_2", "prd_1"]);
    expect(ids({ at: 20, id: "prd_2" }, 9)).toEqual(["prd_1", "prd_0"]);
    expect(ids(NEWEST, 9, { status: "declined" })).toEqual(["prd_1"]);
    expect(ids(NEWEST, 9, { organisation: "ent_a" })).toEqual(["prd_1", "prd_0"]);
    expect(ids(NEWEST, 9, { organisation: "ent_a", status: "requested" })).toEqual(["prd_0"]);
  });

  it("reads what was filed for a batch", () => {
    t.store.transact(() => {
      t.store.filing.addOrganisation({ ...ORGANISATION, filing: `{"of":"ent_a"}` });
      t.store.filing.addProduct(product("prd_0", "ent_a", 10));
      t.store.batches.add({
        id: "bat_1",
        organisation: "ent_a",
        product: "prd_0",
        status: "requested",
        lot: "LOT-1",
        mode: "0110",
        category: "food",
        gtin: null,
        quantity: 10,
        terms: `{"of":"bat_1"}`,
        valueUsdCents: null,
        withPin: false,
        requestedAt: 20,
      });
    });
    expect(t.store.batches.filings("bat_1")).toEqual({
      terms: `{"of":"bat_1"}`,
      goods: `{"of":"prd_0"}`,
      enterprise: `{"of":"ent_a"}`,
    });
    expect(t.store.batches.filings("bat_2")).toBeUndefined();
  });
}
