import { describe, expect, it } from "vitest";
import type { Moment } from "../../../src/core/custody/fact.ts";
import { BEGINNING } from "../../../src/core/custody/fact.ts";
import type { EventRow, LinkRow } from "../../../src/store/derived/events.ts";
import type { Store } from "../../../src/store/store.ts";
import { bytes, kept, type Subject } from "./subject.ts";

/** The part of the contract about everything that custody derives from records. */
export function custodyContract(t: Subject): void {
  describe("custody", () => {
    links(t);
    windows(t);
    units(t);
    codeStates(t);
    recalls(t);
  });
}

const EVENT: Omit<EventRow, "correctedBy"> = {
  index: 0,
  kind: "shipping",
  at: 1000,
  organisation: "ent_a",
  statement: "st-0",
  unit: 7,
  to: "ent_b",
  carrier: "ent_c",
  recall: "rec_1",
  corrects: 4,
};
/** An event without any of the fields that only some kinds have. */
const PLAIN = {
  ...EVENT,
  kind: "commissioning",
  unit: null,
  to: null,
  carrier: null,
  recall: null,
  corrects: null,
};
const LINK: LinkRow = { chain: 1, n: 0, index: 0, at: 1000, part: "parent", move: "entered" };

function links(t: Subject): void {
  it("stores the links of chains in order", async () => {
    const rows: LinkRow[] = [
      LINK,
      { ...LINK, n: 1, index: 5, at: 900, part: "input", move: "none" },
      { ...LINK, n: 2, index: 6, at: 950, part: "output", move: "emptied" },
    ];
    t.store.transact(() => {
      for (const row of rows.toReversed()) t.store.custody.addLink(row);
      t.store.custody.addLink({ ...LINK, chain: 2, part: "subject" });
    });
    expect(await kept(t, ({ custody }) => custody.links(1))).toEqual(rows);
    expect(t.store.custody.links(1, 1)).toEqual(rows.slice(1));
    expect(t.store.custody.link(1, 2)).toEqual(rows[2]);
    expect(t.store.custody.link(1, 3)).toBeUndefined();
    expect([1, 2, 3].map((chain) => t.store.custody.countLinks(chain))).toEqual([3, 1, 0]);
  });

  it("stores events, and finds them by index, by statement and newest first", async () => {
    const other = { ...PLAIN, index: 1, organisation: "ent_b", statement: "st-1" };
    const last = { ...PLAIN, index: 2, statement: "st-2" };
    t.store.transact(() => [EVENT, other, last].forEach((row) => t.store.custody.addEvent(row)));
    t.store.transact(() => t.store.custody.correct(0, 2));
    const corrected = { ...EVENT, correctedBy: 2 };
    const standing = (row: typeof EVENT): EventRow => ({ ...row, correctedBy: null });
    expect(await kept(t, ({ custody }) => custody.event(0))).toEqual(corrected);
    const { custody } = t.store;
    expect(custody.event(3)).toBeUndefined();
    expect(custody.eventByStatement("ent_b", "st-1")).toEqual(standing(other));
    expect(custody.eventByStatement("ent_a", "st-1")).toBeUndefined();
    expect(custody.eventsBefore(2, 5)).toEqual([standing(other), corrected]);
    expect(custody.eventsBefore(9, 1)).toEqual([standing(last)]);
    expect(custody.eventsBefore(9, 5, "ent_a")).toEqual([standing(last), corrected]);
    expect(() => t.store.transact(() => custody.addEvent({ ...PLAIN, index: 3 }))).toThrow();
  });

  it("lists times of clearance, ascending, without corrected releases", async () => {
    t.store.transact(() => {
      [30, 10, 20].forEach((ms, index) => {
        t.store.custody.addEvent({ ...PLAIN, index, statement: `st-${index}` });
        t.store.custody.setClearance(index, ms);
      });
      t.store.custody.correct(2, 3);
    });
    expect(await kept(t, ({ custody }) => custody.clearances())).toEqual([10, 30]);
  });
}

const CHAIN = 7;
const moment = (atMs: number, index: number): Moment => ({ atMs, index });

