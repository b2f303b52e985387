import { unitChain } from "../../../src/core/ledger/chain.ts";
import { describe, expect, it } from "vitest";
import { bytes, kept, salt, type Subject } from "./subject.ts";

/** The part of the contract about transactions, savepoints, attempts and reads together. */
export function transactionContract(t: Subject): void {
  const size = (): number => t.store.ledger.size();
  const add = (index: number): void =>
    t.store.ledger.addRecord(index, bytes(index), bytes(index), bytes(index));
  describe("transactions", () => {
    groups(t, add, size);
    attempts(t, add, size);
    soonAndReading(t, add, size);
  });
}

function groups(t: Subject, add: (index: number) => void, size: () => number): void {
  it("keep what `transact` wrote, and return its result", async () => {
    const seen = t.store.transact(() => {
      add(0);
      return size();
    });
    expect(seen).toBe(1);
    expect(await kept(t, (store) => store.ledger.size())).toBe(1);
  });

  it("keep nothing of a `transact` that throws", async () => {
    t.store.transact(() => add(0));
    const failing = (): void =>
      t.store.transact(() => {
        add(1);
        t.store.service.setMeta("key", "value");
        throw new RangeError("refused");
      });
    expect(failing).toThrow(new RangeError("refused"));
    expect(await kept(t, (store) => [store.ledger.size(), store.service.meta("key")])).toEqual([
      1,
      undefined,
    ]);
  });

  it("undo one job of a group by its savepoint", async () => {
    t.store.transact(() => {
      t.store.savepoint(() => add(0));
      const failing = (): void =>
        t.store.savepoint(() => {
          add(1);
          throw new RangeError("refused");
        });
      expect(failing).toThrow(new RangeError("refused"));
      expect(size()).toBe(1);
      expect(t.store.savepoint(size)).toBe(1);
      t.store.savepoint(() => add(1));
    });
    expect(await kept(t, (store) => store.ledger.size())).toBe(2);
  });

  it("undo finished savepoints too when the transaction throws", () => {
    expect(() =>
      t.store.transact(() => {
        t.store.savepoint(() => add(0));
        throw new RangeError("refused");
      }),
    ).toThrow("refused");
    expect(size()).toBe(0);
  });

  it("refuse a record at an index that is taken", () => {
    t.store.transact(() => add(0));
    expect(() => t.store.transact(() => add(0))).toThrow();
    expect(t.store.ledger.record(0)?.bytes).toEqual(bytes(0));
  });
}

function attempts(t: Subject, add: (index: number) => void, size: () => number): void {
  /** Adds a record, looks as told, and throws. */
  const refused = (index: number, look: () => void = () => undefined): void => {
    const failing = (): void =>
      t.store.attempt(() => {
        add(index);
        t.store.ledger.addTreeHash(8, index, bytes(index));
        t.store.ledger.addDisclosure(index, { digest: "a", tier: "owner", text: "sealed" });
        look();
        throw new RangeError("refused");
      });
    expect(failing).toThrow(new RangeError("refused"));
  };
  const expectOnly = async (records: number): Promise<void> => {
    const read = ({ ledger }: Subject["store"]) => [
      ledger.size(),
      ledger.record(records),
      ledger.treeHash(8, records),
      ledger.disclosures(records),
    ];
    expect(await kept(t, read)).toEqual([records, undefined, undefined, []]);
  };

  it("undo one job of a group that is an attempt, without the others, and return its result", async () => {
    t.store.transact(() => {
      expect(t.store.attempt(() => (add(0), 7))).toBe(7);
      refused(1);
      expect(t.store.ledger.record(1)).toBeUndefined();
      expect(t.store.attempt(size)).toBe(1);
      t.store.attempt(() => add(1));
      refused(2);
    });
    await expectOnly(2);
  });

  it.each([
    ["the size of the log", () => t.store.ledger.size()],
    ["records", () => t.store.ledger.records(0, 9)],
    ["leaves", () => t.store.ledger.leaves(0, 9)],
    ["a hash of the tree", () => t.store.ledger.treeHash(8, 1)],
    ["sealed fields", () => t.store.ledger.disclosures(1)],
    ["the newest events", () => t.store.custody.recorded.eventsBefore(0, 9)],
  ])("undo an attempt that read %s after it wrote", async (_what, look) => {
    t.store.transact(() => {
      add(0);
      refused(1, () => void look());
      expect(size()).toBe(1);
    });
    await expectOnly(1);
    t.store.transact(() => add(1));
    expect(size()).toBe(2);
  });

  it("undo a unit of an attempt that read the log after it", () => {
    const addUnit = (): number =>
      t.store.custody.units.add("sscc:1", salt(1), unitChain(salt(1), "sscc:1")).number;
    t.store.transact(() => {
      const failing = (): void =>
        t.store.attempt(() => {
          addUnit();
          t.store.ledger.size();
          throw new RangeError("refused");
        });
      expect(failing).toThrow("refused");
      expect(t.store.custody.units.find("sscc:1")).toBeUndefined();
    });
    expect(t.store.transact(addUnit)).toBe(1);
  });

  it("undo an attempt with savepoints before it, inside it and after it", async () => {
    t.store.transact(() => {
      t.store.savepoint(() => add(0));
      refused(1, () => t.store.savepoint(() => add(2)));
      t.store.savepoint(() => add(1));
      refused(2);
    });
    expect(size()).toBe(2);
    await expectOnly(2);
  });

  it("undo finished attempts too when the transaction throws", () => {
    expect(() =>
      t.store.transact(() => {
        t.store.attempt(() => add(0));
        throw new RangeError("refused");
      }),
    ).toThrow("refused");
    expect([size(), t.store.ledger.record(0)]).toEqual([0, undefined]);
  });
}

function soonAndReading(t: Subject, add: (index: number) => void, size: () => number): void {
  it("show what `transactSoon` wrote at once, and keep it", async () => {
    const durable = t.store.transactSoon(() => add(0));
    expect(size()).toBe(1);
    await durable;
    expect(await kept(t, (store) => store.ledger.size())).toBe(1);
  });

  it("keep nothing of a `transactSoon` that throws, and take the next", async () => {
    const failing = async (): Promise<void> =>
      t.store.transactSoon(() => {
        add(0);
        throw new RangeError("refused");
      });
    await expect(failing()).rejects.toThrow("refused");
    expect(size()).toBe(0);
    await t.store.transactSoon(() => add(0));
    expect(size()).toBe(1);
  });

  it("run many reads together, and end that when one throws", () => {
    t.store.transact(() => add(0));
    expect(t.store.reading(() => [size(), t.store.ledger.record(0)?.index])).toEqual([1, 0]);
    const failing = (): never =>
      t.store.reading(() => {
        throw new RangeError("refused");
      });
    expect(failing).toThrow("refused");
    t.store.transact(() => add(1));
    expect(t.store.reading(size)).toBe(2);
  });

  it("survive a purge", async () => {
    t.store.transact(() => add(0));
    t.store.purge();
    expect(await kept(t, (store) => store.ledger.size())).toBe(1);
  });
}
