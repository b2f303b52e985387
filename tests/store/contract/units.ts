import { describe, expect, it } from "vitest";
import { unitChain } from "../../../src/core/ledger/chain.ts";
import type { UnitRow } from "../../../src/store/derived/units.ts";
import type { Store } from "../../../src/store/store.ts";
import { extendChain, kept, salt, type Subject } from "./subject.ts";

/** Adds a unit whose salt differs by `seed`. */
export function addUnit({ custody }: Store, id: string, seed: number): UnitRow {
  return custody.units.add(id, salt(seed), unitChain(salt(seed), id));
}

const rowOf = (number: number, id: string, seed: number): UnitRow => ({
  number,
  id,
  salt: salt(seed),
  of: unitChain(salt(seed), id),
});

const latestOf = ({ custody }: Store) => [1, 2, 3, 4].map((unit) => custody.chains.latestWithin(unit));

/** The part of the contract about logistic units. */
export function unitContract(t: Subject): void {
  describe("units", () => {
    it("are found by id, by number and by the name of their chain, with their salt", async () => {
      const [first, second] = [rowOf(1, "sscc:1", 8), rowOf(2, "sscc:2", 9)];
      t.store.transact(() => {
        expect(addUnit(t.store, "sscc:1", 8)).toEqual(first);
        expect(t.store.custody.units.find("sscc:1")).toEqual(first);
        expect(addUnit(t.store, "sscc:2", 9)).toEqual(second);
      });
      const found = ({ custody: { units, ...rest } }: Store, custody = t.store.custody) => [
        [units.find("sscc:1"), units.find("sscc:2"), units.find("sscc:3")],
        [units.byNumber(1), units.byNumber(2), units.byNumber(3)],
        [units.numberOf(first.of), units.numberOf(second.of), units.numberOf(rowOf(1, "sscc:1", 9).of)],
        [custody.chainNamed(second.of), custody.keyNamed(second.of), custody.nameOf(2), custody.nameOf(3)],
        units.count,
        Object.keys(rest).length > 0,
      ];
      expect(await kept(t, (store) => found(store, store.custody))).toEqual([
        [first, second, undefined],
        [first, second, undefined],
        [1, 2, undefined],
        [2, 2, second.of, undefined],
        2,
        true,
      ]);
    });

    it("are kept with the transaction that adds them, before anything is written behind", async () => {
      t.store.transact(() => addUnit(t.store, "sscc:1", 8));
      await t.reopen();
      expect(t.store.custody.units.find("sscc:1")).toEqual(rowOf(1, "sscc:1", 8));
      t.store.transact(() => expect(addUnit(t.store, "sscc:2", 9).number).toBe(2));
      await t.reopen();
      expect(t.store.custody.units.count).toBe(2);
    });

    it("are not added twice with one id", () => {
      t.store.transact(() => addUnit(t.store, "sscc:1", 8));
      expect(() => t.store.transact(() => addUnit(t.store, "sscc:1", 9))).toThrow();
      expect(t.store.custody.units.find("sscc:1")).toEqual(rowOf(1, "sscc:1", 8));
      expect(t.store.custody.units.numberOf(rowOf(2, "sscc:1", 9).of)).toBeUndefined();
      t.store.transact(() => expect(addUnit(t.store, "sscc:2", 9).number).toBe(2));
    });

    it("have a latest time within that is only raised, and raised in the units around them", async () => {
      const raise = (unit: number, atMs: number): void =>
        t.store.transact(() => t.store.custody.chains.raiseLatestWithin(unit, atMs));
      const enter = (unit: number, into: number, index: number): void =>
        t.store.transact(() =>
          extendChain(t.store, unit, {
            index,
            atMs: 50,
            part: "subject",
            move: "entered",
            kind: "packing",
            organisation: "ent_a",
            unit: into,
          }),
        );
      raise(1, 300);
      raise(1, 200);
      expect(await kept(t, latestOf)).toEqual([300, 0, 0, 0]);
      enter(1, 2, 0);
      enter(2, 3, 1);
      // Damage or a forgery may pack units in a circle.
      enter(3, 1, 2);
      expect(await kept(t, latestOf)).toEqual([300, 0, 0, 0]);
      raise(1, 400);
      expect(await kept(t, latestOf)).toEqual([400, 400, 400, 0]);
      raise(3, 500);
      raise(2, 450);
      expect(await kept(t, latestOf)).toEqual([500, 500, 500, 0]);
      enter(2, 4, 3);
      expect(t.store.custody.chains.length(2)).toBe(2);
      expect(await kept(t, latestOf)).toEqual([500, 500, 500, 0]);
    });
  });
}
