import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BEGINNING, type Moment } from "../../src/core/custody/fact.ts";
import { unitChain } from "../../src/core/ledger/chain.ts";
import { openSqlite } from "../../src/node/data/sqlite.ts";
import type { ChainKey } from "../../src/store/derived/chains.ts";
import type { Extension } from "../../src/store/derived/custody.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { record, salt, type Told, writeAll } from "./contract/subject.ts";

/** So little that most of what is read is dropped again. */
const LITTLE_MEMORY = 6000;
const RUNS = { numRuns: 60 };

/** Opens a store in a folder of its own while `work` runs; `reopen` opens it again, as after a process was killed. */
function withStore(work: (opened: { store: Store; reopen(): Store }) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "suyuan-derived-"));
  const opened = {
    store: openStore(openSqlite(folder), LITTLE_MEMORY),
    reopen(): Store {
      opened.store.close();
      return (opened.store = openStore(openSqlite(folder), LITTLE_MEMORY));
    },
  };
  try {
    work(opened);
  } finally {
    opened.store.close();
    rmSync(folder, { recursive: true });
  }
}

/** Writes at most `rows` rows behind the records. @returns whether all is written */
function slice(store: Store, rows: number): boolean {
  let left = rows;
  return store.writeBehind(() => left-- > 0);
}

const refuse = (): never => {
  throw new RangeError("refused");
};

/** The chains that the records may extend. */
const NODES = [
  { start: 64, level: 6 },
  { start: 64, level: 0 },
  { start: 65, level: 0 },
  { start: 127, level: 0 },
  { start: 128, level: 6 },
  { start: 700, level: 2 },
];
const BATCH = 64;
const NAMES = ["batch:a", "batch:b", "enterprise:ent_0"];
const UNITS = [0, 1, 2].map((n) => ({ id: `sscc:${n}`, salt: salt(n), of: unitChain(salt(n), `sscc:${n}`) }));
const ORGANISATIONS = ["ent_0", "ent_1", "lab_2"];
const CHAINS = NODES.length + NAMES.length + UNITS.length;
/** The ways in which a record names its chains' things, as a report does. */
const ROLES = {
  enters: { kind: "packing", part: "subject", move: "entered", within: true },
  takesOut: { kind: "unpacking", part: "subject", move: "none", within: true },
  isFilled: { kind: "packing", part: "parent", move: "none", within: true },
  empties: { kind: "unpacking", part: "parent", move: "emptied", within: true },
  stores: { kind: "storing", part: "subject", move: "none", within: false },
  ships: { kind: "shipping", part: "subject", move: "none", within: false },
  goesIn: { kind: "transforming", part: "input", move: "none", within: false },
  comesOut: { kind: "transforming", part: "output", move: "none", within: false },
  files: { kind: "filing", part: "subject", move: "none", within: false },
  corrects: { kind: "correcting", part: "subject", move: "none", within: false },
} as const;
type Role = keyof typeof ROLES;

/** A record as the property tells it: chains and other things by their place in the lists above. */
interface Item {
  chains: number[];
  atMs: number;
  role: Role;
  organisation: number;
  /** The unit moved into or out of, where the role has one. */
  parent: number;
  to: number | undefined;
  /** The share of the log at which the corrected record is. */
  corrects: number | undefined;
  /** Units whose latest time within is raised, with the time. */
  raises: [unit: number, atMs: number][];
}

const chain = fc.nat(CHAINS - 1);
const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const item: fc.Arbitrary<Item> = fc.record({
  chains: fc.uniqueArray(chain, { minLength: 1, maxLength: 3 }),
  atMs: fc.integer({ min: -20, max: 400 }),
  role: fc.constantFrom(...(Object.keys(ROLES) as Role[]).filter((role) => role !== "corrects")),
  organisation: fc.nat(ORGANISATIONS.length - 1),
  parent: fc.nat(UNITS.length - 1),
  to: optional(fc.nat(9)),
  corrects: optional(fc.double({ min: 0, max: 0.999, noNaN: true })),
  raises: fc.array(fc.tuple(fc.nat(UNITS.length - 1), fc.nat(500)), { maxLength: 2 }),
});

