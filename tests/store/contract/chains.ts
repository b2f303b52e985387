import { describe, expect, it } from "vitest";
import { BEGINNING, type Moment } from "../../../src/core/custody/fact.ts";
import type { ChainKey } from "../../../src/store/derived/chains.ts";
import type { Store } from "../../../src/store/store.ts";
import { extendChain, kept, type LinkedFact, record, type Subject, writeAll } from "./subject.ts";

const NODE = { start: 70, level: 3 };
const PLAIN: LinkedFact = {
  index: 0,
  atMs: 1000,
  part: "subject",
  move: "none",
  kind: "storing",
  organisation: "ent_a",
};
const moment = (atMs: number, index: number): Moment => ({ atMs, index });
const chainsOf = ({ custody }: Store) => custody.chains;

/** The part of the contract about chains: what each record says about each thing. */
export function chainContract(t: Subject): void {
  describe("chains", () => {
    links(t);
    windows(t);
    blocks(t);
    nodes(t);
    names(t);
  });
}

/** Extends a chain by a fact each, in one transaction. */
function extend(t: Subject, key: ChainKey, facts: Partial<LinkedFact>[]): void {
  t.store.transact(() => {
    for (const fact of facts) extendChain(t.store, key, { ...PLAIN, ...fact });
  });
}

