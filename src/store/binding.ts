import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import type { DriverStatement } from "./direct.ts";
import type * as schema from "./schema.ts";

/** The database as drizzle sees it on every runtime: synchronous SQLite. */
export type Database = BaseSQLiteDatabase<"sync", unknown, typeof schema>;

/**
 * What a runtime must give the store.
 *
 * `transact` runs its function in one immediate transaction: when it returns, what was written is durable
 * (synchronous=FULL, or a Durable Object's output gate); when it throws, nothing was written. `savepoint` runs inside
 * `transact` and undoes only its own writes when it throws. There is one writer: the binding refuses a second.
 *
 * `reading` runs its function over one state of the store, as in one read transaction. It is not called inside `transact`.
 *
 * `transactSoon` commits as well before it returns, and throws as well where nothing was written, but does not wait for
 * the disk: what was written is durable once the promise resolves. Where that costs nothing, it is `transact`.
 */
export interface Binding {
  db: Database;
  /** The driver's own statement, for those that recording runs many times an event. */
  prepare?: (sql: string) => DriverStatement;
  transact<T>(work: () => T): T;
  transactSoon: (work: () => void) => Promise<void>;
  savepoint<T>(work: () => T): T;
  reading<T>(work: () => T): T;
  /** Takes what was deleted out of the files too; while another process reads them, that is left to the next time. */
  purge?: () => void;
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
