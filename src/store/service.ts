import type { Place } from "./filing.ts";
import type { audit, epoch, file, idempotency } from "./schema.ts";
import type { Prepare, Stored } from "./statement.ts";

export type FileRow = typeof file.$inferSelect;
export type AuditRow = typeof audit.$inferSelect;
type EpochRow = typeof epoch.$inferSelect;

/** The answer to an acknowledged write. It covers `count` records starting at index `first`. */
export type Answer = typeof idempotency.$inferSelect;

/** The service's own data: facts about the store, epochs, given answers, files, PIN attempts and audits. */
export function serviceStatements(prepare: Prepare) {
  return {
    ...metaStatements(prepare),
    ...answerStatements(prepare),
    ...fileStatements(prepare),
    ...pinStatements(prepare),
    ...auditStatements(prepare),
  };
}

export type ServiceStatements = ReturnType<typeof serviceStatements>;

const META = `SELECT value FROM meta WHERE "key" = :key`;
const SET_META = `
  INSERT INTO meta ("key", value) VALUES (:key, :value)
  ON CONFLICT ("key") DO UPDATE SET value = excluded.value`;
const EPOCHS = `SELECT * FROM epoch ORDER BY number`;
const ADD_EPOCH = `INSERT INTO epoch (number, keyCheck, begunAt) VALUES (:number, :keyCheck, :begunAt)`;

function metaStatements(prepare: Prepare) {
  const get = prepare<{ key: string }, { value: string }>(META);
  const set = prepare<{ key: string; value: string }>(SET_META);
  const epochs = prepare<void, EpochRow>(EPOCHS);
  const addEpoch = prepare<EpochRow>(ADD_EPOCH);
  return {
    meta: (key: string): string | undefined => get.get({ key })?.value,
    setMeta: (key: string, value: string): void => set.run({ key, value }),
    epochs: (): EpochRow[] => epochs.all(),
    addEpoch: (number: number, keyCheck: string, begunAt: number): void =>
      addEpoch.run({ number, keyCheck, begunAt }),
  };
}

const ANSWER = `SELECT * FROM idempotency WHERE owner = :owner AND "key" = :key`;
const ADD_ANSWER = `
  INSERT INTO idempotency (owner, "key", requestDigest, first, count, body, at)
  VALUES (:owner, :key, :requestDigest, :first, :count, :body, :at)`;
const OLD_ANSWERS = `SELECT owner, "key" FROM idempotency WHERE at < :before ORDER BY at LIMIT :limit`;
const DROP_ANSWER = `DELETE FROM idempotency WHERE owner = :owner AND "key" = :key`;

function answerStatements(prepare: Prepare) {
  const get = prepare<{ owner: string; key: string }, Answer>(ANSWER);
  const add = prepare<Answer>(ADD_ANSWER);
  const oldAnswers = prepare<{ before: number; limit: number }, { owner: string; key: string }>(OLD_ANSWERS);
  const drop = prepare<{ owner: string; key: string }>(DROP_ANSWER);
  return {
    answer: (owner: string, key: string): Answer | undefined => get.get({ owner, key }),
    addAnswer: (answer: Answer): void => add.run(answer),
    /** Drops answers given before a time, oldest first, at most `limit`. Returns how many it dropped. */
    dropAnswers: (before: number, limit: number): number => {
      const old = oldAnswers.all({ before, limit });
      for (const answer of old) drop.run(answer);
      return old.length;
    },
  };
}

const FILE = `SELECT * FROM file WHERE digest = :digest`;
const ADD_FILE = `
  INSERT INTO file (digest, mediaType, name, organisation, sizeBytes, bytes, at)
  VALUES (:digest, :mediaType, :name, :organisation, :sizeBytes, :bytes, :at)
  ON CONFLICT DO NOTHING`;

function fileStatements(prepare: Prepare) {
  const get = prepare<{ digest: string }, FileRow>(FILE);
  const add = prepare<FileRow>(ADD_FILE);
  return {
    file: (digest: string): FileRow | undefined => get.get({ digest }),
    /** Adds a file. A file with the same digest stays as it was first added. */
    addFile: (row: FileRow): void => add.run(row),
  };
}

const PIN = `SELECT state FROM pin_state WHERE "key" = :key`;
const SET_PIN = `
  INSERT INTO pin_state ("key", state) VALUES (:key, :state)
  ON CONFLICT ("key") DO UPDATE SET state = excluded.state`;

function pinStatements(prepare: Prepare) {
  const get = prepare<{ key: number }, { state: string }>(PIN);
  const set = prepare<{ key: number; state: string }>(SET_PIN);
  return {
    /** The attempts at the PIN of the code with an item key, as JSON. */
    pin: (key: number): string | undefined => get.get({ key })?.state,
    setPin: (key: number, state: string): void => set.run({ key, state }),
  };
}

const ADD_AUDIT = `
  INSERT INTO audit (id, organisation, scope, ok, result, at)
  VALUES (:id, :organisation, :scope, :ok, :result, :at)`;
const AUDIT = `SELECT * FROM audit WHERE id = :id`;
const AUDITS = `SELECT * FROM audit WHERE (at, id) < (:at, :id) ORDER BY at DESC, id DESC LIMIT :limit`;

function auditStatements(prepare: Prepare) {
  const add = prepare<Stored<AuditRow>>(ADD_AUDIT);
  const byId = prepare<{ id: string }, Stored<AuditRow>>(AUDIT);
  const list = prepare<Place & { limit: number }, Stored<AuditRow>>(AUDITS);
  return {
    addAudit: (row: AuditRow): void => add.run({ ...row, ok: row.ok ? 1 : 0 }),
    audit: (id: string): AuditRow | undefined => {
      const row = byId.get({ id });
      return row && toAudit(row);
    },
    /** Audits after a place in the list, newest first. */
    audits: (after: Place, limit: number): AuditRow[] => list.all({ ...after, limit }).map(toAudit),
  };
}

function toAudit(row: Stored<AuditRow>): AuditRow {
  return { ...row, ok: row.ok === 1 };
}
