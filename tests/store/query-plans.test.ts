import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { openSqlite } from "../../src/node/data/sqlite.ts";
import * as schema from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";

const folder = mkdtempSync(join(tmpdir(), "suyuan-plans-"));
openSqlite(folder).close();
const sqlite = new Sqlite(join(folder, "suyuan.db"));
const prepared = collectStatements();
afterAll(() => {
  sqlite.close();
  rmSync(folder, { recursive: true });
});

/** Statements that read a whole table on purpose: at the start, in an audit, in a list of everything. */
const WHOLE = [
  /from "epoch"/,
  /select count\(\*\) from "chain"/,
  /from "recall" order by/,
  /from "clearance"/,
];

describe("query plans", () => {
  it("has the statements", () => expect(prepared.length).toBeGreaterThan(60));

  it.each(prepared)("seeks and never scans or sorts a table: %s", (sql) => {
    const parameters = Array.from({ length: sql.split("?").length - 1 }, () => 0);
    const plan = sqlite.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
    const details = plan.map(({ detail }) => detail);
    if (WHOLE.some((pattern) => pattern.test(sql))) return expect(details.join()).toMatch(/SCAN/);
    for (const detail of details) {
      // Walking an index in its order is how lists are paged; walking the bare table is not.
      if (detail.startsWith("SCAN")) expect(detail).toMatch(/USING (COVERING )?INDEX|CONSTANT ROW/);
      expect(detail).not.toMatch(/USE TEMP B-TREE/);
      expect(detail).not.toMatch(/AUTOMATIC/);
    }
  });
});

function collectStatements(): string[] {
  const statements = new Set<string>();
  const prepare = sqlite.prepare.bind(sqlite);
  sqlite.prepare = (sql: string) => {
    statements.add(sql);
    return prepare(sql);
  };
  const db = drizzle(sqlite, { schema });
  openStore({
    db,
    transact: (work) => work(),
    transactSoon: () => Promise.resolve(),
    savepoint: (work) => work(),
    reading: (work) => work(),
    close: () => undefined,
  });
  sqlite.prepare = prepare;
  return [...statements].filter((sql) => /^(select|update|delete)/i.test(sql));
}
