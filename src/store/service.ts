import type { Place } from "./filing.ts";
import type { Answers } from "./answers.ts";
import type { audit, epoch, file, fileUpload } from "./schema.ts";
import type { Prepare, Stored } from "./statement.ts";

type FileRow = typeof file.$inferSelect;
export type StoredFileRow = Pick<FileRow, "digest" | "sizeBytes" | "bytes">;
export type FileUploadRow = typeof fileUpload.$inferSelect;
export type AuditRow = typeof audit.$inferSelect;
type EpochRow = typeof epoch.$inferSelect;

/** The service's own data: facts about the store, epochs, given answers, files, PIN attempts and audits. */
export function serviceStatements(prepare: Prepare, answers: Answers) {
  return {
    ...metaStatements(prepare),
    answer: answers.find,
    addAnswer: answers.add,
    dropAnswers: answers.drop,
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

const FILE = `SELECT digest, sizeBytes, bytes FROM file WHERE digest = :digest`;
const FILE_AFTER = `SELECT digest, sizeBytes, bytes FROM file WHERE digest > :digest ORDER BY digest LIMIT 1`;
const ADD_FILE = `
  INSERT INTO file (digest, mediaType, name, organisation, sizeBytes, bytes, at)
  VALUES (:digest, :mediaType, :name, :organisation, :sizeBytes, :bytes, :at)
  ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes, sizeBytes = excluded.sizeBytes`;
const UPLOADS = `SELECT * FROM file_upload WHERE digest = :digest ORDER BY organisation`;
const PUT_UPLOAD = `
  INSERT INTO file_upload (digest, organisation, mediaType, name, at)
  VALUES (:digest, :organisation, :mediaType, :name, :at)
  ON CONFLICT (digest, organisation) DO UPDATE SET mediaType = excluded.mediaType, name = excluded.name`;
const USAGE = `SELECT sizeBytes FROM file_usage WHERE organisation = :organisation`;
const SET_USAGE = `
  INSERT INTO file_usage (organisation, sizeBytes) VALUES (:organisation, :sizeBytes)
  ON CONFLICT (organisation) DO UPDATE SET sizeBytes = excluded.sizeBytes`;

function fileStatements(prepare: Prepare) {
  const get = prepare<{ digest: string }, StoredFileRow>(FILE);
  const after = prepare<{ digest: string }, StoredFileRow>(FILE_AFTER);
  const add = prepare<FileRow>(ADD_FILE);
  const uploads = prepare<{ digest: string }, FileUploadRow>(UPLOADS);
  const putUpload = prepare<FileUploadRow>(PUT_UPLOAD);
  const usage = prepare<{ organisation: string }, { sizeBytes: number }>(USAGE);
  const setUsage = prepare<{ organisation: string; sizeBytes: number }>(SET_USAGE);
  return {
    /** A stored file. Its bytes may have changed on disk: hash them before use. */
    file: (digest: string): StoredFileRow | undefined => get.get({ digest }),
    /** The file with the next higher digest; "" comes before all. */
    fileAfter: (digest: string): StoredFileRow | undefined => after.get({ digest }),
    /** Adds a file. A file with the same digest gets these bytes again, which repairs damaged ones. */
    addFile: (row: FileRow): void => add.run(row),
    /** The names and types that organisations gave a file. */
    fileUploads: (digest: string): FileUploadRow[] => uploads.all({ digest }),
    /** Sets an organisation's name and type of a file. */
    putFileUpload: (row: FileUploadRow): void => putUpload.run(row),
    /** Bytes of all files that an organisation stored. */
    fileUsage: (organisation: string): number => usage.get({ organisation })?.sizeBytes ?? 0,
    setFileUsage: (organisation: string, sizeBytes: number): void =>
      setUsage.run({ organisation, sizeBytes }),
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
