import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Binding } from "./binding.ts";
import { statementsOn } from "./statement.ts";

/** A step from one schema to the next, as data: a runtime reads it from files or has it in its bundle. */
export interface Migration {
  /** The name of its file, without `.sql`. */
  tag: string;
  /** Its date, milliseconds since 1970, which orders the migrations. */
  when: number;
  /** SQL statements separated by semicolons. */
  sql: string;
}

// The table of drizzle's migrator, which earlier versions used: its stores continue here.
const CREATE_APPLIED = `
  CREATE TABLE IF NOT EXISTS __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`;
const APPLIED_EXISTS = `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '__drizzle_migrations'`;
const NEWEST_APPLIED = `SELECT max(created_at) AS newest FROM __drizzle_migrations`;
const ADD_APPLIED = `INSERT INTO __drizzle_migrations (hash, created_at) VALUES (:hash, :when)`;

/**
 * Brings a store to the newest schema: applies the migrations made after the newest one that it has, each in one
 * transaction. After an interruption the next call continues with the first one missing.
 *
 * @param migrations all of them, in the order they were made
 * @throws RangeError when two are out of order, and the driver's own error when a statement fails
 */
export function migrate(
  binding: Pick<Binding, "prepare" | "exec" | "transact">,
  migrations: readonly Migration[],
): void {
  requireOrder(migrations);
  binding.exec(CREATE_APPLIED);
  const newest = newestMigration(binding) ?? Number.NEGATIVE_INFINITY;
  const addApplied = statementsOn(binding)<{ hash: string; when: number }>(ADD_APPLIED);
  for (const { when, sql } of migrations) {
    if (when <= newest) continue;
    binding.transact(() => {
      binding.exec(sql);
      addApplied.run({ hash: bytesToHex(sha256(utf8ToBytes(sql))), when });
    });
  }
}

/** The date of the newest migration that a store has, milliseconds since 1970; undefined when it has none. */
export function newestMigration(binding: Pick<Binding, "prepare">): number | undefined {
  const prepare = statementsOn(binding);
  if (prepare<void, object>(APPLIED_EXISTS).get() === undefined) return undefined;
  return prepare<void, { newest: number | null }>(NEWEST_APPLIED).get()?.newest ?? undefined;
}

function requireOrder(migrations: readonly Migration[]): void {
  migrations.forEach(({ tag, when }, i) => {
    const before = migrations[i - 1];
    if (before !== undefined && before.when >= when)
      throw new RangeError(
        `migration ${tag} must be later than ${before.tag}: check drizzle/meta/_journal.json`,
      );
  });
}
