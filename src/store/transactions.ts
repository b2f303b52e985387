import type { AddedRows } from "./added-rows.ts";
import type { Binding } from "./binding.ts";
import type { UndoLog } from "./derived/undo-log.ts";
import type { KeptRows } from "./kept-rows.ts";

/** What changes in memory while a transaction runs. */
interface InMemory {
  undo: UndoLog;
  added: AddedRows;
  kept: KeptRows;
}

/** The ways to write. What a transaction changed in memory is taken back where it throws. */
export interface Transactions {
  transact<T>(work: () => T): T;
  transactSoon: (work: () => void) => Promise<void>;
  savepoint<T>(work: () => T): T;
  /** Like `savepoint`, for work that changes the database only through `ledger` and `custody`: it costs nothing. */
  attempt<T>(work: () => T): T;
}

export function transactionsOn(binding: Binding, { undo, added, kept }: InMemory): Transactions {
  const undoing =
    <A extends unknown[], T>(work: (...given: A) => T): ((...given: A) => T) =>
    (...given) => {
      const mark = undo.mark();
      try {
        return work(...given);
      } catch (error) {
        undo.undoTo(mark);
        kept.forget();
        throw error;
      }
    };
  const inserting =
    <T>(work: () => T): (() => T) =>
    () => {
      const result = work();
      added.insertAll();
      return result;
    };
  const committed = <T>(result: T): T => {
    undo.clear();
    added.committed();
    return result;
  };
  return {
    transact: undoing((work) => committed(binding.transact(inserting(work)))) as Transactions["transact"],
    transactSoon: undoing((work) => committed(binding.transactSoon(inserting(work)))),
    savepoint: undoing((work) => {
      added.insertAll();
      return binding.savepoint(inserting(work));
    }) as Transactions["savepoint"],
    attempt: undoing((work) =>
      binding.attempt(() => {
        const { size } = added;
        try {
          return work();
        } catch (error) {
          added.removeFrom(size);
          throw error;
        }
      }),
    ) as Transactions["attempt"],
  };
}