/** A job of a transaction: some records, of which some are repeated so often that blocks are filled. */
const job = fc.record({
  items: fc.array(
    fc.record({
      item,
      times: fc.oneof({ weight: 12, arbitrary: fc.constant(1) }, fc.integer({ min: 60, max: 200 })),
    }),
    { maxLength: 3 },
  ),
  way: fc.constantFrom("attempt", "savepoint", "plain"),
  undone: fc.boolean(),
});
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      jobs: fc.array(job, { minLength: 1, maxLength: 3 }),
      undone: fc.nat(5).map((n) => n === 0),
    }),
  },
  { weight: 4, arbitrary: fc.record({ rows: fc.array(fc.nat(25), { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ rows: fc.constant([Number.POSITIVE_INFINITY]) }) },
  { weight: 2, arbitrary: fc.record({ killed: fc.constantFrom("process", "memory") }) },
);

/** What the log says, read from it each time from its beginning. */
class Model {
  readonly log: (Item & { index: number; correctedIndex: number | undefined })[] = [];

  add(one: Item): void {
    const index = this.log.length;
    const correctedIndex =
      one.corrects === undefined || index === 0 ? undefined : Math.floor(one.corrects * index);
    this.log.push({
      ...one,
      role: correctedIndex === undefined ? one.role : "corrects",
      index,
      correctedIndex,
    });
  }

  cutTo(size: number): void {
    this.log.length = size;
  }

  /** The records of a chain, in order. */
  on(place: number) {
    return this.log.filter(({ chains }) => chains.includes(place));
  }

  /** The last record that corrects another one. */
  correction(index: number): number | undefined {
    return this.log.findLast(({ correctedIndex }) => correctedIndex === index)?.index;
  }

  /** The last record on a chain that corrects another one that is on it. */
  correctionOn(place: number, index: number): number | undefined {
    return this.on(place).findLast(({ correctedIndex }) => correctedIndex === index)?.index;
  }

  /** The names of chains in the order in which the log names them. */
  names(): string[] {
    const named = this.log.flatMap(({ chains }) => chains.map((place) => NAMES[place - NODES.length]));
    return [...new Set(named.filter((name) => name !== undefined))];
  }

  /** The units that a unit entered. */
  private around(unit: number, size: number): Set<number> {
    const entries = this.log
      .slice(0, size)
      .filter(({ chains, role }) => chains.includes(NODES.length + NAMES.length + unit) && role === "enters");
    return new Set(entries.map(({ parent }) => parent));
  }

  /** The latest time within each unit: each raise reaches the units around, where it is later than what was known. */
  latest(): number[] {
    const found = UNITS.map(() => 0);
    for (const { index, raises } of this.log)
      for (const [unit, atMs] of raises) {
        const raise = (one: number): void => {
          if (found[one]! >= atMs) return;
          found[one] = atMs;
          for (const around of this.around(one, index + 1)) raise(around);
        };
        raise(unit);
      }
    return found;
  }
}

/** The key of a chain; undefined for a name that the log has not named. */
function keyOf(store: Store, place: number): ChainKey | undefined {
  if (place < NODES.length) return NODES[place]!;
  if (place < NODES.length + NAMES.length) return store.custody.chainNamed(NAMES[place - NODES.length]!);
  return place - NODES.length - NAMES.length + 1;
}

function tell({ custody }: Store, model: Model, index: number): Told {
  const one = model.log[index]!;
  const { kind, part, move, within } = ROLES[one.role];
  const extended = one.chains.map((place): Extension => {
    const name = NAMES[place - NODES.length];
    const key =
      name === undefined ? (keyOf({ custody } as Store, place) as ChainKey) : custody.keyNamed(name);
    return { key, part, move, batch: typeof key === "number" ? undefined : BATCH };
  });
  const corrected = one.correctedIndex;
  const told: Told = {
    index,
    kind,
    atMs: one.atMs,
    organisation: ORGANISATIONS[one.organisation]!,
    extends: extended,
  };
  if (within) told.parent = UNITS[one.parent]!.of;
  if (one.to !== undefined) told.to = `ent_${one.to}`;
  if (corrected !== undefined) {
    const organisation = ORGANISATIONS[model.log[corrected]!.organisation]!;
    told.corrects = { index: corrected, organisation, id: `st-${corrected}` };
  }
  return told;
}

/** Records the newest record of the model, and raises what it raises. */
function tellNewest(store: Store, model: Model): void {
  const index = model.log.length - 1;
  record(store, tell(store, model, index));
  for (const [unit, atMs] of model.log[index]!.raises) store.custody.chains.raiseLatestWithin(unit + 1, atMs);
}

/** Applies the records that the tables do not stand for, as a start does. */
function catchUp(store: Store, model: Model): void {
  const { custody } = store;
  for (let index = store.derivedThrough(); index < store.ledger.size(); index++) {
    custody.chains.readAsOf(index);
    const {
      kind = "",
      atMs = 0,
      organisation = "",
      parent,
      to,
      corrects,
      extends: extended = [],
    } = tell(store, model, index);
    custody.apply({
      index,
      atMs,
      kind,
      organisation,
      statement: `st-${index}`,
      unit: parent === undefined ? undefined : custody.units.numberOf(parent),
      to,
      corrects: corrects?.index,
      extends: extended,
    });
    for (const [unit, at] of model.log[index]!.raises) custody.chains.raiseLatestWithin(unit + 1, at);
    custody.undo.clear();
  }
  custody.chains.readAsOf(Number.POSITIVE_INFINITY);
}

const earlier = (a: Moment, b: Moment): boolean => (a.atMs === b.atMs ? a.index < b.index : a.atMs < b.atMs);
const WINDOWS: [Moment, Moment | null][] = [
  [BEGINNING, null],
  [BEGINNING, { atMs: 100, index: 40 }],
  [
    { atMs: 50, index: 3 },
    { atMs: 200, index: 90 },
  ],
  [{ atMs: 199, index: 0 }, null],
  [{ atMs: 401, index: 0 }, null],
];

const unitOf = (one: Item): number | undefined => (ROLES[one.role].within ? one.parent + 1 : undefined);

const toOf = ({ to }: Item): string | undefined => (to === undefined ? undefined : `ent_${to}`);

function expectChain(store: Store, model: Model, place: number): void {
  const { chains } = store.custody;
  const key = keyOf(store, place);
  const on = model.on(place);
  if (key === undefined) return expect(on).toEqual([]);
  expect(chains.length(key)).toBe(on.length);
  expect(chains.lastIndex(key)).toBe(on.at(-1)?.index);
  expect(chains.links(key)).toEqual(
    on.map(({ index, atMs, role }, n) => ({
      n,
      index,
      at: atMs,
      part: ROLES[role].part,
      move: ROLES[role].move,
    })),
  );
  const facts = on.map((one, n) => ({
    index: one.index,
    kind: ROLES[one.role].kind,
    organisation: ORGANISATIONS[one.organisation],
    unit: unitOf(one),
    to: toOf(one),
    carrier: undefined,
    recall: undefined,
    correctedBy: model.correctionOn(place, one.index),
    n,
  }));
  for (const n of new Set([0, 1, 255, 256, 257, 511, 512, on.length - 1])) {
    if (n < 0 || n >= on.length) continue;
    const { n: _, ...expected } = facts[n]!;
    expect(chains.factOfLink(key, n)).toEqual(expected);
  }
  const moments = on.map(({ index, atMs, role }, n) => ({
    index,
    atMs,
    role,
    corrected: facts[n]!.correctedBy,
    unit: facts[n]!.unit,
  }));
  const inOrder = moments.toSorted((a, b) => (earlier(a, b) ? -1 : 1));
  for (const [from, to] of WINDOWS) {
    const within = inOrder.filter((one) => !earlier(one, from) && (to === null || earlier(one, to)));
    expect(chains.facts(key, from, to).map(({ index, correctedBy }) => [index, correctedBy])).toEqual(
      within.filter(({ role }) => role !== "files").map(({ index, corrected }) => [index, corrected]),
    );
    const standing = (role: Role) => (one: (typeof moments)[number]) =>
      one.role === role && one.corrected === undefined;
    const emptied = inOrder.filter((one) => !earlier(one, from)).find(standing("empties"));
    // Only units are emptied and put into other ones.
    if (typeof key !== "number") continue;
    expect(chains.emptied(key, from)?.index).toBe(emptied?.index);
    if (to === null) continue;
    const entered = inOrder.filter((one) => earlier(one, to)).findLast(standing("enters"));
    expect(chains.entered(key, to)?.index).toBe(entered?.index);
  }
  expect(chains.unitsEntered(key)).toEqual(
    moments.filter(({ role }) => role === "enters").map(({ unit }) => unit),
  );
}

function expectLookUps(store: Store, model: Model): void {
  const { custody } = store;
  const { recorded, chains } = custody;
  const size = model.log.length;
  expect(store.ledger.size()).toBe(size);
  const names = model.names();
  expect(names.map((of) => custody.chainNamed(of))).toEqual(names.map((_, i) => -1 - i));
  expect([custody.namedChains, names.map((_, i) => custody.nameOf(-1 - i))]).toEqual([names.length, names]);
  const nodes = NODES.filter((_, place) => model.on(place).length > 0);
  expect(chains.nodesIn(0, 1000)).toEqual(nodes.toSorted((a, b) => a.start - b.start || a.level - b.level));
  expect(chains.nodesIn(65, 700)).toEqual(
    chains.nodesIn(0, 1000).filter(({ start }) => start >= 65 && start < 700),
  );
  for (const index of new Set([0, 1, Math.floor(size / 2), size - 2, size - 1])) {
    if (index < 0 || index >= size) continue;
    const organisation = ORGANISATIONS[model.log[index]!.organisation]!;
    expect(recorded.indexOf(organisation, `st-${index}`)).toBe(index);
    const corrects = model.log[index]!.correctedIndex ?? null;
    const correctedBy = model.correction(index) ?? null;
    expect(recorded.event(index)).toMatchObject({ index, organisation, corrects, correctedBy });
    expect(recorded.correctionOf(index) ?? null).toBe(correctedBy);
  }
  ORGANISATIONS.forEach((id, n) => {
    const own = model.log.filter(({ organisation }) => organisation === n).map(({ index }) => index);
    const before = Math.ceil(size * 0.7);
    const listed = recorded.eventsBefore(before, 7, id).map(({ index }) => index);
    expect(listed).toEqual(
      own
        .filter((index) => index < before)
        .toReversed()
        .slice(0, 7),
    );
  });
}

/** @param exactly false once memory was lost: the bound may then be greater than the records need, never less */
function expectBounds(store: Store, model: Model, exactly: boolean): void {
  const { custody } = store;
  const latest = UNITS.map((_, unit) => custody.chains.latestWithin(unit + 1));
  const needed = model.latest();
  if (exactly) expect(latest).toEqual(needed);
  else expect(latest.map((one, unit) => one >= needed[unit]!)).toEqual(UNITS.map(() => true));
  const levels = NODES.reduce(
    (bits, { level }, place) => (model.on(place).length > 0 ? bits | (1 << level) : bits),
    0,
  );
  if (exactly) expect(custody.levelsOf(BATCH)).toBe(levels);
  else expect(custody.levelsOf(BATCH) & levels).toBe(levels);
}

/** Runs one job; where it is refused, the model has nothing of it either. */
function runJob(
  store: Store,
  model: Model,
  { items, way, undone }: { items: { item: Item; times: number }[]; way: string; undone: boolean },
): void {
  const size = model.log.length;
  const work = (): void => {
    for (const { item: one, times } of items)
      for (let n = 0; n < times; n++) {
        model.add(n === 0 ? one : { ...one, atMs: one.atMs + (n % 7 === 0 ? -50 : n) });
        tellNewest(store, model);
      }
    if (undone) refuse();
  };
  if (way === "plain" && !undone) return work();
  const run = (whole: () => void): void =>
    way === "attempt" ? store.attempt(whole) : store.savepoint(whole);
  if (!undone) return run(work);
  expect(() => run(work)).toThrow("refused");
  model.cutTo(size);
}

describe("custody equals a plain reading of the log", () => {
  it("after any records, refused jobs, writing in slices, and kills", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 14 }), (steps) =>
        withStore((opened) => {
          const model = new Model();
          let exactly = true;
          opened.store.transact(() =>
            UNITS.forEach((unit) => opened.store.custody.units.add(unit.id, unit.salt, unit.of)),
          );
          const compare = (): void => {
            for (let place = 0; place < CHAINS; place++) expectChain(opened.store, model, place);
            expectLookUps(opened.store, model);
            expectBounds(opened.store, model, exactly);
          };
          for (const one of steps) {
            if ("jobs" in one) {
              const size = model.log.length;
              const group = (): void => {
                for (const each of one.jobs) runJob(opened.store, model, each);
                if (one.undone) refuse();
              };
              if (one.undone) {
                expect(() => opened.store.transact(group)).toThrow("refused");
                model.cutTo(size);
              } else opened.store.transact(group);
            } else if ("rows" in one) for (const rows of one.rows) slice(opened.store, rows);
            else {
              exactly = false;
              if (one.killed === "process") opened.reopen();
              else opened.store.dropDerived();
              catchUp(opened.store, model);
            }
            compare();
          }
          writeAll(opened.store);
          compare();
          opened.reopen();
          expect(opened.store.derivedThrough()).toBe(model.log.length);
          compare();
        }),
      ),
      RUNS,
    );
  });
});

