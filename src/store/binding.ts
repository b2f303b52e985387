import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import type * as schema from "./schema.ts";

/** The database as drizzle sees it on every runtime: synchronous SQLite. */
export type Database = BaseSQLiteDatabase<"sync", unknown, typeof schema>;

/**
 * What a runtime must give the store.
 *
 * `transact` runs its function in one immediate transaction: when it returns, what was written is durable
 * (synchronous=FULL, or a Durable Object's output gate); when it throws, nothing was written. `savepoint` runs inside
 * `transact` and undoes only its own writes when it throws. There is one writer: the binding refuses a second.
 */
export interface Binding {
  db: Database;
  transact<T>(work: () => T): T;
  savepoint<T>(work: () => T): T;
  close(): void;
}

/** The store cannot be opened as it is; the message says why and what to do. */
export class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}

/** A write failed in a way that ended the whole transaction (disk full, I/O error): nothing of it was kept. */
export class StoreFailed extends Error {
  override readonly name = "StoreFailed";
}