function windows(t: Subject): void {
  /** A unit that was put into another at 100, 200 and 300, and emptied at 150, 200 (corrected) and 250. */
  function unitHistory(): void {
    const moves = [
      [0, 100, "entered"],
      [1, 150, "emptied"],
      [2, 200, "entered"],
      [3, 200, "emptied"],
      [4, 300, "entered"],
      [5, 250, "emptied"],
      [6, 120, "none"],
    ] as const;
    t.store.transact(() => {
      for (const [index, time, move] of moves) {
        const kind = index === 6 ? "filing" : "packing";
        t.store.custody.addEvent({ ...PLAIN, index, kind, at: time, statement: `st-${index}`, unit: CHAIN });
        t.store.custody.addLink({ chain: CHAIN, n: index, index, at: time, part: "subject", move });
      }
      t.store.custody.correct(3, 9);
    });
  }
  const indexes = (from: Moment, to: Moment | null): number[] =>
    t.store.custody.facts(CHAIN, from, to).map(({ index }) => index);

  it("reads facts in the order of the journey, within a window, without administration", async () => {
    unitHistory();
    expect(await kept(t, ({ custody }) => custody.facts(CHAIN, BEGINNING, moment(150, 1)))).toEqual([
      { index: 0, kind: "packing", atMs: 100, organisation: "ent_a", part: "subject", unit: CHAIN },
    ]);
    expect(indexes(BEGINNING, null)).toEqual([0, 1, 2, 3, 5, 4]);
    expect(indexes(moment(150, 1), moment(250, 5))).toEqual([1, 2, 3]);
    expect(indexes(moment(200, 3), null)).toEqual([3, 5, 4]);
    expect(t.store.custody.facts(CHAIN + 1, BEGINNING, null)).toEqual([]);
    expect(t.store.custody.facts(CHAIN, moment(200, 3), moment(250, 5))).toEqual([
      expect.objectContaining({ index: 3, empties: true, correctedBy: 9 }),
    ]);
  });

  it("finds the next emptying and the last entry, except corrected ones", () => {
    unitHistory();
    const { custody } = t.store;
    expect(custody.emptied(CHAIN, BEGINNING)?.index).toBe(1);
    expect(custody.emptied(CHAIN, moment(150, 2))?.index).toBe(5);
    expect(custody.emptied(CHAIN, moment(250, 6))).toBeUndefined();
    expect(custody.entered(CHAIN, moment(300, 4))?.index).toBe(2);
    expect(custody.entered(CHAIN, moment(300, 5))?.index).toBe(4);
    expect(custody.entered(CHAIN, moment(100, 0))).toBeUndefined();
  });

  it("carries every field of a fact", () => {
    t.store.transact(() => {
      t.store.custody.addEvent(EVENT);
      t.store.custody.addLink(LINK);
    });
    expect(t.store.custody.facts(1, BEGINNING, null)).toEqual([
      {
        index: 0,
        kind: "shipping",
        atMs: 1000,
        organisation: "ent_a",
        part: "parent",
        unit: 7,
        to: "ent_b",
        carrier: "ent_c",
        recall: "rec_1",
      },
    ]);
  });
}

function units(t: Subject): void {
  it("finds the chains of nodes by position", async () => {
    t.store.transact(() => {
      const chain = t.store.ledger.addNodeChain("node:ab", bytes(1));
      t.store.custody.addNode(64, 5, chain);
      t.store.custody.addNode(64, 3, 11);
      t.store.custody.addNode(96, 0, 12);
    });
    const node = { start: 64, level: 5 };
    const chain = { id: 1, of: "node:ab", length: 1, head: bytes(1) };
    expect(await kept(t, ({ custody }) => custody.chainAt(node))).toEqual(chain);
    const { custody } = t.store;
    expect(custody.chainAt({ start: 5, level: 64 })).toBeUndefined();
    expect([custody.nodeChain(64, 3), custody.nodeChain(64, 4)]).toEqual([11, undefined]);
    expect(custody.nodesIn(64, 96)).toEqual([
      { start: 64, level: 3, chain: 11 },
      { start: 64, level: 5, chain: 1 },
    ]);
    expect(custody.nodesIn(65, 97)).toEqual([{ start: 96, level: 0, chain: 12 }]);
  });

  it("stores units with their salt, and only raises the latest time within", async () => {
    t.store.transact(() => {
      t.store.custody.addUnit({ chain: 5, id: "sscc:1", salt: bytes(8) });
      t.store.custody.addUnit({ chain: 6, id: "sscc:2", salt: bytes(9) });
      for (const at of [300, 200]) t.store.custody.raiseLatestWithin(5, at);
    });
    const unit = { chain: 5, id: "sscc:1", salt: bytes(8), latestWithin: 300 };
    expect(await kept(t, ({ custody }) => custody.unit("sscc:1"))).toEqual(unit);
    expect(t.store.custody.unitOfChain(5)).toEqual(unit);
    expect(t.store.custody.unitOfChain(6)?.latestWithin).toBe(0);
    expect([t.store.custody.unit("sscc:3"), t.store.custody.unitOfChain(7)]).toEqual([undefined, undefined]);
  });
}

