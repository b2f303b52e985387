import { describe, expect, it } from "vitest";
import { bytes, kept, type Subject } from "./subject.ts";

/** The part of the contract about transactions, savepoints and reads together. */
export function transactionContract(t: Subject): void {
  const size = (): number => t.store.ledger.size();
  const add = (index: number): void => t.store.ledger.addRecord(index, bytes(index), bytes(index));
  describe("transactions", () => {
    groups(t, add, size);
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
