import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { kept, type Subject, writeAll } from "./subject.ts";

const statesOf = ({ custody }: Store) => custody.states;
const allStates = (store: Store) =>
  statesOf(store)
    .states(0, 1000)
    .map((row) => [row.start, row.end, row.status]);

/** The part of the contract about the status of codes. */
export function codeStateContract(t: Subject): void {
  const set = (from: number, to: number, status: string): void =>
    t.store.transact(() => statesOf(t.store).setStatus(from, to, status));
  describe("code states", () => {
    intervals(t, set);
    merging(t, set);
    changes(t, set);
  });
}

type Set = (from: number, to: number, status: string) => void;

const oneAndRanges = (store: Store) => [
  [99, 100, 199, 200, 399, 400].map((key) => statesOf(store).status(key)),
  statesOf(store)
    .states(150, 301)
    .map(({ status }) => status),
  statesOf(store).states(200, 300),
  statesOf(store).states(0, 100),
  statesOf(store).states(400, 500),
  statesOf(store).states(199, 200).length,
];

function intervals(t: Subject, set: Set): void {
  it("splits and joins intervals of status", async () => {
    set(100, 200, "active");
    set(120, 130, "sold");
    expect(await kept(t, allStates)).toEqual([
      [100, 120, "active"],
      [120, 130, "sold"],
      [130, 200, "active"],
    ]);
    set(120, 130, "active");
    expect(await kept(t, allStates)).toEqual([[100, 200, "active"]]);
    set(200, 250, "active");
    set(50, 100, "applied");
    expect(await kept(t, allStates)).toEqual([
      [50, 100, "applied"],
      [100, 250, "active"],
    ]);
    set(90, 300, "void");
    expect(await kept(t, allStates)).toEqual([
      [50, 90, "applied"],
      [90, 300, "void"],
    ]);
  });

  it("answers for one code and for a range, written or not", async () => {
    set(100, 200, "active");
    set(300, 400, "sold");
    expect(await kept(t, oneAndRanges)).toEqual([
      [undefined, "active", "active", undefined, "sold", undefined],
      ["active", "sold"],
      [],
      [],
      [],
      1,
    ]);
  });

  it("has no row for codes that are set back to issued", async () => {
    set(100, 200, "active");
    set(120, 130, "issued");
    const expected = [
      [100, 120, "active"],
      [130, 200, "active"],
    ];
    expect(await kept(t, allStates)).toEqual(expected);
    expect([119, 120, 129, 130].map((key) => statesOf(t.store).status(key))).toEqual([
      "active",
      undefined,
      undefined,
      "active",
    ]);
    expect(statesOf(t.store).states(120, 130)).toEqual([]);
    set(0, 1000, "issued");
    expect(await kept(t, allStates)).toEqual([]);
    expect(statesOf(t.store).status(150)).toBeUndefined();
    set(110, 125, "sold");
    expect(await kept(t, allStates)).toEqual([[110, 125, "sold"]]);
  });
}

