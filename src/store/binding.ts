/** A value bound to a statement, or a column's value in a row. Bytes may come back as a subclass (Node's Buffer). */
export type Value = string | number | Uint8Array | null;

/**
 * A statement as the driver runs it: values by position, rows as objects with their columns as properties.
 *
 * A Durable Object's `sql.exec(text, ...values)` fits: it takes positional values, and its binding turns an ArrayBuffer
 * into a Uint8Array.
 */
export interface DriverStatement {
  /** The first row; undefined when there is none. */
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  run(...values: Value[]): unknown;
}

/**
 * The SQLite database that a runtime gives the store. All calls are synchronous.
 *
 * `transact` runs its function in one immediate transaction. When it returns, the writes are durable (synchronous=FULL,
 * or a Durable Object's output gate); when it throws, nothing was written. There is one writer: the binding refuses a
 * second. `savepoint` runs inside `transact` and, when it throws, undoes only its own writes.
 *
 * `transactSoon` also commits before it returns, and also throws when nothing was written, but does not wait for the
 * disk: the writes are durable when its promise resolves. A runtime where waiting costs nothing may use `transact`.
 *
 * `transactBehind` never waits for the disk: a failure of the machine may lose its writes, with all that were made after
 * them. It is for what can be derived again.
 *
 * `transact` may wait some seconds for another process's lock, and so belongs to the start and the end of a service.
 * `transactSoon` and `transactBehind` never wait: they throw `StoreBusy`.
 *
 * `attempt` runs inside `transact`, for work that writes nothing: its errors are thrown on, and `StoreFailed` where the
 * transaction has ended or a read failed.
 *
 * `reading` runs its function on one state of the store, as one read transaction. Do not call it inside `transact`.
 */
export interface Binding {
  /** Prepares one statement whose parameters are plain question marks. */
  prepare(sql: string): DriverStatement;
  /** Runs statements without parameters, separated by semicolons. Migrations use it. */
  exec(sql: string): void;
  transact<T>(work: () => T): T;
  transactSoon: (work: () => void) => Promise<void>;
  transactBehind: (work: () => void) => void;
  attempt<T>(work: () => T): T;
  savepoint<T>(work: () => T): T;
  reading<T>(work: () => T): T;
  /** Removes deleted data from the files too. While another process reads them, that waits for the next call. */
  purge(): void;
  close(): void;
}

/** The store cannot be opened. The message gives the reason and the remedy. */
export class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}

/** A write failed and ended its whole transaction (disk full, I/O error). Nothing of the transaction was kept. */
export class StoreFailed extends Error {
  override readonly name = "StoreFailed";
}

/** Another process holds the write lock: nothing was read or written, and the same call may succeed a moment later. */
export class StoreBusy extends StoreFailed {}