function links(t: Subject): void {
  const GIVEN: Partial<LinkedFact>[] = [
    { index: 0, atMs: 1000, part: "parent", move: "entered" },
    { index: 5, atMs: 900, part: "input", move: "none" },
    { index: 6, atMs: 950, part: "output", move: "emptied" },
  ];
  const ROWS = [
    { n: 0, index: 0, at: 1000, part: "parent", move: "entered" },
    { n: 1, index: 5, at: 900, part: "input", move: "none" },
    { n: 2, index: 6, at: 950, part: "output", move: "emptied" },
  ];

  it.each([
    ["a node", NODE, { start: 70, level: 2 }],
    ["a unit", 7, 8],
    ["another chain with a name", -7, 7],
  ] as const)("keeps the links of %s in order", async (_what, key, other) => {
    extend(t, key, GIVEN);
    expect(await kept(t, (store) => chainsOf(store).links(key))).toEqual(ROWS);
    const chains = chainsOf(t.store);
    expect(chains.links(key, 1)).toEqual(ROWS.slice(1));
    expect(chains.links(key, 3)).toEqual([]);
    expect(chains.link(key, 2)).toEqual(ROWS[2]);
    expect([chains.link(key, 3), chains.link(key, -1), chains.link(key, 256)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([chains.length(key), chains.lastIndex(key)]).toEqual([3, 6]);
    expect([chains.length(other), chains.lastIndex(other), chains.links(other)]).toEqual([0, undefined, []]);
    expect([chains.link(other, 0), chains.factOfLink(other, 0)]).toEqual([undefined, undefined]);
    expect(chains.facts(other, BEGINNING, null)).toEqual([]);
  });

  it("reads what its transaction has written so far", () => {
    t.store.transact(() => {
      extendChain(t.store, NODE, PLAIN);
      expect(chainsOf(t.store).length(NODE)).toBe(1);
      extendChain(t.store, NODE, { ...PLAIN, index: 1 });
      expect(chainsOf(t.store).lastIndex(NODE)).toBe(1);
      chainsOf(t.store).correct(NODE, 0, 1);
      expect(chainsOf(t.store).factOfLink(NODE, 0)?.correctedBy).toBe(1);
    });
  });

  it("carries every field of a fact", async () => {
    const fact: LinkedFact = {
      index: 3,
      atMs: -5,
      part: "input",
      move: "emptied",
      kind: "shipping",
      organisation: "ent_a",
      unit: 2 ** 40,
      to: "ent_b",
      carrier: "ent_c",
      recall: "rec_1",
    };
    extend(t, NODE, [fact]);
    t.store.transact(() => chainsOf(t.store).correct(NODE, 3, 2 ** 36));
    const { part, move, atMs, ...texts } = fact;
    expect(await kept(t, (store) => chainsOf(store).facts(NODE, BEGINNING, null))).toEqual([
      { ...texts, atMs, part, empties: true, correctedBy: 2 ** 36 },
    ]);
    expect(await kept(t, (store) => chainsOf(store).factOfLink(NODE, 0))).toEqual({
      ...texts,
      correctedBy: 2 ** 36,
    });
    expect(chainsOf(t.store).link(NODE, 0)).toEqual({ n: 0, index: 3, at: atMs, part, move });
  });

  it("carries no field that a fact lacks", async () => {
    extend(t, NODE, [PLAIN]);
    expect(await kept(t, (store) => chainsOf(store).facts(NODE, BEGINNING, null))).toStrictEqual([
      { index: 0, kind: "storing", atMs: 1000, organisation: "ent_a", part: "subject" },
    ]);
  });
}

const UNIT = 7;

const movesFound = (store: Store) => {
  const chains = chainsOf(store);
  return [
    chains.emptied(UNIT, BEGINNING)?.index,
    chains.emptied(UNIT, moment(150, 2))?.index,
    chains.emptied(UNIT, moment(250, 6)),
    chains.entered(UNIT, moment(300, 4))?.index,
    chains.entered(UNIT, moment(300, 5))?.index,
    chains.entered(UNIT, moment(100, 0)),
  ];
};

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
    const facts = moves.map(([index, atMs, move]): Partial<LinkedFact> => {
      if (move === "none") return { index, kind: "filing", atMs };
      if (move === "entered") return { index, kind: "packing", atMs, move, unit: UNIT + 1 };
      return { index, kind: "unpacking", atMs, move, part: "parent", unit: UNIT };
    });
    extend(t, UNIT, facts);
    t.store.transact(() => chainsOf(t.store).correct(UNIT, 3, 9));
  }
  const indexes = (from: Moment, to: Moment | null): number[] =>
    chainsOf(t.store)
      .facts(UNIT, from, to)
      .map(({ index }) => index);

  it("reads facts in the order of the journey, within a window, without administration", async () => {
    unitHistory();
    expect(await kept(t, (store) => chainsOf(store).facts(UNIT, BEGINNING, moment(150, 1)))).toEqual([
      { index: 0, kind: "packing", atMs: 100, organisation: "ent_a", part: "subject", unit: UNIT + 1 },
    ]);
    expect(indexes(BEGINNING, null)).toEqual([0, 1, 2, 3, 5, 4]);
    expect(indexes(moment(150, 1), moment(250, 5))).toEqual([1, 2, 3]);
    expect(indexes(moment(200, 3), null)).toEqual([3, 5, 4]);
    expect(chainsOf(t.store).facts(UNIT + 1, BEGINNING, null)).toEqual([]);
    expect(chainsOf(t.store).facts(UNIT, moment(200, 3), moment(250, 5))).toEqual([
      expect.objectContaining({ index: 3, empties: true, correctedBy: 9 }),
    ]);
    expect(chainsOf(t.store).length(UNIT)).toBe(7);
  });

  it("finds the next emptying and the last entry, except corrected ones", async () => {
    unitHistory();
    expect(await kept(t, movesFound)).toEqual([1, 5, undefined, 2, 4, undefined]);
    t.store.transact(() => {
      chainsOf(t.store).correct(UNIT, 4, 10);
      chainsOf(t.store).correct(UNIT, 1, 11);
    });
    expect(await kept(t, movesFound)).toEqual([5, 5, undefined, 2, 2, undefined]);
  });

  it("lists the units that a thing ever entered, corrected entries too", async () => {
    extend(t, NODE, [
      { index: 0, kind: "packing", move: "entered", unit: 3 },
      { index: 1, kind: "unpacking", move: "none", unit: 3 },
      { index: 2, kind: "packing", move: "entered", unit: 9 },
      { index: 3, kind: "transforming", move: "none" },
      { index: 4, kind: "packing", move: "entered", unit: 3 },
    ]);
    t.store.transact(() => chainsOf(t.store).correct(NODE, 2, 5));
    expect(await kept(t, (store) => chainsOf(store).unitsEntered(NODE))).toEqual([3, 9, 3]);
  });
}

/** Facts in a full block. */
const BLOCK = 256;

/** Records 2, 4, 6, … one each time unit, but each tenth is told 500 time units late; some enter a unit. */
const facts = (from: number, to: number): Partial<LinkedFact>[] =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    const fact = { index: 2 * (n + 1), atMs: n % 10 === 9 ? n - 500 : n, move: "none" } as const;
    return n % 100 === 50 ? { ...fact, kind: "packing", move: "entered", unit: 3 } : fact;
  });

