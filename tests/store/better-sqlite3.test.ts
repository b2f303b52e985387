import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { openSqlite } from "../../src/node/data/sqlite.ts";
import type { Binding } from "../../src/store/binding.ts";
import { openStore } from "../../src/store/store.ts";
import { type OpenedStore, storeContract } from "./contract.ts";

/** How often the contract ran each statement. */
const runs = new Map<string, number>();

function counted(binding: Binding): Binding {
  return {
    ...binding,
    prepare: (sql) => {
      const statement = binding.prepare(sql);
      const count = (): void => void runs.set(sql, (runs.get(sql) ?? 0) + 1);
      runs.set(sql, runs.get(sql) ?? 0);
      return {
        get: (...values) => (count(), statement.get(...values)),
        all: (...values) => (count(), statement.all(...values)),
        run: (...values) => (count(), statement.run(...values)),
      };
    },
  };
}

storeContract("better-sqlite3", (): OpenedStore => {
  const folder = mkdtempSync(join(tmpdir(), "suyuan-contract-"));
  const open = () => openStore(counted(openSqlite(folder)));
  let store = open();
  return {
    store,
    reopen: () => {
      store.close();
      return (store = open());
    },
    dispose: () => {
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

it("runs every statement of the store in its contract", () => {
  expect(runs.size).toBeGreaterThan(90);
  expect([...runs].filter(([, count]) => count === 0).map(([sql]) => sql)).toEqual([]);
});

describe("better-sqlite3", () => {
  const folder = mkdtempSync(join(tmpdir(), "suyuan-reading-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("reads one state of the store while another connection commits", () => {
    const store = openStore(openSqlite(folder));
    const other = new Sqlite(join(folder, "suyuan.db"));
    const leaf = new Uint8Array(32);
    const sizes = store.reading(() => {
      const before = store.ledger.size();
      other.prepare(`INSERT INTO record ("index", bytes, leaf) VALUES (0, ?, ?)`).run(leaf, leaf);
      return [before, store.ledger.size()];
    });
    expect(sizes).toEqual([0, 0]);
    expect(store.ledger.size()).toBe(1);
    other.close();
    store.close();
  });
});