const allStates = (store: Store) =>
  store.custody.states(0, 1000).map((row) => [row.start, row.end, row.status]);

function codeStates(t: Subject): void {
  const set = (from: number, to: number, status: string): void =>
    t.store.transact(() => t.store.custody.setStatus(from, to, status));

  it("splits and joins intervals of status", async () => {
    set(100, 200, "active");
    set(120, 130, "sold");
    expect(await kept(t, allStates)).toEqual([
      [100, 120, "active"],
      [120, 130, "sold"],
      [130, 200, "active"],
    ]);
    set(120, 130, "active");
    expect(allStates(t.store)).toEqual([[100, 200, "active"]]);
    set(200, 250, "active");
    set(50, 100, "applied");
    expect(allStates(t.store)).toEqual([
      [50, 100, "applied"],
      [100, 250, "active"],
    ]);
    set(90, 300, "void");
    expect(await kept(t, allStates)).toEqual([
      [50, 90, "applied"],
      [90, 300, "void"],
    ]);
  });

  it("answers for one code and for a range", () => {
    set(100, 200, "active");
    set(300, 400, "sold");
    const { custody } = t.store;
    const statuses = [99, 100, 199, 200, 399, 400].map((key) => custody.status(key));
    expect(statuses).toEqual([undefined, "active", "active", undefined, "sold", undefined]);
    expect(custody.states(150, 301).map(({ status }) => status)).toEqual(["active", "sold"]);
    expect(custody.states(200, 300)).toEqual([]);
    expect(custody.states(0, 100)).toEqual([]);
  });

  it("calls back at each change, and writes and calls nothing without one", () => {
    const changes: [number, number][] = [];
    t.store.custody.onStatus((from, to) => changes.push([from, to]));
    set(10, 20, "issued");
    set(10, 20, "active");
    set(12, 18, "active");
    expect(changes).toEqual([[10, 20]]);
    set(10, 20, "issued");
    expect(changes).toHaveLength(2);
    expect(allStates(t.store)).toEqual([[10, 20, "issued"]]);
  });
}

function recalls(t: Subject): void {
  it("stores recalls through their life, with their ranges", async () => {
    const draft = { organisation: "aut_1", terms: "{}", codes: 12, reach: "[]" };
    t.store.transact(() => {
      t.store.custody.addRecall({ id: "rec_1", ...draft, createdAt: 1 });
      t.store.custody.addRecall({ id: "rec_2", ...draft, createdAt: 2 });
      t.store.custody.addRecallRange("rec_1", 40, 50);
      t.store.custody.addRecallRange("rec_1", 20, 30);
      t.store.custody.addRecallRange("rec_2", 60, 70);
    });
    const first = { id: "rec_1", status: "draft", ...draft, createdAt: 1, confirmedAt: null, liftedAt: null };
    expect(await kept(t, ({ custody }) => custody.recall("rec_1"))).toEqual(first);
    t.store.transact(() => t.store.custody.confirmRecall("rec_1", 5));
    expect(t.store.custody.recalls("active")).toEqual([{ ...first, status: "active", confirmedAt: 5 }]);
    t.store.transact(() => t.store.custody.liftRecall("rec_1", 6));
    const lifted = { ...first, status: "lifted", confirmedAt: 5, liftedAt: 6 };
    expect(await kept(t, ({ custody }) => custody.recall("rec_1"))).toEqual(lifted);
    expect(t.store.custody.recalls().map(({ id }) => id)).toEqual(["rec_2", "rec_1"]);
    expect(t.store.custody.recalls("active")).toEqual([]);
    expect(t.store.custody.recallRanges("rec_1")).toEqual([
      { start: 20, end: 30 },
      { start: 40, end: 50 },
    ]);
    expect(t.store.custody.recall("rec_3")).toBeUndefined();
  });
}
