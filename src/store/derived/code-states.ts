import type { Status } from "../../core/custody/state.ts";
import type { codeState } from "../schema.ts";
import type { Prepare } from "../statement.ts";

/** Codes [start, end) that have a status. */
export type StateRow = typeof codeState.$inferSelect;

/** The status of codes that have no row. */
const UNTOUCHED: Status = "issued";

const STATE_AT = `SELECT * FROM code_state WHERE start <= :key ORDER BY start DESC LIMIT 1`;
// Starts at the last interval that starts at or before the range, since it may reach into it, else at the range.
const STATES_TOUCHING = `
  SELECT * FROM code_state
  WHERE start >= coalesce((SELECT max(start) FROM code_state WHERE start <= :from), :from) AND start < :to
  ORDER BY start`;
const DROP_STATE = `DELETE FROM code_state WHERE start = :start`;
const ADD_STATE = `INSERT INTO code_state (start, "end", status) VALUES (:start, :end, :status)`;

/** The status of codes, stored as intervals of item keys that do not overlap. */
export function codeStateStatements(prepare: Prepare) {
  const at = prepare<{ key: number }, StateRow>(STATE_AT);
  const touching = prepare<{ from: number; to: number }, StateRow>(STATES_TOUCHING);
  const drop = prepare<{ start: number }>(DROP_STATE);
  const add = prepare<StateRow>(ADD_STATE);
  const listeners: ((from: number, to: number) => void)[] = [];
  const states = (from: number, to: number): StateRow[] => {
    const found = touching.all({ from, to });
    const [first] = found;
    return first !== undefined && first.end <= from ? found.slice(1) : found;
  };
  return {
    /** The status of one code; undefined when it has had no event. */
    status: (key: number): string | undefined => {
      const row = at.get({ key });
      return row && key < row.end ? row.status : undefined;
    },
    /** The stored intervals that touch item keys [from, to), in order. */
    states,
    /**
     * Sets the status of item keys [from, to), and splits and joins intervals as needed. Writes nothing when all of
     * them have it, which is so for most events. Keys without a row count as `issued`.
     */
    setStatus: (from: number, to: number, status: string): void => {
      const near = states(Math.max(0, from - 1), to + 1);
      const first = near.find((row) => row.end > from && row.start < to);
      if (first === undefined && status === UNTOUCHED) return;
      if (first?.status === status && first.start <= from && first.end >= to) return;
      const { dropped, added } = replaced(near, { start: from, end: to, status });
      for (const start of dropped) drop.run({ start });
      for (const row of added) add.run(row);
      for (const changed of listeners) changed(from, to);
    },
    /** Calls back at every change of status when it is written, including a change that is later undone. */
    onStatus: (changed: (from: number, to: number) => void): void => void listeners.push(changed),
  };
}

/** The rows to drop (by start) and to add so that an interval gets one status. `near` holds it and its neighbours. */
function replaced(near: StateRow[], set: StateRow): { dropped: number[]; added: StateRow[] } {
  const dropped: number[] = [];
  const added: StateRow[] = [];
  const joined = { ...set };
  for (const row of near) {
    if (row.end < set.start || row.start > set.end) continue;
    const joins = row.status === set.status;
    if (!joins && (row.end === set.start || row.start === set.end)) continue;
    dropped.push(row.start);
    if (joins) {
      joined.start = Math.min(joined.start, row.start);
      joined.end = Math.max(joined.end, row.end);
      continue;
    }
    if (row.start < set.start) added.push({ ...row, end: set.start });
    if (row.end > set.end) added.push({ ...row, start: set.end });
  }
  return { dropped, added: [...added, joined] };
}
