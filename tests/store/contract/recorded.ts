import { describe, expect, it } from "vitest";
import type { EventRow } from "../../../src/store/derived/recorded.ts";
import type { Store } from "../../../src/store/store.ts";
import { kept, record, type Subject, type Told, writeAll } from "./subject.ts";
import { addUnit } from "./units.ts";

/** A row of a record that `record` tells with nothing but its index. */
const rowOf = (index: number, more: Partial<EventRow> = {}): EventRow => ({
  index,
  kind: "commissioning",
  at: 1000 + index,
  organisation: "ent_a",
  statement: `st-${index}`,
  unit: null,
  to: null,
  carrier: null,
  recall: null,
  corrects: null,
  correctedBy: null,
  ...more,
});
const none = (): Promise<void> => Promise.resolve();
const recordedOf = ({ custody }: Store) => custody.recorded;

const correcting = (index: number, corrected: number): Told => ({
  index,
  kind: "correcting",
  corrects: { index: corrected, organisation: "ent_a", id: `st-${corrected}` },
});

const times = (store: Store) => recordedOf(store).clearances();

const on = (...keys: number[]) => keys.map((key) => ({ key, part: "subject", move: "none" }) as const);

/** The part of the contract about look-ups of records. */
export function recordedContract(t: Subject): void {
  const tell = (...all: Told[]): void => t.store.transact(() => all.forEach((told) => record(t.store, told)));
  const clear = (index: number, ms: number): void =>
    t.store.transact(() => recordedOf(t.store).setClearance(index, ms));
  describe("records", () => {
    events(t, tell);
    statements(t, tell);
    clearances(t, tell, clear);
  });
}

type Tell = (...all: Told[]) => void;

const correctionsOf = (store: Store) => [
  recordedOf(store).event(0)?.correctedBy,
  recordedOf(store).event(1)?.correctedBy,
  recordedOf(store).event(2)?.corrects,
  recordedOf(store).correctionOf(0),
  recordedOf(store).correctionOf(1),
  [-1, 7].map((key) => store.custody.chains.factOfLink(key, 0)?.correctedBy),
  store.custody.chains.factOfLink(-1, 1)?.correctedBy,
  [-1, 7].map((key) => store.custody.chains.lastIndex(key)),
];

function events(t: Subject, tell: Tell): void {
  it("have every field that custody needs", async () => {
    const { of, number } = t.store.transact(() => {
      addUnit(t.store, "sscc:1", 4);
      return addUnit(t.store, "sscc:2", 5);
    });
    const told = { kind: "shipping", to: "ent_b", carrier: "ent_c", recall: "rec_1" };
    tell({ index: 0 }, { index: 1, ...told, atMs: 5, parent: of });
    expect(await kept(t, (store) => recordedOf(store).event(1))).toStrictEqual(
      rowOf(1, { ...told, at: 5, unit: number }),
    );
    expect(recordedOf(t.store).event(0)).toStrictEqual(rowOf(0));
    expect(recordedOf(t.store).event(2)).toBeUndefined();
  });

  it("of administration have the fields that every record has", async () => {
    tell({ index: 0, kind: "filing", to: "ent_b", recall: "rec_1" });
    expect(await kept(t, (store) => recordedOf(store).event(0))).toStrictEqual(rowOf(0, { kind: "filing" }));
  });

  it("name their correction, and corrections what they correct, on every chain", async () => {
    tell({ index: 0, extends: on(-1, 7) }, { index: 1, extends: on(-1) });
    tell({ ...correcting(2, 0), extends: on(-1, 7) });
    expect(await kept(t, correctionsOf)).toEqual([2, null, 0, 2, undefined, [2, 2], undefined, [2, 2]]);
    tell({ ...correcting(3, 1), extends: on(-1) });
    expect((await kept(t, correctionsOf)).slice(0, 5)).toEqual([2, 3, 0, 2, 3]);
  });

  it("are listed newest first, of all and of one organisation, written or not", async () => {
    tell({ index: 0 }, { index: 1, organisation: "ent_b" }, { index: 2 });
    const { recorded } = t.store.custody;
    const lists = (store: Store) =>
      [
        recordedOf(store).eventsBefore(2, 5),
        recordedOf(store).eventsBefore(9, 1),
        recordedOf(store).eventsBefore(9, 5, "ent_a"),
        recordedOf(store).eventsBefore(2, 5, "ent_a"),
        recordedOf(store).eventsBefore(9, 1, "ent_a"),
        recordedOf(store).eventsBefore(9, 5, "ent_none"),
        recordedOf(store).eventsBefore(0, 5),
        recordedOf(store).eventsBefore(9, 0),
      ].map((rows) => rows.map(({ index }) => index));
    expect(await kept(t, lists)).toEqual([[1, 0], [2], [2, 0], [0], [2], [], [], []]);
    expect(recorded).toBeDefined();
    tell(correcting(3, 0), { index: 4, organisation: "ent_b" });
    expect(await kept(t, lists)).toEqual([[1, 0], [4], [3, 2, 0], [0], [3], [], [], []]);
    expect(recordedOf(t.store).eventsBefore(1, 5)).toEqual([rowOf(0, { correctedBy: 3 })]);
  });

  it("are counted in the lists, in part written, and those in another's list are found", async () => {
    const { recorded } = t.store.custody;
    tell({ index: 0 }, { index: 1, organisation: "ent_b" }, { index: 2 });
    expect(await recorded.listed(9, none)).toBe(3);
    writeAll(t.store);
    tell({ index: 3 });
    expect([await recorded.listed(9, none), await recorded.listed(2, none)]).toEqual([4, 2]);
    expect(recorded.listedAround("ent_a", 2)).toEqual([0, 2, 3]);
    expect([recorded.listedAround("ent_a", 5000), recorded.listedAround("ent_none", 2)]).toEqual([[], []]);
    expect(await recorded.misplaced(none)).toBeUndefined();
  });

  it("are listed within the transaction that records them", () => {
    t.store.transact(() => {
      record(t.store, { index: 0 });
      expect(
        recordedOf(t.store)
          .eventsBefore(9, 5)
          .map(({ index }) => index),
      ).toEqual([0]);
      expect(recordedOf(t.store).event(0)).toEqual(rowOf(0));
    });
  });
}

