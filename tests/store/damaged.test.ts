import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ALWAYS } from "../../src/core/custody/fact.ts";
import { openSqlite } from "../../src/node/data/sqlite.ts";
import type { ChainKey } from "../../src/store/derived/chains.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import {
  blockBytes,
  chainBytes,
  listBytes,
  pageBytes,
  readBlock,
  readChain,
  readList,
  readPage,
} from "../packed.ts";
import { extendChain, record, writeAll } from "./contract/subject.ts";

const NODE = { start: 70, level: 3 };
const KEYS: ChainKey[] = [NODE, { start: 71, level: 0 }, 1, -1];

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-damaged-"));
  store = openStore(openSqlite(folder));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** Chains of all kinds, one of them with a full block, all written. */
function fill(): void {
  store.transact(() => {
    const named = store.custody.keyNamed("batch:a");
    for (let index = 0; index < 300; index++)
      extendChain(store, NODE, {
        index,
        atMs: index - 20,
        part: "subject",
        move: index % 3 === 0 ? "entered" : "none",
        kind: "packing",
        organisation: "ent_a",
        unit: 200,
        to: "ent_b",
        carrier: "ent_c",
        recall: "rec_1",
      });
    for (const key of [KEYS[1]!, 1, named]) {
      const extended = { key, part: "subject", move: "none" } as const;
      record(store, { index: store.ledger.size(), atMs: 1e12, extends: [extended] });
    }
    store.custody.chains.correct(NODE, 299, 301);
    store.custody.chains.correct(NODE, 5, 302);
  });
  writeAll(store);
}

function edit(work: (db: Sqlite.Database) => void): void {
  store.close();
  const db = new Sqlite(join(folder, "suyuan.db"));
  try {
    work(db);
  } finally {
    db.close();
  }
  store = openStore(openSqlite(folder));
}

/** Runs work that may never end; then it throws, instead of holding the test forever. */
function bounded<T>(work: () => T): T {
  return runInNewContext("work()", { work }, { timeout: 2000 }) as T;
}

