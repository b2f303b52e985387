import type { Status } from "../../core/custody/state.ts";
import type { codeState } from "../schema.ts";
import type { Prepare } from "../statement.ts";
import type { UndoLog } from "./undo-log.ts";

/** Codes [start, end) that have a status. */
export type StateRow = typeof codeState.$inferSelect;

/** The status of codes that have no row. */
const UNTOUCHED: Status = "issued";

/** Item keys whose intervals are read at once. */
const WINDOW_KEYS = 256;
const MOST_WINDOWS = 4096;

const STATE_AT = `SELECT * FROM code_state WHERE start <= :key ORDER BY start DESC LIMIT 1`;
// Starts at the last interval that starts at or before the range, since it may reach into it, else at the range.
const STATES_TOUCHING = `
  SELECT * FROM code_state
  WHERE start >= coalesce((SELECT max(start) FROM code_state WHERE start <= :from), :from) AND start < :to
  ORDER BY start`;
const DROP_STATE = `DELETE FROM code_state WHERE start = :start`;
const ADD_STATE = `INSERT INTO code_state (start, "end", status) VALUES (:start, :end, :status)`;

/**
 * The status of codes, as intervals of item keys that do not overlap: those of the table, and over them those that are not
 * written yet, among which `issued` stands for codes without a row.
 */
export class CodeStates {
  private readonly undo: UndoLog;
  private readonly statements: ReturnType<typeof stateStatements>;
  /** Not written yet: in order, not overlapping. */
  private changed: StateRow[] = [];
  /** What the running writing has still to write, last first. */
  private pending: StateRow[] = [];
  private written: StateRow[] = [];
  /** Intervals of the table, by window. */
  private readonly windows = new Map<number, StateRow[]>();
  private readonly listeners: ((from: number, to: number) => void)[] = [];

  constructor(prepare: Prepare, undo: UndoLog) {
    this.undo = undo;
    this.statements = stateStatements(prepare);
  }

  /** The status of one code; undefined when it has had no event. */
  status(key: number): string | undefined {
    const place = firstEndingAfter(this.changed, key);
    const changed = this.changed[place];
    if (changed !== undefined && changed.start <= key) return statusOf(changed);
    const row = this.statements.at.get({ key });
    return row && key < row.end ? row.status : undefined;
  }

  /** The intervals that touch item keys [from, to), in order. */
  states(from: number, to: number): StateRow[] {
    const stored = this.stored(from, to);
    const first = firstEndingAfter(this.changed, from);
    let last = first;
    while (last < this.changed.length && (this.changed[last] as StateRow).start < to) last += 1;
    if (first === last) return stored;
    const changed = this.changed.slice(first, last);
    const rows = [...without(stored, changed), ...changed].sort((a, b) => a.start - b.start);
    return joined(rows).filter((row) => row.end > from && row.start < to);
  }

  /** Sets the status of item keys [from, to). Changes nothing when all of them have it, which is so for most events. */
  setStatus(from: number, to: number, status: string): void {
    const near = this.states(from, to);
    if (near.length === 0 && status === UNTOUCHED) return;
    const [first] = near;
    if (near.length === 1 && first?.status === status && first.start <= from && first.end >= to) return;
    const place = firstEndingAfter(this.changed, from);
    let until = place;
    const pieces: StateRow[] = [];
    for (; until < this.changed.length; until++) {
      const row = this.changed[until] as StateRow;
      if (row.start >= to) break;
      if (row.start < from) pieces.push({ ...row, end: from });
      if (row.end > to) pieces.push({ ...row, start: to });
    }
    pieces.push({ start: from, end: to, status });
    pieces.sort((a, b) => a.start - b.start);
    const before = this.changed.splice(place, until - place, ...pieces);
    this.undo.push(() => void this.changed.splice(place, pieces.length, ...before));
    for (const changed of this.listeners) changed(from, to);
  }

  /** Calls back at every change of status, including a change that is later undone. */
  onStatus(changed: (from: number, to: number) => void): void {
    this.listeners.push(changed);
  }

  get unwrittenCount(): number {
    return this.changed.length;
  }

  /** Begins to write what is unwritten now. */
  beginWriting(): void {
    this.written = [];
    this.pending = this.changed.toReversed();
  }

  /** Writes while there is time. @returns whether all is written that was unwritten when the writing began */
  writeSome(hasTime: () => boolean): boolean {
    while (this.pending.length > 0 && hasTime()) {
      const row = this.pending.pop() as StateRow;
      this.write(row);
      this.written.push(row);
    }
    return this.pending.length === 0;
  }