/** Kills after every number of rows. @returns the number after which all was written */
const kills = (work: (rows: number) => boolean): number => {
  let rows = 0;
  for (; work(rows); rows += rows < 16 ? 1 : 29) expect(rows).toBeLessThan(1000);
  return rows;
};

const placeOfUnit = (n: number): number => NODES.length + NAMES.length + n;

describe("a process that is killed while it writes in slices", () => {
  const PLAIN: Item = {
    chains: [0],
    atMs: 0,
    role: "stores",
    organisation: 0,
    parent: 0,
    to: undefined,
    corrects: undefined,
    raises: [],
  };

  /** Records `before`, begins to write one row, records `after`, writes `rows` rows and is killed. */
  function killedAfter(before: Item[], after: Item[], rows: number): boolean {
    let more = true;
    withStore((opened) => {
      const model = new Model();
      const tellAll = (items: Item[]): void =>
        opened.store.transact(() =>
          items.forEach((one) => {
            model.add(one);
            tellNewest(opened.store, model);
          }),
        );
      opened.store.transact(() =>
        UNITS.forEach((unit) => opened.store.custody.units.add(unit.id, unit.salt, unit.of)),
      );
      tellAll(before);
      slice(opened.store, 1);
      tellAll(after);
      more = !slice(opened.store, rows);
      opened.reopen();
      catchUp(opened.store, model);
      for (let place = 0; place < CHAINS; place++) expectChain(opened.store, model, place);
      expectLookUps(opened.store, model);
      expectBounds(opened.store, model, false);
      writeAll(opened.store);
      opened.reopen();
      for (let place = 0; place < CHAINS; place++) expectChain(opened.store, model, place);
    });
    return more;
  }

  it.each([
    ["of a node", 0],
    ["with a name", NODES.length],
    ["of a unit", CHAINS - 1],
  ])("has every fact of a chain %s of which a block became full meanwhile", (_what, place) => {
    const chains = [place];
    const before = Array.from({ length: 256 }, (_, n): Item => ({ ...PLAIN, chains, atMs: n }));
    expect(
      kills((rows) =>
        killedAfter(
          before,
          [
            { ...PLAIN, chains },
            { ...PLAIN, chains, corrects: 0.1 },
          ],
          rows,
        ),
      ),
    ).toBeGreaterThan(0);
  });

  it("has every fact, and none twice, of a chain of which two blocks became full meanwhile", () => {
    const before = Array.from({ length: 200 }, (_, n): Item => ({ ...PLAIN, atMs: n }));
    const after = Array.from({ length: 330 }, (_, n): Item => ({
      ...PLAIN,
      atMs: n,
      corrects: n % 50 === 0 ? 0.5 : undefined,
    }));
    expect(kills((rows) => killedAfter(before, after, rows))).toBeGreaterThan(0);
  });

  it("has the facts and texts of organisations that were named first meanwhile", () => {
    const before = [PLAIN, { ...PLAIN, chains: [6], to: 1 }];
    const after: Item[] = [
      { ...PLAIN, organisation: 1, to: 2 },
      { ...PLAIN, chains: [7, 0], organisation: 2, to: 3, role: "ships" },
    ];
    expect(kills((rows) => killedAfter(before, after, rows))).toBeGreaterThan(0);
  });

  it("has the latest time within each unit around one that was raised", () => {
    const into = (n: number, parent: number): Item => ({
      ...PLAIN,
      chains: [placeOfUnit(n)],
      role: "enters",
      parent,
    });
    const raised: Item = { ...PLAIN, raises: [[0, 400]] };
    expect(kills((rows) => killedAfter([into(0, 1), into(1, 2), raised], [], rows))).toBeGreaterThan(0);
    expect(kills((rows) => killedAfter([into(0, 1), into(1, 2)], [raised], rows))).toBeGreaterThan(0);
    expect(
      kills((rows) => killedAfter([into(2, 1), into(1, 0), { ...raised, raises: [[2, 400]] }], [], rows)),
    ).toBeGreaterThan(0);
  });
});

