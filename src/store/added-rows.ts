import type { UndoLog } from "./derived/undo-log.ts";

/** A row that is to be inserted. */
interface AddedRow {
  insert(): void;
  /** Removes it again, where it was inserted in a transaction that goes on. */
  remove(): void;
}

/**
 * Rows that jobs add, inserted where their transaction ends or something reads their table: a job that is refused before
 * that has changed nothing in the database, and needs no savepoint.
 */
export class AddedRows {
  private rows: AddedRow[] = [];
  private inserted = 0;

  constructor(undo: UndoLog) {
    undo.add(this);
  }

  get size(): number {
    return this.rows.length;
  }

  add(row: AddedRow): void {
    this.rows.push(row);
  }

  cutTo(size: number): void {
    this.rows.length = size;
    this.inserted = Math.min(this.inserted, size);
  }

  /** Inserts what is not inserted yet. */
  insertAll(): void {
    for (; this.inserted < this.rows.length; this.inserted++) (this.rows[this.inserted] as AddedRow).insert();
  }

  /** Removes rows that were inserted early: call in the transaction, before `cutTo`. */
  removeFrom(size: number): void {
    while (this.inserted > size) (this.rows[--this.inserted] as AddedRow).remove();
  }

  /** Call once the transaction is committed. */
  committed(): void {
    if (this.rows.length === 0) return;
    this.rows = [];
    this.inserted = 0;
  }
}
