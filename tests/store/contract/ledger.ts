import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { bytes, kept, type Subject } from "./subject.ts";

/** The part of the contract about records, the log's tree, checkpoints and sealed fields. */
export function ledgerContract(t: Subject): void {
  describe("ledger", () => {
    records(t);
    digests(t);
  });
}

const tree = ({ ledger }: Store) => [ledger.treeHash(8, 1), ledger.checkpoint(), ledger.published()];

function records(t: Subject): void {
  it("stores records with their leaves, in log order", async () => {
    expect(t.store.ledger.size()).toBe(0);
    expect(t.store.ledger.record(0)).toBeUndefined();
    t.store.transact(() => {
      for (const index of [0, 1, 2, 3])
        t.store.ledger.addRecord(index, bytes(index), bytes(100 + index), bytes(200 + index));
    });
    const record = await kept(t, ({ ledger }) => ledger.record(2));
    expect(record).toEqual({ index: 2, bytes: bytes(2), leaf: bytes(102) });
    expect(record?.bytes).toBeInstanceOf(Uint8Array);
    expect(t.store.ledger.records(1, 3)).toEqual([
      { index: 1, bytes: bytes(1), leaf: bytes(101) },
      { index: 2, bytes: bytes(2), leaf: bytes(102) },
    ]);
    expect(t.store.ledger.leaves(2, 9)).toEqual([bytes(102), bytes(103)]);
    expect(t.store.ledger.size()).toBe(4);
  });

  it("stores tree hashes and both checkpoints", async () => {
    expect(tree(t.store)).toEqual([undefined, undefined, undefined]);
    t.store.transact(() => {
      t.store.ledger.addTreeHash(8, 1, bytes(7));
      t.store.ledger.putCheckpoint(256, "older");
      t.store.ledger.putCheckpoint(512, "newest");
      t.store.ledger.putPublished(256, "cosigned");
    });
    const newest = { size: 512, note: "newest" };
    expect(await kept(t, tree)).toEqual([bytes(7), newest, { size: 256, note: "cosigned" }]);
    expect(t.store.ledger.treeHash(1, 8)).toBeUndefined();
    t.store.transact(() => t.store.ledger.dropPublished());
    expect(await kept(t, tree)).toEqual([bytes(7), newest, undefined]);
  });

  it("stores sealed fields, and erases one without the others", async () => {
    const fields = [
      { digest: "a", tier: "owner" as const, text: "first" },
      { digest: "b", tier: "authority" as const, text: "second" },
    ];
    t.store.transact(() => {
      for (const field of fields) t.store.ledger.addDisclosure(3, field);
      t.store.ledger.addDisclosure(4, { digest: "a", tier: "parties", text: "of another record" });
    });
    expect(await kept(t, ({ ledger }) => ledger.disclosures(3))).toEqual(fields);
    const erased = t.store.transact(() => [
      t.store.ledger.eraseDisclosure(3, "a"),
      t.store.ledger.eraseDisclosure(3, "a"),
    ]);
    expect(erased).toEqual([true, false]);
    expect(await kept(t, ({ ledger }) => ledger.disclosures(3))).toEqual(fields.slice(1));
    expect(t.store.ledger.disclosures(4)).toHaveLength(1);
  });
}

/** Another function than SHA-256, which is not the store's concern. */
const hash = (given: Uint8Array): Uint8Array => bytes((given[0] as number) + 50);

const fail = (): never => {
  throw new RangeError("refused");
};

const bytesAt = (index: number): Uint8Array => Uint8Array.of(index & 0xff, index >> 8);

function digests(t: Subject): void {
  const add = (index: number, stored: Uint8Array): void =>
    t.store.ledger.addRecord(index, stored, bytes(7), hash(stored));

  it("has the digests of records: within the transaction those that it was given", async () => {
    t.store.transact(() => {
      for (const index of [0, 1]) add(index, bytes(index));
      t.store.ledger.addRecord(2, bytes(2), bytes(7), bytes(202));
      expect(t.store.ledger.digest(2, hash)).toEqual(bytes(202));
      t.store.ledger.records(0, 9);
      expect([0, 1].map((index) => t.store.ledger.digest(index, hash))).toEqual([
        hash(bytes(0)),
        hash(bytes(1)),
      ]);
    });
    const read = ({ ledger }: Store) => [0, 1, 3].map((index) => ledger.digest(index, hash));
    expect(await kept(t, read)).toEqual([hash(bytes(0)), hash(bytes(1)), undefined]);
    expect(t.store.ledger.digest(2, hash)).toEqual(hash(bytes(2)));
  });

  it("has no digest and no bytes of a record that was undone", () => {
    const { ledger } = t.store;
    const failing = (): void =>
      t.store.transact(() => {
        add(0, bytes(0));
        fail();
      });
    expect(failing).toThrow("refused");
    expect([ledger.record(0), ledger.digest(0, hash)]).toEqual([undefined, undefined]);
    t.store.transact(() => {
      expect(() => t.store.attempt(() => (add(0, bytes(0)), fail()))).toThrow("refused");
      add(0, bytes(9));
      expect(ledger.digest(0, hash)).toEqual(hash(bytes(9)));
    });
    expect(ledger.record(0)).toMatchObject({ index: 0, bytes: bytes(9), leaf: bytes(7) });
    expect(ledger.digest(0, hash)).toEqual(hash(bytes(9)));
  });

  it("has the digests and bytes of thousands of records of one transaction", async () => {
    const places = [0, 1, 903, 904, 4096, 4999];
    const read = ({ ledger }: Store) =>
      places.map((index) => [ledger.digest(index, hash), ledger.record(index)?.bytes]);
    const expected = places.map((index) => [hash(bytesAt(index)), bytesAt(index)]);
    t.store.transact(() => {
      for (let index = 0; index < 5000; index++) add(index, bytesAt(index));
      expect(read(t.store)).toEqual(expected);
    });
    expect(await kept(t, read)).toEqual(expected);
  });
}