const CODES = 120;
const STATUSES = ["issued", "active", "sold", "void"];
const change = fc.record({
  from: fc.nat(CODES - 1),
  count: fc.oneof(fc.constant(1), fc.nat(12), fc.nat(CODES)),
  status: fc.constantFrom(...STATUSES),
});
const stateStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      way: fc.constantFrom("transact", "savepoint", "attempt"),
      undone: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ rows: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ killed: fc.constant(true) }) },
);

/** The intervals of codes within [from, to) that have one status, without those that are issued. */
function intervalsOf(codes: string[], from: number, to: number): [number, number, string][] {
  const found: [number, number, string][] = [];
  for (let key = from; key < to; key++) {
    const status = codes[key]!;
    if (status === "issued") continue;
    const last = found.at(-1);
    if (last !== undefined && last[1] === key && last[2] === status) last[1] = key + 1;
    else found.push([key, key + 1, status]);
  }
  return found;
}

function expectSame({ custody: { states } }: Store, codes: string[]): void {
  for (const [from, to] of [
    [0, CODES],
    [0, 1],
    [17, 18],
    [20, 60],
    [33, 90],
    [CODES - 1, CODES],
  ] as const) {
    const rows = states.states(from, to);
    const cut = rows.map((row) => [Math.max(row.start, from), Math.min(row.end, to), row.status]);
    expect(cut).toEqual(intervalsOf(codes, from, to));
  }
  expect(codes.map((_, key) => states.status(key) ?? "issued")).toEqual(codes);
}