const inJourneyOrder = (count: number): number[] =>
  facts(0, count)
    .sort((a, b) => a.atMs! - b.atMs! || a.index! - b.index!)
    .map(({ index }) => index!);

const movesOverBlocks = (store: Store) => [
  chainsOf(store).entered(7, moment(50, 103))?.index,
  chainsOf(store).entered(7, moment(50, 102)),
  chainsOf(store).entered(7, moment(10_000, 0))?.index,
  chainsOf(store).emptied(7, BEGINNING)?.index,
  chainsOf(store).emptied(7, moment(60, 5001)),
  chainsOf(store).unitsEntered(7).length,
];

function blocks(t: Subject): void {
  it.each([
    ["one less than a block", BLOCK - 1],
    ["a block", BLOCK],
    ["one more than a block", BLOCK + 1],
    ["two blocks", 2 * BLOCK],
    ["three blocks and some", 3 * BLOCK + 44],
  ])("keeps a chain of %s", async (_what, count) => {
    extend(t, NODE, facts(0, count));
    const rows = facts(0, count).map(({ index, atMs, move }, n) => ({
      n,
      index,
      at: atMs,
      part: "subject",
      move,
    }));
    expect(await kept(t, (store) => chainsOf(store).links(NODE))).toEqual(rows);
    const chains = chainsOf(t.store);
    expect([chains.length(NODE), chains.lastIndex(NODE)]).toEqual([count, 2 * count]);
    for (const first of [1, BLOCK - 1, BLOCK, BLOCK + 1, count - 1, count])
      expect(chains.links(NODE, first)).toEqual(rows.slice(first));
    for (const n of [0, BLOCK - 1, BLOCK, BLOCK + 1, count - 1, count])
      expect(chains.link(NODE, n)).toEqual(rows[n]);
    expect(chains.facts(NODE, BEGINNING, null).map(({ index }) => index)).toEqual(inJourneyOrder(count));
  });

  it("grows a chain over blocks by one transaction each, written in between or not", async () => {
    for (let n = 0; n < 2 * BLOCK + 10; n++) {
      extend(t, 7, facts(n, n + 1));
      if (n % 50 === 7 || n === BLOCK || n === BLOCK - 1) writeAll(t.store);
    }
    expect(await kept(t, (store) => chainsOf(store).length(7))).toBe(2 * BLOCK + 10);
    expect(
      chainsOf(t.store)
        .facts(7, BEGINNING, null)
        .map(({ index }) => index),
    ).toEqual(inJourneyOrder(2 * BLOCK + 10));
    await t.reopen();
    extend(t, 7, facts(2 * BLOCK + 10, 3 * BLOCK + 1));
    expect(
      await kept(t, (store) =>
        chainsOf(store)
          .facts(7, BEGINNING, null)
          .map(({ index }) => index),
      ),
    ).toEqual(inJourneyOrder(3 * BLOCK + 1));
  });

  it("reads windows that begin and end in different blocks, and late facts of earlier blocks", async () => {
    extend(t, 7, facts(0, 800));
    const within = (from: Moment, to: Moment | null): number[] =>
      facts(0, 800)
        .filter(({ atMs, index }) => atMs! > from.atMs || (atMs === from.atMs && index! >= from.index))
        .filter(
          ({ atMs, index }) => to === null || atMs! < to.atMs || (atMs === to.atMs && index! < to.index),
        )
        .sort((a, b) => a.atMs! - b.atMs! || a.index! - b.index!)
        .map(({ index }) => index!);
    const asked: [Moment, Moment | null][] = [
      [moment(0, 0), moment(100, 0)],
      [moment(200, 0), moment(300, 700)],
      [moment(256, 514), moment(257, 516)],
      [moment(-491, 0), moment(-480, 9999)],
      [moment(299, 0), moment(299, 1601)],
      [moment(790, 1582), null],
      [moment(900, 0), null],
      [moment(500, 0), moment(500, 0)],
    ];
    const found = await kept(t, (store) =>
      asked.map(([from, to]) =>
        chainsOf(store)
          .facts(7, from, to)
          .map(({ index }) => index),
      ),
    );
    expect(found).toEqual(asked.map(([from, to]) => within(from, to)));
    expect(found.map(({ length }) => length).filter((length) => length === 0)).toHaveLength(2);
  });

  it("finds entries and emptyings in full blocks and in the newest facts", async () => {
    extend(t, 7, [
      ...facts(0, 700),
      { index: 5000, atMs: 60, kind: "unpacking", part: "parent", move: "emptied", unit: 7 },
    ]);
    expect(await kept(t, movesOverBlocks)).toEqual([102, undefined, 1302, 5000, undefined, 7]);
    t.store.transact(() => {
      for (const index of [102, 1302, 5000]) chainsOf(t.store).correct(7, index, 6000);
    });
    expect(await kept(t, movesOverBlocks)).toEqual([undefined, undefined, 1102, undefined, undefined, 7]);
  });

  it("corrects facts in the newest ones and in every full block, before and after they are written", async () => {
    const correctedOf = (store: Store) =>
      Array.from({ length: 700 }, (_, n) => chainsOf(store).factOfLink(NODE, n)?.correctedBy ?? 0);
    const expected = Array.from({ length: 700 }, () => 0);
    const correct = (n: number, by: number): void => {
      t.store.transact(() => chainsOf(t.store).correct(NODE, 2 * (n + 1), by));
      expected[n] = by;
    };
    extend(t, NODE, facts(0, 700));
    for (const [n, by] of [
      [3, 2001],
      [255, 2002],
      [256, 2003],
      [699, 2004],
    ] as const)
      correct(n, by);
    expect(await kept(t, correctedOf)).toEqual(expected);
    for (const [n, by] of [
      [4, 2005],
      [3, 2006],
      [511, 2007],
      [512, 2008],
    ] as const)
      correct(n, by);
    expect(await kept(t, correctedOf)).toEqual(expected);
    // A record that the chain does not have changes nothing.
    t.store.transact(() => chainsOf(t.store).correct(NODE, 7, 2009));
    t.store.transact(() => chainsOf(t.store).correct({ start: 9, level: 9 }, 2, 2009));
    expect(await kept(t, correctedOf)).toEqual(expected);
    expect(chainsOf(t.store).length(NODE)).toBe(700);
    extend(t, NODE, facts(700, 701));
    expect(chainsOf(t.store).length({ start: 9, level: 9 })).toBe(0);
    expect(await kept(t, (store) => chainsOf(store).facts(NODE, BEGINNING, null).length)).toBe(701);
  });
}