  /** Notes that the rows written since the last call are in the store. */
  committed(): void {
    const written = new Set(this.written);
    // What changed since then is another row, and waits for the next writing.
    this.changed = this.changed.filter((row) => !written.has(row));
    this.written = [];
  }

  /** Drops what is not written, and calls back for every code. */
  drop(): void {
    for (const changed of this.listeners) changed(0, Number.MAX_SAFE_INTEGER);
    this.windows.clear();
    this.changed = [];
    this.pending = [];
    this.written = [];
  }

  private stored(from: number, to: number): StateRow[] {
    const first = Math.floor(from / WINDOW_KEYS);
    if (Math.floor((to - 1) / WINDOW_KEYS) !== first) return this.read(from, to);
    return this.window(first).filter((row) => row.end > from && row.start < to);
  }

  private read(from: number, to: number): StateRow[] {
    const found = this.statements.touching.all({ from, to });
    const [first] = found;
    return first !== undefined && first.end <= from ? found.slice(1) : found;
  }

  /** The intervals of the table that touch a window of item keys. */
  private window(number: number): StateRow[] {
    const known = this.windows.get(number);
    if (known !== undefined) return known;
    const rows = this.read(number * WINDOW_KEYS, (number + 1) * WINDOW_KEYS);
    if (this.windows.size >= MOST_WINDOWS) this.windows.clear();
    this.windows.set(number, rows);
    return rows;
  }

  private forget(from: number, to: number): void {
    const first = Math.floor(from / WINDOW_KEYS);
    const last = Math.floor(to / WINDOW_KEYS);
    if (last - first > this.windows.size) return this.windows.clear();
    for (let number = first; number <= last; number++) this.windows.delete(number);
  }

  /** Splits and joins the intervals of the table as needed. */
  private write({ start: from, end: to, status }: StateRow): void {
    const near = this.read(Math.max(0, from - 1), to + 1);
    // The intervals beside it may be joined, and reach far.
    this.forget(near[0]?.start ?? from, Math.max(to, near.at(-1)?.end ?? to));
    const { dropped, added } = replaced(near, { start: from, end: to, status });
    for (const start of dropped) this.statements.drop.run({ start });
    for (const row of added) if (row.status !== UNTOUCHED) this.statements.add.run(row);
  }
}

function stateStatements(prepare: Prepare) {
  return {
    at: prepare<{ key: number }, StateRow>(STATE_AT),
    touching: prepare<{ from: number; to: number }, StateRow>(STATES_TOUCHING),
    drop: prepare<{ start: number }>(DROP_STATE),
    add: prepare<StateRow>(ADD_STATE),
  };
}

/** The place of the first interval that ends after a key. */
function firstEndingAfter(rows: readonly StateRow[], key: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as StateRow).end <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function statusOf({ status }: StateRow): string | undefined {
  return status === UNTOUCHED ? undefined : status;
}

/** The rows without what is in the intervals of `changed`; both are in order. */
function without(rows: StateRow[], changed: StateRow[]): StateRow[] {
  const left: StateRow[] = [];
  let first = 0;
  for (const row of rows) {
    let { start } = row;
    while (first < changed.length && (changed[first] as StateRow).end <= start) first += 1;
    for (let i = first; i < changed.length; i++) {
      const over = changed[i] as StateRow;
      if (over.start >= row.end) break;
      if (over.start > start) left.push({ ...row, start, end: over.start });
      start = Math.max(start, over.end);
    }
    if (start < row.end) left.push({ ...row, start });
  }
  return left;
}

/** Joins neighbours of one status, and leaves out what stands for no row. */
function joined(rows: StateRow[]): StateRow[] {
  const found: StateRow[] = [];
  for (const row of rows) {
    if (row.status === UNTOUCHED) continue;
    const last = found.at(-1);
    if (last !== undefined && last.end === row.start && last.status === row.status)
      found[found.length - 1] = { ...last, end: row.end };
    else found.push(row);
  }
  return found;
}

/** The rows to drop (by start) and to add so that an interval gets one status. `near` holds it and its neighbours. */
function replaced(near: StateRow[], set: StateRow): { dropped: number[]; added: StateRow[] } {
  const dropped: number[] = [];
  const added: StateRow[] = [];
  const whole = { ...set };
  for (const row of near) {
    if (row.end < set.start || row.start > set.end) continue;
    const joins = row.status === set.status;
    if (!joins && (row.end === set.start || row.start === set.end)) continue;
    dropped.push(row.start);
    if (joins) {
      whole.start = Math.min(whole.start, row.start);
      whole.end = Math.max(whole.end, row.end);
      continue;
    }
    if (row.start < set.start) added.push({ ...row, end: set.start });
    if (row.end > set.end) added.push({ ...row, start: set.end });
  }
  return { dropped, added: [...added, whole] };
}