describe("the status of codes equals that of a list of codes", () => {
  it("after any changes, undone ones, writing in slices, and kills", () => {
    fc.assert(
      fc.property(fc.array(stateStep, { minLength: 4, maxLength: 25 }), (steps) =>
        withStore((opened) => {
          /** Every change that was kept, and how many of them the tables stand for at least. */
          const changes: { from: number; to: number; status: string }[] = [];
          let through = 0;
          let covered: number | undefined;
          const set = ({ from, to, status }: (typeof changes)[number]): void =>
            opened.store.custody.states.setStatus(from, to, status);
          let codes = Array.from({ length: CODES }, () => "issued");
          for (const one of steps) {
            if ("changes" in one) {
              const before = [...codes];
              const kept = one.changes.map(({ from, count, status }) => ({
                from,
                to: Math.min(from + 1 + count, CODES),
                status,
              }));
              const work = (): void => {
                for (const each of kept) {
                  set(each);
                  codes.fill(each.status, each.from, each.to);
                  expectSame(opened.store, codes);
                }
                if (one.undone) refuse();
              };
              const run = (): void => {
                if (one.way === "transact") return opened.store.transact(work);
                opened.store.transact(() =>
                  one.way === "savepoint" ? opened.store.savepoint(work) : opened.store.attempt(work),
                );
              };
              if (one.undone) {
                expect(run).toThrow("refused");
                codes = before;
              } else {
                run();
                changes.push(...kept);
              }
            } else if ("rows" in one)
              for (const rows of one.rows) {
                covered ??= changes.length;
                if (!slice(opened.store, rows)) continue;
                through = covered;
                covered = undefined;
              }
            else {
              covered = undefined;
              opened.reopen();
              // The changes that the tables may lack are made again, as by the records of a start.
              for (const each of changes.slice(through)) opened.store.transact(() => set(each));
            }
            expectSame(opened.store, codes);
          }
          writeAll(opened.store);
          expectSame(opened.store, codes);
          opened.reopen();
          expectSame(opened.store, codes);
          // The rows themselves are as few as they can be, and none is for issued codes.
          const rows = opened.store.custody.states
            .states(0, CODES)
            .map(({ start, end, status }) => [start, end, status]);
          expect(rows).toEqual(intervalsOf(codes, 0, CODES));
        }),
      ),
      { numRuns: 150 },
    );
  });
});
