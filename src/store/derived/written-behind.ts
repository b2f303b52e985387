import type { CustodyMemory } from "./memory.ts";
import type { UndoLog } from "./undo-log.ts";

/** A table that is written behind the records. */
export interface Written {
  /** What is not written yet, by key. */
  readonly unwritten: { readonly size: number };
  /** Begins to write what is unwritten now, in the order of the keys. */
  beginWriting(): void;
  /**
   * Writes rows while there is time; call `committed` once they are.
   * @returns whether all are written that were unwritten when the writing began
   */
  writeSome(hasTime: () => boolean): boolean;
  /** Notes that the rows written since the last call are in the store. */
  committed(): void;
  /** Drops everything in memory. */
  drop(): void;
}

/** How a table's rows are read and written: one value a key. */
export interface Rows<K, V> {
  read(key: K): V | undefined;
  write(key: K, value: V): void;
  /** The bytes that a value takes in memory, about. */
  sizeOf(value: V): number;
}

/**
 * A table whose rows are read into memory once and written later. A value is never changed in place: a change sets another
 * one, and taking it back sets the former again. Until `writeSome` has written a value, it stays in memory; afterwards, and
 * when it was only read, it stays while there is room.
 */
export class WrittenBehind<K extends number | string, V> implements Written {
  private readonly undo: UndoLog;
  private readonly memory: CustodyMemory;
  private readonly rows: Rows<K, V>;
  private readonly changed = new Map<K, V>();
  /** Null where the table has no row. */
  private young = new Map<K, V | null>();
  private old = new Map<K, V | null>();
  /** What the running writing has still to write, last first: the values of its beginning, so that rows fit each other. */
  private pending: [K, V][] = [];
  /** Whether `pending` is in order: sorting takes its turn in `writeSome`. */
  private isSorted = true;
  private written: [K, V][] = [];

  constructor(undo: UndoLog, memory: CustodyMemory, rows: Rows<K, V>) {
    this.undo = undo;
    this.memory = memory;
    this.rows = rows;
    memory.add(this);
  }

  get(key: K): V | undefined {
    const changed = this.changed.get(key);
    if (changed !== undefined) return changed;
    const young = this.young.get(key);
    if (young !== undefined) {
      this.memory.hits += 1;
      return young ?? undefined;
    }
    const old = this.old.get(key);
    if (old !== undefined) this.memory.hits += 1;
    else this.memory.misses += 1;
    const found = old === undefined ? (this.rows.read(key) ?? null) : old;
    this.keep(key, found);
    return found ?? undefined;
  }

  set(key: K, value: V): void {
    this.undo.changed(this, key, this.changed.get(key));
    this.changed.set(key, value);
  }

  /** Takes a change back. */
  restore(key: K, before: V | undefined): void {
    if (before === undefined) this.changed.delete(key);
    else this.changed.set(key, before);
  }

  /** The value of a row that the caller read itself, unless memory has a newer one. */
  newest(key: K, read: V): V {
    return this.changed.get(key) ?? read;
  }

  /** Values that are not written yet. */
  get unwritten(): ReadonlyMap<K, V> {
    return this.changed;
  }

  beginWriting(): void {
    this.written = [];
    this.pending = [...this.changed];
    this.isSorted = false;
  }

  writeSome(hasTime: () => boolean): boolean {
    if (!this.isSorted) this.pending.sort(([a], [b]) => (a < b ? 1 : -1));
    this.isSorted = true;
    while (this.pending.length > 0 && hasTime()) {
      const row = this.pending.pop() as [K, V];
      this.rows.write(...row);
      this.written.push(row);
    }
    return this.pending.length === 0;
  }

  committed(): void {
    for (const [key, value] of this.written) {
      // A newer value waits for the next writing.
      if (this.changed.get(key) !== value) continue;
      this.changed.delete(key);
      this.old.delete(key);
      this.keep(key, value);
    }
    this.written = [];
  }

  drop(): void {
    this.changed.clear();
    this.young.clear();
    this.old.clear();
    this.pending = [];
    this.written = [];
  }

  age(): void {
    this.old = this.young;
    this.young = new Map();
  }

  private keep(key: K, value: V | null): void {
    this.young.set(key, value);
    this.memory.took(value === null ? 0 : this.rows.sizeOf(value));
  }
}