const place = (start: number, level: number, batch: number) =>
  ({ key: { start, level }, part: "subject", move: "none", batch }) as const;

const starts = (store: Store) =>
  chainsOf(store)
    .nodesIn(0, 12 * 64)
    .map(({ start }) => start);

const batchLevels = ({ custody }: Store) => [1024, 4096, 8192].map((start) => custody.levelsOf(start));

const numberLists = (store: Store) => [
  chainsOf(store).numbersAfter(Number.NEGATIVE_INFINITY, 9),
  chainsOf(store).numbersAfter(Number.NEGATIVE_INFINITY, 2),
  chainsOf(store).numbersAfter(-3, 2),
  chainsOf(store).numbersAfter(3, 9),
  chainsOf(store).numbersAfter(5, 9),
];

function nodes(t: Subject): void {
  it("finds nodes by the place where they start, narrowest first, over several pages", async () => {
    const places = [
      { start: 64, level: 5 },
      { start: 64, level: 3 },
      { start: 96, level: 0 },
      { start: 63, level: 0 },
      { start: 128, level: 7 },
      { start: 1000, level: 1 },
      { start: 2 ** 47, level: 20 },
      { start: 2 ** 47 + 5, level: 0 },
    ];
    t.store.transact(() => places.forEach((key, index) => extendChain(t.store, key, { ...PLAIN, index })));
    const inOrder = places.toSorted((a, b) => a.start - b.start || a.level - b.level);
    const asked = [
      [0, 2 ** 48],
      [64, 96],
      [64, 97],
      [65, 129],
      [63, 64],
      [0, 63],
      [129, 1000],
      [2 ** 47 + 1, 2 ** 47 + 6],
    ] as const;
    const found = await kept(t, (store) => asked.map(([from, to]) => chainsOf(store).nodesIn(from, to)));
    expect(found).toEqual(
      asked.map(([from, to]) => inOrder.filter(({ start }) => start >= from && start < to)),
    );
    expect(t.store.custody.nodesBelow(0, 2 ** 48, 3)).toEqual(inOrder.filter(({ level }) => level < 3));
    expect(places.map((key) => chainsOf(t.store).lastIndex(key))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(chainsOf(t.store).length({ start: 5, level: 64 })).toBe(0);
  });

  it("finds nodes of the table and unwritten ones together", async () => {
    const extendAt = (start: number, index: number): void => extend(t, { start, level: 0 }, [{ index }]);
    for (let i = 0; i < 12; i++) extendAt(i * 64, i);
    writeAll(t.store);
    await t.reopen();
    for (let i = 0; i < 12; i++) extendAt(i * 32 + 1, 100 + i);
    const expected = Array.from({ length: 12 }, (_, i) => [i * 64, i * 32 + 1]).flat();
    expect(await kept(t, starts)).toEqual(expected.sort((a, b) => a - b));
  });

  it("notes the levels at which a batch has chains", async () => {
    t.store.transact(() => {
      record(t.store, {
        index: 0,
        extends: [place(1024, 10, 1024), place(1028, 2, 1024), place(4096, 0, 4096)],
      });
      record(t.store, {
        index: 1,
        extends: [place(1032, 2, 1024), { key: -1, part: "subject", move: "none" }],
      });
    });
    expect(await kept(t, batchLevels)).toEqual([(1 << 10) + (1 << 2), 1, 0]);
    t.store.transact(() => record(t.store, { index: 2, extends: [place(1024, 0, 1024)] }));
    expect(await kept(t, batchLevels)).toEqual([(1 << 10) + (1 << 2) + 1, 1, 0]);
  });

  it("lists the numbers of chains of units and of other things, in pages", async () => {
    t.store.transact(() => [5, -2, 3, -9].forEach((key) => extendChain(t.store, key, PLAIN)));
    writeAll(t.store);
    t.store.transact(() =>
      [4, -3, 5].forEach((key, i) => extendChain(t.store, key, { ...PLAIN, index: 1 + i })),
    );
    expect(await kept(t, numberLists)).toEqual([[-9, -3, -2, 3, 4, 5], [-9, -3], [-2, 3], [4, 5], []]);
  });
}

function names(t: Subject): void {
  const NAMES = ["batch:bat_1", "enterprise:ent_a", "standing:ent_a"];
  const keysOf = ({ custody }: Store) => NAMES.map((of) => custody.chainNamed(of));

  it("numbers named chains in the order in which they are named, and finds them by name and number", async () => {
    expect(keysOf(t.store)).toEqual([undefined, undefined, undefined]);
    expect(t.store.custody.namedChains).toBe(0);
    t.store.transact(() => {
      expect(t.store.custody.keyNamed("batch:bat_1")).toBe(-1);
      expect(t.store.custody.keyNamed("enterprise:ent_a")).toBe(-2);
      expect(t.store.custody.keyNamed("batch:bat_1")).toBe(-1);
    });
    expect(await kept(t, keysOf)).toEqual([-1, -2, undefined]);
    expect(await kept(t, ({ custody }) => [-1, -2, -3].map((number) => custody.nameOf(number)))).toEqual([
      "batch:bat_1",
      "enterprise:ent_a",
      undefined,
    ]);
    t.store.transact(() => expect(t.store.custody.keyNamed("standing:ent_a")).toBe(-3));
    expect(await kept(t, keysOf)).toEqual([-1, -2, -3]);
    expect(t.store.custody.namedChains).toBe(3);
  });

  it("refuses a key for the chain of a unit that was never added", () => {
    const of = `unit:${"ab".repeat(32)}`;
    expect(t.store.custody.chainNamed(of)).toBeUndefined();
    expect(() => t.store.transact(() => t.store.custody.keyNamed(of))).toThrow(RangeError);
    expect(t.store.custody.namedChains).toBe(0);
  });

  it("gives the number of a chain that was undone to the next one, as deriving again does", async () => {
    const failing = (): void =>
      t.store.transact(() => {
        t.store.custody.keyNamed("batch:bat_1");
        throw new RangeError("refused");
      });
    expect(failing).toThrow("refused");
    t.store.transact(() => expect(t.store.custody.keyNamed("enterprise:ent_a")).toBe(-1));
    expect(await kept(t, keysOf)).toEqual([undefined, -1, undefined]);
    expect(t.store.custody.nameOf(-1)).toBe("enterprise:ent_a");
  });
}
