import { describe, expect, it } from "vitest";
import { BEGINNING } from "../../../src/core/custody/fact.ts";
import type { Store } from "../../../src/store/store.ts";
import { extendChain, kept, record, type Subject, type Told, writeAll } from "./subject.ts";
import { addUnit } from "./units.ts";

const NODE = { start: 70, level: 3 };
const OTHER_NODE = { start: 71, level: 0 };

/** The part of the contract about custody when work throws, and when its memory is dropped. */
export function undoContract(t: Subject): void {
  describe("undoing", () => {
    undoing(t);
    dropping(t);
  });
}

/** Everything that custody says, as far as these tests change it. */
function everything({ ledger, custody }: Store): unknown {
  const { chains, units, recorded, states, recalls } = custody;
  const keys = [NODE, OTHER_NODE, 1, 2, -1, -2, -3];
  return {
    size: ledger.size(),
    chains: keys.map((key) => [chains.length(key), chains.links(key), chains.facts(key, BEGINNING, null)]),
    corrected: keys.map((key) => chains.factOfLink(key, 0)?.correctedBy),
    last: keys.map((key) => chains.lastIndex(key)),
    nodes: chains.nodesIn(0, 1000),
    numbers: chains.numbersAfter(Number.NEGATIVE_INFINITY, 99),
    latest: [1, 2].map((unit) => chains.latestWithin(unit)),
    levels: [64, 128].map((start) => custody.levelsOf(start)),
    names: [-1, -2, -3].map((number) => custody.nameOf(number)),
    named: ["batch:a", "batch:b", "batch:c"].map((of) => custody.chainNamed(of)),
    namedChains: custody.namedChains,
    units: [units.find("sscc:1"), units.find("sscc:2"), units.count],
    events: recorded.eventsBefore(99, 99),
    byOrganisation: ["ent_a", "ent_b"].map((id) =>
      recorded.eventsBefore(99, 99, id).map(({ index }) => index),
    ),
    byStatement: ["st-0", "st-1", "st-2", "st-3", "more"].map((id) => recorded.indexOf("ent_a", id)),
    corrections: [0, 1, 2].map((index) => recorded.correctionOf(index)),
    clearances: recorded.clearances(),
    states: states.states(0, 1000),
    status: [10, 15, 20].map((key) => states.status(key)),
    recalls: recalls.recalls(),
  };
}

const on = (key: Extended["key"], move: Extended["move"] = "none"): Extended => ({
  key,
  part: "subject",
  move,
  batch: typeof key === "number" ? undefined : 64,
});
type Extended = NonNullable<Told["extends"]>[number];

/** Something of everything. */
function begin(store: Store): void {
  const { custody } = store;
  addUnit(store, "sscc:1", 1);
  record(store, { index: 0, extends: [on(custody.keyNamed("batch:a")), on(NODE)] });
  record(store, { index: 1, organisation: "ent_b", extends: [on(1, "emptied")] });
  for (let n = 0; n < 255; n++)
    extendChain(store, NODE, {
      index: 0,
      atMs: 1000,
      part: "subject",
      move: "none",
      kind: "storing",
      organisation: "ent_a",
    });
  custody.chains.raiseLatestWithin(1, 100);
  custody.recorded.setClearance(1, 30);
  custody.states.setStatus(10, 20, "active");
}

/** Changes of all that `begin` made, and more. */
function goOn(store: Store, index: number): void {
  const { custody } = store;
  const { of } = addUnit(store, "sscc:2", 2);
  record(store, {
    index,
    kind: "packing",
    organisation: "ent_b",
    statement: "more",
    parent: of,
    to: "a new term",
    extends: [on(custody.keyNamed("batch:b")), on(NODE, "entered"), on(OTHER_NODE), on(1, "entered"), on(2)],
  });
  record(store, {
    index: index + 1,
    kind: "correcting",
    corrects: { index: 0, organisation: "ent_a", id: "st-0" },
    extends: [on(-1), on(NODE)],
  });
  custody.chains.correct(NODE, 0, index + 1);
  custody.chains.raiseLatestWithin(1, 200);
  custody.recorded.setClearance(1, 40);
  custody.recorded.setClearance(0, 20);
  custody.states.setStatus(12, 15, "sold");
  custody.states.setStatus(18, 40, "void");
  custody.states.setStatus(10, 11, "issued");
}

const refuse = (): never => {
  throw new RangeError("refused");
};

const run = (way: (work: () => void) => void, work: () => void): void => {
  try {
    way(work);
  } catch (error) {
    expect((error as Error).message).toBe("refused");
  }
};

