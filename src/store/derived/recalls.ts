import type { recall, recallRange } from "../schema.ts";
import type { Prepare } from "../statement.ts";

export type RecallRow = typeof recall.$inferSelect;
type RangeRow = typeof recallRange.$inferSelect;
type NewRecall = Pick<RecallRow, "id" | "organisation" | "terms" | "codes" | "reach" | "createdAt">;

const ADD = `
  INSERT INTO recall (id, status, organisation, terms, codes, reach, createdAt)
  VALUES (:id, 'draft', :organisation, :terms, :codes, :reach, :createdAt)`;
const BY_ID = `SELECT * FROM recall WHERE id = :id`;
const WITH_STATUS = `SELECT * FROM recall WHERE status = :status ORDER BY createdAt`;
const ALL = `SELECT * FROM recall ORDER BY createdAt DESC, id DESC`;
const CONFIRM = `UPDATE recall SET status = 'active', confirmedAt = :at WHERE id = :id`;
const LIFT = `UPDATE recall SET status = 'lifted', liftedAt = :at WHERE id = :id`;
const ADD_RANGE = `INSERT INTO recall_range (recall, start, "end") VALUES (:recall, :start, :end)`;
const RANGES = `SELECT start, "end" FROM recall_range WHERE recall = :recall ORDER BY start`;

/** Recalls and the item keys under them. */
export function recallStatements(prepare: Prepare) {
  const add = prepare<NewRecall>(ADD);
  const byId = prepare<{ id: string }, RecallRow>(BY_ID);
  const withStatus = prepare<{ status: RecallRow["status"] }, RecallRow>(WITH_STATUS);
  const all = prepare<void, RecallRow>(ALL);
  const confirm = prepare<{ id: string; at: number }>(CONFIRM);
  const lift = prepare<{ id: string; at: number }>(LIFT);
  const addRange = prepare<RangeRow>(ADD_RANGE);
  const ranges = prepare<{ recall: string }, Omit<RangeRow, "recall">>(RANGES);
  return {
    /** Adds a recall as a draft. */
    addRecall: (row: NewRecall): void => add.run(row),
    recall: (id: string): RecallRow | undefined => byId.get({ id }),
    /** Recalls with a status, oldest first; without one, all recalls, newest first. */
    recalls: (status?: RecallRow["status"]): RecallRow[] =>
      status === undefined ? all.all() : withStatus.all({ status }),
    confirmRecall: (id: string, at: number): void => confirm.run({ id, at }),
    liftRecall: (id: string, at: number): void => lift.run({ id, at }),
    addRecallRange: (recallId: string, start: number, end: number): void =>
      addRange.run({ recall: recallId, start, end }),
    /** The item keys under a recall, as intervals [start, end) in order. */
    recallRanges: (recallId: string): { start: number; end: number }[] => ranges.all({ recall: recallId }),
  };
}