function statements(t: Subject, tell: Tell): void {
  it("are found by their reporter and id, several of them unwritten", async () => {
    tell({ index: 0 }, { index: 1, organisation: "ent_b", statement: "st-0" });
    writeAll(t.store);
    tell(
      { index: 2 },
      { index: 3, organisation: "ent_b" },
      { index: 4, organisation: "ent_a", statement: "st-3" },
    );
    const found = (store: Store) =>
      [
        ["ent_a", "st-0"],
        ["ent_b", "st-0"],
        ["ent_a", "st-2"],
        ["ent_b", "st-3"],
        ["ent_a", "st-3"],
        ["ent_b", "st-2"],
        ["ent_c", "st-0"],
        ["ent_a\nst", "0"],
      ].map(([organisation, id]) => recordedOf(store).indexOf(organisation!, id!));
    expect(await kept(t, found)).toEqual([0, 1, 2, 3, 4, undefined, undefined, undefined]);
    expect(recordedOf(t.store).eventByStatement("ent_b", "st-3")).toEqual(
      rowOf(3, { organisation: "ent_b" }),
    );
    expect(recordedOf(t.store).eventByStatement("ent_c", "st-3")).toBeUndefined();
  });

  it("with one reporter and id are found by the first, and the log has both", async () => {
    tell({ index: 0, statement: "same" });
    writeAll(t.store);
    tell({ index: 1, statement: "same" }, { index: 2, statement: "same" });
    expect(await kept(t, (store) => recordedOf(store).indexOf("ent_a", "same"))).toBe(0);
    expect(recordedOf(t.store).event(2)?.statement).toBe("same");
  });

  it("are found by ids of any length and alphabet", async () => {
    const ids = [
      "",
      "x",
      "é".repeat(20),
      "溯源".repeat(16),
      "溯".repeat(30),
      "a".repeat(100),
      "a".repeat(112),
      "a".repeat(113),
      "a".repeat(114),
      "a".repeat(200),
      `${"a".repeat(199)}b`,
      "😀".repeat(30),
      "溯".repeat(200),
    ];
    tell(...ids.map((statement, index) => ({ index, statement })));
    const found = (store: Store) => ids.map((id) => recordedOf(store).indexOf("ent_a", id));
    expect(await kept(t, found)).toEqual(ids.map((_, index) => index));
    expect(recordedOf(t.store).indexOf("ent_a", "a".repeat(199))).toBeUndefined();
  });
}

function clearances(t: Subject, tell: Tell, clear: (index: number, ms: number) => void): void {
  it("have times of clearance, ascending, without corrected releases", async () => {
    tell(...[0, 1, 2].map((index) => ({ index })));
    [30, 10, 20].forEach((ms, index) => clear(index, ms));
    tell(correcting(3, 2));
    expect(await kept(t, times)).toEqual([10, 30]);
  });

  it("have the time of clearance that was set last, when it is shorter than the one before and neither is written", async () => {
    tell({ index: 0 }, { index: 1 });
    clear(0, 6);
    clear(0, 5);
    t.store.transact(() => [9, 7, 8].forEach((ms) => recordedOf(t.store).setClearance(1, ms)));
    expect(await kept(t, times)).toEqual([5, 8]);
  });

  it("have times of clearance that are set again, and corrected, after they are written", async () => {
    tell(...[0, 1, 2, 3].map((index) => ({ index })));
    [30, 10, 20].forEach((ms, index) => clear(index, ms));
    expect(await kept(t, times)).toEqual([10, 20, 30]);
    clear(1, 40);
    clear(3, 5);
    clear(3, 6);
    expect(await kept(t, times)).toEqual([6, 20, 30, 40]);
    tell(correcting(4, 0));
    expect(await kept(t, times)).toEqual([6, 20, 40]);
    // A correction that was written before the time is set holds as well.
    clear(0, 50);
    expect(await kept(t, times)).toEqual([6, 20, 40]);
  });
}