function merging(t: Subject, set: Set): void {
  /** In the table: active 100 to 200, sold 300 to 400, void 400 to 500. */
  const written = async (): Promise<void> => {
    set(100, 200, "active");
    set(300, 400, "sold");
    set(400, 500, "void");
    writeAll(t.store);
    await t.reopen();
  };

  it.each([
    [
      "inside a row",
      120,
      130,
      "sold",
      [
        [100, 120, "active"],
        [120, 130, "sold"],
        [130, 200, "active"],
      ],
    ],
    ["inside a row, of its status", 120, 130, "active", [[100, 200, "active"]]],
    [
      "from before a row into it",
      50,
      150,
      "sold",
      [
        [50, 150, "sold"],
        [150, 200, "active"],
      ],
    ],
    [
      "from a row past its end",
      150,
      250,
      "sold",
      [
        [100, 150, "active"],
        [150, 250, "sold"],
      ],
    ],
    ["over a row exactly", 100, 200, "sold", [[100, 200, "sold"]]],
    ["next to a row, of its status", 200, 250, "active", [[100, 250, "active"]]],
    ["before a row, of its status", 50, 100, "active", [[50, 200, "active"]]],
    [
      "in a gap",
      220,
      230,
      "active",
      [
        [100, 200, "active"],
        [220, 230, "active"],
      ],
    ],
    [
      "issued, inside a row",
      120,
      130,
      "issued",
      [
        [100, 120, "active"],
        [130, 200, "active"],
      ],
    ],
    ["issued, over a row and more", 50, 250, "issued", []],
    ["issued, in a gap", 220, 230, "issued", [[100, 200, "active"]]],
  ] as const)("merges an unwritten interval %s", async (_what, from, to, status, expected) => {
    await written();
    set(from, to, status);
    const rest = [
      [300, 400, "sold"],
      [400, 500, "void"],
    ];
    expect(await kept(t, allStates)).toEqual([...expected, ...rest]);
  });

  it("joins rows of the table over a gap that is filled, and over a row that takes their status", async () => {
    await written();
    set(200, 300, "active");
    set(300, 400, "active");
    set(400, 450, "active");
    expect(await kept(t, allStates)).toEqual([
      [100, 450, "active"],
      [450, 500, "void"],
    ]);
  });

  it("merges several unwritten intervals with the table, and splits them again", async () => {
    await written();
    set(50, 350, "applied");
    set(100, 120, "issued");
    set(110, 330, "sold");
    set(340, 460, "issued");
    set(345, 350, "void");
    expect(await kept(t, allStates)).toEqual([
      [50, 100, "applied"],
      [110, 330, "sold"],
      [330, 340, "applied"],
      [345, 350, "void"],
      [460, 500, "void"],
    ]);
  });

  it("has what changed while a writing was going on", async () => {
    await written();
    set(120, 130, "sold");
    set(600, 610, "sold");
    // One row a slice; between two slices the status of written and of waiting codes changes.
    const slice = (): boolean => {
      let left = 1;
      return t.store.writeBehind(() => left-- > 0);
    };
    expect(slice()).toBe(false);
    set(125, 128, "void");
    set(604, 620, "applied");
    set(150, 160, "issued");
    const expected = [
      [100, 120, "active"],
      [120, 125, "sold"],
      [125, 128, "void"],
      [128, 130, "sold"],
      [130, 150, "active"],
      [160, 200, "active"],
      [300, 400, "sold"],
      [400, 500, "void"],
      [600, 604, "sold"],
      [604, 620, "applied"],
    ];
    while (!slice()) expect(allStates(t.store)).toEqual(expected);
    expect(await kept(t, allStates)).toEqual(expected);
  });
}

function changes(t: Subject, set: Set): void {
  it("calls back at each change, and calls and writes nothing without one", () => {
    const seen: [number, number][] = [];
    statesOf(t.store).onStatus((from, to) => seen.push([from, to]));
    set(10, 20, "issued");
    set(10, 20, "active");
    set(12, 18, "active");
    expect(seen).toEqual([[10, 20]]);
    expect(statesOf(t.store).unwrittenCount).toBe(1);
    writeAll(t.store);
    expect(statesOf(t.store).unwrittenCount).toBe(0);
    set(12, 18, "active");
    set(30, 40, "issued");
    expect([seen.length, statesOf(t.store).unwrittenCount]).toEqual([1, 0]);
    set(10, 20, "issued");
    set(12, 18, "issued");
    expect(seen).toHaveLength(2);
    expect(allStates(t.store)).toEqual([]);
    writeAll(t.store);
    expect(allStates(t.store)).toEqual([]);
  });

  it("calls back for every code when memory is dropped", () => {
    set(10, 20, "active");
    writeAll(t.store);
    set(10, 20, "sold");
    const seen: [number, number][] = [];
    statesOf(t.store).onStatus((from, to) => seen.push([from, to]));
    t.store.dropDerived();
    expect(seen.some(([from, to]) => from <= 0 && to > 2 ** 52)).toBe(true);
    expect(statesOf(t.store).status(15)).toBe("active");
  });
}
