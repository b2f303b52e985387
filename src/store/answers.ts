import { first48, hashOfPair } from "./derived/short-hash.ts";
import { AddedValues } from "./derived/added-values.ts";
import type { UndoLog } from "./derived/undo-log.ts";
import type { answer } from "./schema.ts";
import type { Prepare } from "./statement.ts";

type StoredAnswer = typeof answer.$inferSelect;

/** The answer to an acknowledged write. It covers `count` records starting at index `first`. */
export type Answer = Omit<StoredAnswer, "number">;

const ADD = `
  INSERT INTO answer (number, owner, "key", requestDigest, first, count, body, at)
  VALUES (:number, :owner, :key, :requestDigest, :first, :count, :body, :at)`;
const BY_NUMBER = `
  SELECT owner, "key", requestDigest, first, count, body, at FROM answer WHERE number = :number`;
const LAST = `SELECT max(number) AS last FROM answer`;
const AFTER = `SELECT number, owner, "key" FROM answer WHERE number > :number ORDER BY number LIMIT 512`;
const BY_HASH = `SELECT number FROM answer_at WHERE hash = :hash ORDER BY number`;
const ADD_HASH = `INSERT INTO answer_at (hash, number) VALUES (:hash, :number) ON CONFLICT DO NOTHING`;
const DROP_HASH = `DELETE FROM answer_at WHERE hash = :hash AND number = :number`;
const OLD = `SELECT number, owner, "key" FROM answer WHERE at < :before ORDER BY at LIMIT :limit`;
const DROP = `DELETE FROM answer WHERE number = :number`;

interface Keyed {
  number: number;
  owner: string;
  key: string;
}

/**
 * Answers by owner and key. Rows are added in the order of the writes, beside one another; the look-up by key, whose place
 * is random, is written behind them.
 */
export class Answers {
  /** The look-up. */
  readonly index: AddedValues;
  private readonly undo: UndoLog;
  private readonly statements: ReturnType<typeof answerStatements>;
  private next: number;

  constructor(prepare: Prepare, undo: UndoLog) {
    this.undo = undo;
    this.statements = answerStatements(prepare);
    const { addHash } = this.statements;
    this.index = new AddedValues(undo, 1, (hash, [number]) =>
      addHash.run({ hash, number: number as number }),
    );
    this.next = this.last + 1;
  }

  /** The number of the newest answer. */
  get last(): number {
    return this.statements.last.get()?.last ?? 0;
  }

  readonly find = (owner: string, key: string): Answer | undefined => {
    const hash = first48(hashOfPair(owner, key));
    const stored = this.statements.byHash.all({ hash }).map(({ number }) => number);
    for (const number of [...stored, ...this.index.get(hash)]) {
      const found = this.statements.byNumber.get({ number });
      if (found?.owner === owner && found.key === key) return found;
    }
    return undefined;
  };

  readonly add = (added: Answer): void => {
    const number = this.next++;
    this.undo.push(() => (this.next = number));
    this.statements.add.run({ number, ...added });
    this.index.add(first48(hashOfPair(added.owner, added.key)), number);
  };

  /** Drops answers given before a time, oldest first, at most `limit`. Returns how many it dropped. */
  readonly drop = (before: number, limit: number): number => {
    const { old, drop, dropHash } = this.statements;
    const found = old.all({ before, limit });
    for (const { number, owner, key } of found) {
      dropHash.run({ hash: first48(hashOfPair(owner, key)), number });
      drop.run({ number });
    }
    return found.length;
  };

  /** Adds the answers above a number to the look-up again: the table may not have them. */
  indexFrom(number: number): void {
    this.next = this.last + 1;
    for (let after = number; ;) {
      const rows = this.statements.after.all({ number: after });
      for (const row of rows) this.index.add(first48(hashOfPair(row.owner, row.key)), row.number);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.number;
    }
  }
}

function answerStatements(prepare: Prepare) {
  return {
    add: prepare<StoredAnswer>(ADD),
    byNumber: prepare<{ number: number }, Answer>(BY_NUMBER),
    last: prepare<void, { last: number | null }>(LAST),
    after: prepare<{ number: number }, Keyed>(AFTER),
    byHash: prepare<{ hash: number }, { number: number }>(BY_HASH),
    addHash: prepare<{ hash: number; number: number }>(ADD_HASH),
    dropHash: prepare<{ hash: number; number: number }>(DROP_HASH),
    old: prepare<{ before: number; limit: number }, Keyed>(OLD),
    drop: prepare<{ number: number }>(DROP),
  };
}
