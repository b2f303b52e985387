import { rmSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { BatchRegister } from "../scan/batch-register.ts";
import { catchUp, type CatchUpProgress } from "../services/custody/catch-up.ts";
import { StoreRefused } from "../store/binding.ts";
import { DERIVED_TABLES } from "../store/derived/custody.ts";
import { openStore } from "../store/store.ts";
import { openSqlite, sqliteBinding } from "./data/sqlite.ts";

/** A row that is not what the records give. */
export interface Difference {
  table: string;
  /** Its primary key. */
  key: Record<string, number>;
  /** Whether only the store has it, only the records give it, or the two differ. */
  found: "extra" | "missing" | "different";
}

export interface Rebuilt {
  /** Records of the log, all of which were applied. */
  records: number;
  /** Rows that follow from them. */
  rows: number;
  differences: number;
  /** At most 20, in the order of tables and keys. */
  first: Difference[];
  /** Whether the store has the new rows now, because some differed. */
  replaced: boolean;
}

const MOST_NAMED = 20;
const REBUILT = "rebuild.db";

type Row = Record<string, string | number | Uint8Array | null>;

/**
 * Derives everything of custody again from the records, beside what the store has, and compares the two, to the last byte.
 * Where they differ, the store gets what the records give.
 * @param keep true to compare only
 * @throws StoreRefused where a service has the folder open
 */
export function rebuild(folder: string, keep: boolean, progress: CatchUpProgress): Rebuilt {
  const binding = openSqlite(folder);
  const file = join(folder, REBUILT);
  try {
    const store = openStore(binding);
    if (store.service.meta("origin") === undefined)
      throw new StoreRefused(`no service was ever started on ${folder}: there is nothing to derive`);
    // The last records before a process was killed may not be in the tables yet.
    catchUp({ store, register: new BatchRegister(store) }, true);
    rmSync(file, { force: true });
    const beside = besideOf(folder, file);
    try {
      const fresh = openStore(sqliteBinding(beside));
      catchUp({ store: fresh, register: new BatchRegister(fresh) }, true, progress);
      const compared = compare(beside);
      const replaced = !keep && compared.differences > 0;
      if (replaced) replace(beside);
      return { records: store.ledger.size(), ...compared, replaced };
    } finally {
      beside.close();
    }
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(file + suffix, { force: true });
    binding.close();
  }
}

/** A database with empty tables of what is derived; every other table is found in the attached store. */
function besideOf(folder: string, file: string): Sqlite.Database {
  const sqlite = new Sqlite(file);
  sqlite.pragma("journal_mode = OFF");
  sqlite.pragma("synchronous = OFF");
  sqlite.prepare("ATTACH ? AS kept").run(join(folder, "suyuan.db"));
  // How far the tables stand is noted beside them.
  for (const table of [...DERIVED_TABLES.map((one) => one.table), "meta"]) {
    const made = sqlite.prepare(
      "SELECT sql FROM kept.sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC",
    );
    for (const { sql } of made.all(table) as { sql: string }[]) sqlite.exec(sql);
  }
  return sqlite;
}

function compare(sqlite: Sqlite.Database): Pick<Rebuilt, "rows" | "differences" | "first"> {
  const found = { rows: 0, differences: 0, first: [] as Difference[] };
  for (const { table, key } of DERIVED_TABLES) {
    const order = key.map((name) => `"${name}"`).join(", ");
    const rowsOf = (schema: string): IterableIterator<Row> =>
      sqlite.prepare(`SELECT * FROM ${schema}.${table} ORDER BY ${order}`).iterate() as IterableIterator<Row>;
    const [ours, theirs] = [rowsOf("main"), rowsOf("kept")];
    let a = ours.next();
    let b = theirs.next();
    while (!a.done || !b.done) {
      const way = a.done ? 1 : b.done ? -1 : comparedBy(key, a.value, b.value);
      if (way <= 0) found.rows += 1;
      if (way !== 0 || !same(a.value as Row, b.value as Row)) {
        found.differences += 1;
        const row = (way > 0 ? b.value : a.value) as Row;
        const difference = way < 0 ? "missing" : way > 0 ? "extra" : "different";
        if (found.first.length < MOST_NAMED)
          found.first.push({ table, key: keyOf(key, row), found: difference });
      }
      if (way <= 0) a = ours.next();
      if (way >= 0) b = theirs.next();
    }
  }
  return found;
}

function replace(sqlite: Sqlite.Database): void {
  sqlite
    .transaction(() => {
      for (const { table } of DERIVED_TABLES) {
        sqlite.exec(`DELETE FROM kept.${table}`);
        sqlite.exec(`INSERT INTO kept.${table} SELECT * FROM main.${table}`);
      }
    })
    .immediate();
}

function comparedBy(key: readonly string[], a: Row, b: Row): number {
  for (const name of key) {
    const way = (a[name] as number) - (b[name] as number);
    if (way !== 0) return way;
  }
  return 0;
}

function same(a: Row, b: Row): boolean {
  return Object.entries(a).every(([name, value]) => {
    const other = b[name];
    return value instanceof Uint8Array && other instanceof Uint8Array
      ? Buffer.compare(value, other) === 0
      : value === other;
  });
}

function keyOf(key: readonly string[], row: Row): Record<string, number> {
  return Object.fromEntries(key.map((name) => [name, row[name] as number]));
}