/** Reads everything, of which each read may throw. */
function readAll(): void {
  const { chains, recorded } = store.custody;
  const reads = KEYS.flatMap((key) => [
    () => chains.length(key),
    () => chains.lastIndex(key),
    () => chains.links(key),
    () => chains.link(key, 299),
    () => chains.factOfLink(key, 3),
    () => chains.facts(key, ALWAYS.from, ALWAYS.to),
    () => chains.unitsEntered(key),
  ]);
  const others = [() => chains.nodesIn(0, 1000), () => recorded.eventsBefore(999, 9, "ent_a")];
  for (const read of [...reads, ...others])
    try {
      read();
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
}

const TABLES = [
  { table: "chain_page", column: "chains" },
  { table: "chain_block", column: "facts" },
  { table: "numbered_chain", column: "chain" },
  { table: "organisation_page", column: "records" },
] as const;

const bytesIn = (db: Sqlite.Database, { table, column }: (typeof TABLES)[number]): Buffer[] =>
  db.prepare(`SELECT ${column} FROM ${table}`).pluck().all() as Buffer[];

describe("the packed columns of custody's tables", () => {
  it("have the format that is read here without the code of the store", () => {
    fill();
    edit((db) => {
      const [pages, blocks, chains, lists] = TABLES.map((one) => bytesIn(db, one));
      expect([pages!.length, blocks!.length, chains!.length, lists!.length]).toEqual([1, 1, 2, 1]);
      const page = readPage(pages![0]!);
      expect(page.map(({ place, level, chain }) => [place, level, chain.blocks, chain.count])).toEqual([
        [6, 3, 1, 44],
        [7, 0, 0, 1],
      ]);
      const [first] = page;
      const fact = { part: 0, move: 1, atMs: 279, unit: 200, index: 299, correctedBy: 301 };
      expect(first!.chain.facts.at(-1)).toMatchObject({ ...fact, move: 0 });
      const block = readBlock(blocks![0]!);
      expect(block.facts.length).toBe(256);
      expect([block.minMs, block.maxMs]).toEqual([-20, 235]);
      expect(block.facts[5]).toMatchObject({ index: 5, atMs: -15, correctedBy: 302 });
      expect(chains!.map(readChain).map(({ facts }) => facts.map(({ atMs }) => atMs))).toEqual([
        [1e12],
        [1e12],
      ]);
      expect(readList(lists![0]!)).toEqual([0, 1, 2]);
      // Written again they are the same bytes.
      expect(pageBytes(page)).toEqual(pages![0]);
      expect(blockBytes(block)).toEqual(blocks![0]);
      expect(chains!.map((bytes) => chainBytes(readChain(bytes)))).toEqual(chains);
      expect(listBytes(readList(lists![0]!))).toEqual(lists![0]);
    });
  });

  describe.each(TABLES)("in $table", ({ table, column }) => {
    /** Has the first row's bytes, and a way to put others in their place and read them. @returns how many were read */
    function withBytes(work: (bytes: Buffer, put: (bytes: Buffer) => void) => void): number {
      fill();
      const all = new Sqlite(join(folder, "suyuan.db"));
      const [bytes] = bytesIn(all, { table, column } as (typeof TABLES)[number]);
      let read = 0;
      work(bytes!, (changed) => {
        read += 1;
        all.prepare(`UPDATE ${table} SET ${column} = ?`).run(changed);
        store.dropDerived();
        bounded(readAll);
      });
      all.close();
      return read;
    }

    it("never keep a reader going, cut short at any byte", () => {
      const read = withBytes((bytes, put) => {
        for (let length = 0; length < Math.min(bytes.length, 120); length++) put(bytes.subarray(0, length));
        for (let cut = 1; cut < Math.min(bytes.length, 40); cut++) put(bytes.subarray(0, bytes.length - cut));
      });
      expect(read).toBeGreaterThan(1);
    });

    it("never keep a reader going, with any one bit changed", () => {
      const read = withBytes((bytes, put) => {
        const places = [...bytes.keys()].filter((at) => at < 60 || at >= bytes.length - 20);
        for (const at of places)
          for (let bit = 0; bit < 8; bit++) {
            const changed = Buffer.from(bytes);
            changed[at] = changed[at]! ^ (1 << bit);
            put(changed);
          }
      });
      expect(read).toBeGreaterThan(7);
    });

    it("are read to an end where they are only high bits, or nothing", () => {
      const read = withBytes((_, put) => {
        for (const length of [0, 1, 2, 7, 8, 9, 20, 400]) put(Buffer.alloc(length, 255));
      });
      expect(read).toBe(8);
    });
  });

  it("that miss a full block say which one", () => {
    fill();
    edit((db) => db.exec("DELETE FROM chain_block"));
    expect(() => store.custody.chains.links(NODE)).toThrow(/70\/3\/0/);
    expect(() => store.custody.chains.facts(NODE, ALWAYS.from, ALWAYS.to)).toThrow(RangeError);
    expect(store.custody.chains.lastIndex(NODE)).toBe(299);
  });
});

describe("a look-up by statement", () => {
  it("passes over records whose hash begins alike", () => {
    store.transact(() => [0, 1, 2].forEach((index) => record(store, { index })));
    writeAll(store);
    edit((db) => {
      const hashes = db.prepare(`SELECT hash FROM statement_at ORDER BY "index"`).pluck().all() as number[];
      const add = db.prepare(`INSERT INTO statement_at (hash, "index") VALUES (?, ?)`);
      add.run(hashes[2], 0);
      add.run(hashes[2], 1);
      // The row of a record that the log does not have.
      add.run(hashes[1], 0);
      add.run(hashes[1], 77);
      expect(hashes.every((hash) => Number.isSafeInteger(hash) && hash < 2 ** 48)).toBe(true);
    });
    const { recorded } = store.custody;
    expect([0, 1, 2].map((index) => recorded.indexOf("ent_a", `st-${index}`))).toEqual([0, 1, 2]);
    expect(recorded.eventByStatement("ent_a", "st-2")?.index).toBe(2);
    expect(recorded.indexOf("ent_a", "st-3")).toBeUndefined();
  });
});