function undoing(t: Subject): void {
  const WAYS: [string, (work: () => void) => void][] = [
    ["a transaction", (work) => t.store.transact(work)],
    [
      "a savepoint",
      (work) => t.store.transact(() => expect(() => t.store.savepoint(work)).toThrow("refused")),
    ],
    ["an attempt", (work) => t.store.transact(() => expect(() => t.store.attempt(work)).toThrow("refused"))],
  ];

  describe.each([
    ["unwritten", false],
    ["written", true],
  ])("takes everything back, where what was before is %s,", (_when, written) => {
    it.each(WAYS)("of %s that throws", async (_what, way) => {
      t.store.transact(() => begin(t.store));
      if (written) {
        writeAll(t.store);
        await t.reopen();
      }
      const before = everything(t.store);
      const unwritten = t.store.custody.unwritten;
      run(way, () => {
        goOn(t.store, 2);
        expect(t.store.custody.chains.length(NODE)).toBe(258);
        expect(t.store.custody.states.status(15)).toBe("active");
        expect(t.store.custody.states.status(14)).toBe("sold");
        refuse();
      });
      expect(everything(t.store)).toEqual(before);
      expect(t.store.custody.unwritten).toBe(unwritten);
      expect(await kept(t, everything)).toEqual(before);
      // The same work again gets the same numbers, as if it had been done once.
      t.store.transact(() => goOn(t.store, 2));
      expect(t.store.custody.chainNamed("batch:b")).toBe(-2);
      expect(t.store.custody.units.find("sscc:2")?.number).toBe(2);
      await kept(t, everything);
    });
  });

  it("takes back one job of a group, and keeps those before and after it", async () => {
    const alone = (work: () => void): void => expect(() => t.store.attempt(work)).toThrow("refused");
    t.store.transact(() => {
      t.store.attempt(() => begin(t.store));
      alone(() => (goOn(t.store, 2), refuse()));
      t.store.savepoint(() => record(t.store, { index: 2, extends: [on(-1), on(NODE)] }));
      alone(() => (goOn(t.store, 3), refuse()));
      t.store.attempt(() => record(t.store, { index: 3, extends: [on(OTHER_NODE)] }));
    });
    const { chains, recorded } = t.store.custody;
    expect(
      [NODE, OTHER_NODE, -1].map((key) =>
        chains
          .links(key)
          .map(({ index }) => index)
          .slice(-2),
      ),
    ).toEqual([[0, 2], [3], [0, 2]]);
    expect(chains.length(NODE)).toBe(257);
    expect([0, 1, 2, 3].map((index) => recorded.event(index)?.correctedBy)).toEqual([null, null, null, null]);
    expect(t.store.custody.namedChains).toBe(1);
    await kept(t, everything);
  });

  it("takes back finished jobs when the transaction throws at its end", async () => {
    t.store.transact(() => begin(t.store));
    const before = everything(t.store);
    const failing = (): void =>
      t.store.transact(() => {
        t.store.attempt(() => goOn(t.store, 2));
        // The rows are inserted when the transaction ends: one of them is refused there.
        t.store.ledger.addRecord(0, new Uint8Array(1), new Uint8Array(32), new Uint8Array(32));
      });
    expect(failing).toThrow();
    expect(await kept(t, everything)).toEqual(before);
  });

  it("takes back nothing that an earlier transaction committed", async () => {
    t.store.transact(() => begin(t.store));
    t.store.transact(() => goOn(t.store, 2));
    const before = everything(t.store);
    run((work) => t.store.transact(work), refuse);
    run((work) => t.store.transact(() => t.store.attempt(work)), refuse);
    expect(await kept(t, everything)).toEqual(before);
  });
}

function dropping(t: Subject): void {
  it("notes up to which record the tables stand only once all is written", async () => {
    expect(t.store.derivedThrough()).toBe(0);
    t.store.transact(() => begin(t.store));
    let left = 3;
    expect(t.store.writeBehind(() => left-- > 0)).toBe(false);
    expect(t.store.derivedThrough()).toBe(0);
    t.store.transact(() => goOn(t.store, 2));
    // The running writing covers what was there when it began.
    expect(t.store.writeBehind(() => true)).toBe(true);
    expect(t.store.derivedThrough()).toBe(2);
    expect(t.store.custody.unwritten).toBeGreaterThan(0);
    writeAll(t.store);
    expect([t.store.derivedThrough(), t.store.custody.unwritten]).toEqual([4, 0]);
    await t.reopen();
    expect(t.store.derivedThrough()).toBe(4);
  });

  it("has what was written, and the units and records, once its memory is dropped", async () => {
    t.store.transact(() => begin(t.store));
    writeAll(t.store);
    const before = everything(t.store);
    t.store.transact(() => goOn(t.store, 2));
    t.store.dropDerived();
    const { chains, recorded, units, states } = t.store.custody;
    expect(t.store.ledger.size()).toBe(4);
    expect(units.find("sscc:2")?.number).toBe(2);
    expect([chains.length(NODE), chains.length(OTHER_NODE), chains.factOfLink(NODE, 0)?.correctedBy]).toEqual(
      [256, 0, undefined],
    );
    expect([recorded.indexOf("ent_b", "more"), recorded.correctionOf(0)]).toEqual([undefined, undefined]);
    expect([recorded.clearances(), t.store.custody.namedChains, t.store.custody.unwritten]).toEqual([
      [30],
      1,
      0,
    ]);
    expect(states.states(0, 1000)).toEqual((before as { states: unknown }).states);
    await t.reopen();
    expect(t.store.custody.chains.length(NODE)).toBe(256);
  });

  it("begins the numbers of names again after it was dropped or opened again", async () => {
    t.store.transact(() => begin(t.store));
    writeAll(t.store);
    t.store.transact(() => void t.store.custody.keyNamed("batch:b"));
    t.store.dropDerived();
    t.store.transact(() => expect(t.store.custody.keyNamed("batch:c")).toBe(-2));
    expect(t.store.custody.nameOf(-2)).toBe("batch:c");
    await t.reopen();
    t.store.transact(() => expect(t.store.custody.keyNamed("batch:d")).toBe(-2));
  });
}
