import type { UndoLog } from "./undo-log.ts";
import type { Written } from "./written-behind.ts";

/**
 * A table to which rows are only added, whose unwritten rows are in memory. Adding reads nothing; a look-up
 * reads the table too.
 */
export class AddedValues implements Written {
  private readonly span: number;
  private readonly write: (key: number, values: number[]) => void;
  private keys: number[] = [];
  private values: number[] = [];
  /** Values by key, of the first `indexed` rows. */
  private byKey = new Map<number, number[]>();
  private indexed = 0;
  /** Places of the rows that the running writing has still to write, last first, and how many it covers. */
  private pending: number[] = [];
  /** Whether `pending` is in order: sorting takes its turn in `writeSome`. */
  private isSorted = true;
  private covered = 0;

  /**
   * @param span values of one key that lie in one span of so many are written together; 1 for each by itself
   * @param write adds values, ascending, which the table may have
   */
  constructor(undo: UndoLog, span: number, write: (key: number, values: number[]) => void) {
    this.span = span;
    this.write = write;
    undo.add(this);
  }

  add(key: number, value: number): void {
    this.keys.push(key);
    this.values.push(value);
  }

  /** The unwritten values of a key. */
  get(key: number): readonly number[] {
    for (; this.indexed < this.keys.length; this.indexed++) {
      const at = this.keys[this.indexed] as number;
      const values = this.byKey.get(at);
      if (values === undefined) this.byKey.set(at, [this.values[this.indexed] as number]);
      else values.push(this.values[this.indexed] as number);
    }
    return this.byKey.get(key) ?? [];
  }

  get size(): number {
    return this.keys.length;
  }

  get unwritten(): { readonly size: number } {
    return this;
  }

  /** Every unwritten row. */
  *[Symbol.iterator](): Generator<[key: number, value: number]> {
    for (const [at, key] of this.keys.entries()) yield [key, this.values[at] as number];
  }

  cutTo(size: number): void {
    if (size === this.keys.length) return;
    this.keys.length = size;
    this.values.length = size;
    this.indexAgain();
  }

  beginWriting(): void {
    this.covered = this.keys.length;
    this.pending = Array.from(this.keys, (_, at) => at);
    this.isSorted = false;
  }

  writeSome(hasTime: () => boolean): boolean {
    if (!this.isSorted) this.sort();
    while (this.pending.length > 0 && hasTime()) {
      const at = this.pending.pop() as number;
      this.write(this.keys[at] as number, this.together(at));
    }
    return this.pending.length === 0;
  }

  private sort(): void {
    const { keys, values } = this;
    this.pending.sort(
      (a, b) => (keys[b] as number) - (keys[a] as number) || (values[b] as number) - (values[a] as number),
    );
    this.isSorted = true;
  }

  /** The value at a place, and the pending ones that are written with it. */
  private together(at: number): number[] {
    const { keys, values, pending, span } = this;
    const found = [values[at] as number];
    if (span === 1) return found;
    const end = Math.floor((values[at] as number) / span) * span + span;
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      if (keys[next] !== keys[at] || (values[next] as number) >= end) break;
      found.push(values[next] as number);
      pending.pop();
    }
    return found;
  }

  /** Rows stay until all of the writing are in the store: adding a row again changes nothing. */
  committed(): void {
    if (this.pending.length > 0 || this.covered === 0) return;
    this.keys = this.keys.slice(this.covered);
    this.values = this.values.slice(this.covered);
    this.covered = 0;
    this.indexAgain();
  }

  drop(): void {
    this.keys = [];
    this.values = [];
    this.pending = [];
    this.covered = 0;
    this.indexAgain();
  }

  private indexAgain(): void {
    if (this.indexed === 0) return;
    this.byKey = new Map();
    this.indexed = 0;
  }
}
