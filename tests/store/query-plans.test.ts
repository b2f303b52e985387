import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { openSqlite } from "../../src/node/data/sqlite.ts";
import { openStore } from "../../src/store/store.ts";

const folder = mkdtempSync(join(tmpdir(), "suyuan-plans-"));
openSqlite(folder).close();
const sqlite = new Sqlite(join(folder, "suyuan.db"));
const prepared = collectStatements();
const planned = prepared.filter((sql) => /^(select|update|delete)/i.test(sql));
afterAll(() => {
  sqlite.close();
  rmSync(folder, { recursive: true });
});

/** Statements that read a whole table on purpose: at the start, in an audit, in a list of everything. */
const WHOLE = [/FROM epoch/, /FROM recall ORDER BY/, /FROM clearance AS/];

describe("query plans", () => {
  it("cover the statements of the store", () => expect(planned.length).toBeGreaterThan(60));

  it("has each statement once", () => expect(prepared).toEqual([...new Set(prepared)]));

  it.each(planned)("seeks and never scans or sorts a table: %s", (sql) => {
    const parameters = Array.from({ length: sql.split("?").length - 1 }, () => 0);
    const plan = sqlite.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
    const details = plan.map(({ detail }) => detail);
    if (WHOLE.some((pattern) => pattern.test(sql))) return expect(details.join()).toMatch(/SCAN/);
    for (const detail of details) {
      // Walking an index in its order is how lists are paged. Walking the bare table is a scan.
      if (detail.startsWith("SCAN")) expect(detail).toMatch(/USING (COVERING )?INDEX|CONSTANT ROW/);
      expect(detail).not.toMatch(/USE TEMP B-TREE/);
      expect(detail).not.toMatch(/AUTOMATIC/);
    }
  });

  it.each(prepared)("binds each value with a unary plus, so that no binding plans again: %s", (sql) => {
    expect(sql.replaceAll("+?", "")).not.toContain("?");
  });
});

/** The text of every statement that opening a store prepares, on one line each. */
function collectStatements(): string[] {
  const texts: string[] = [];
  openStore({
    prepare: (sql) => {
      texts.push(sql.replace(/\s+/g, " ").trim());
      return sqlite.prepare(sql);
    },
    exec: (sql) => void sqlite.exec(sql),
    transact: (work) => work(),
    transactSoon: () => Promise.resolve(),
    transactBehind: (work) => work(),
    attempt: (work) => work(),
    savepoint: (work) => work(),
    reading: (work) => work(),
    purge: () => undefined,
    close: () => undefined,
  });
  return texts;
}
