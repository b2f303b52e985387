import { asc, desc, eq, gt, lt, and, sql, max } from "drizzle-orm";
import type { Database } from "./binding.ts";
import { bound, boundLimit, p } from "./bound.ts";
import { audit, epoch, file, idempotency, meta, pinState, scanBlock } from "./schema.ts";

export type FileRow = typeof file.$inferSelect;
export type AuditRow = typeof audit.$inferSelect;

export interface Answer {
  requestDigest: string;
  status: number;
  body: string;
}

/** What the service itself keeps: facts about the store, epochs, answers given, files, scans, PIN tries, audits. */
export function serviceStatements(db: Database) {
  const metaGet = db
    .select()
    .from(meta)
    .where(eq(meta.key, bound("key")))
    .prepare();
  const metaSet = db
    .insert(meta)
    .values({ key: p("key"), value: p("value") })
    .onConflictDoUpdate({ target: meta.key, set: { value: sql`excluded.value` } })
    .prepare();
  const epochs = db.select().from(epoch).orderBy(asc(epoch.number)).prepare();
  const insertEpoch = db
    .insert(epoch)
    .values({ number: p("number"), keyCheck: p("keyCheck"), begunAt: p("begunAt") })
    .prepare();
  const answerGet = db
    .select()
    .from(idempotency)
    .where(and(eq(idempotency.owner, bound("owner")), eq(idempotency.key, bound("key"))))
    .prepare();
  const answerAdd = db
    .insert(idempotency)
    .values({
      owner: p("owner"),
      key: p("key"),
      requestDigest: p("requestDigest"),
      status: p("status"),
      body: p("body"),
      at: p("at"),
    })
    .prepare();
  const answersDrop = db
    .delete(idempotency)
    .where(lt(idempotency.at, bound("before")))
    .prepare();
  const fileGet = db
    .select()
    .from(file)
    .where(eq(file.digest, bound("digest")))
    .prepare();
  const fileAdd = db
    .insert(file)
    .values({
      digest: p("digest"),
      mediaType: p("mediaType"),
      name: p("name"),
      organisation: p("organisation"),
      sizeBytes: p("sizeBytes"),
      bytes: p("bytes"),
      at: p("at"),
    })
    .onConflictDoNothing()
    .prepare();
  const scanAdd = db
    .insert(scanBlock)
    .values({ sequence: p("sequence"), scans: p("scans") })
    .prepare();
  const scansAfter = db
    .select()
    .from(scanBlock)
    .where(gt(scanBlock.sequence, bound("after")))
    .orderBy(asc(scanBlock.sequence))
    .limit(boundLimit("limit"))
    .prepare();
  const lastScan = db
    .select({ last: max(scanBlock.sequence) })
    .from(scanBlock)
    .prepare();
  const pinGet = db
    .select()
    .from(pinState)
    .where(eq(pinState.key, bound("key")))
    .prepare();
  const pinSet = db
    .insert(pinState)
    .values({ key: p("key"), state: p("state") })
    .onConflictDoUpdate({ target: pinState.key, set: { state: sql`excluded.state` } })
    .prepare();
  const auditAdd = db
    .insert(audit)
    .values({
      id: p("id"),
      organisation: p("organisation"),
      scope: p("scope"),
      ok: p("ok"),
      result: p("result"),
      at: p("at"),
    })
    .prepare();
  const auditGet = db
    .select()
    .from(audit)
    .where(eq(audit.id, bound("id")))
    .prepare();
  const audits = db
    .select()
    .from(audit)
    .where(sql`(${audit.at}, ${audit.id}) < (${bound("at")}, ${bound("id")})`)
    .orderBy(desc(audit.at), desc(audit.id))
    .limit(boundLimit("limit"))
    .prepare();

  return {
    meta: (key: string): string | undefined => metaGet.get({ key })?.value,
    setMeta: (key: string, value: string): void => void metaSet.run({ key, value }),
    epochs: (): (typeof epoch.$inferSelect)[] => epochs.all(),
    addEpoch: (number: number, keyCheck: string, begunAt: number): void =>
      void insertEpoch.run({ number, keyCheck, begunAt }),
    answer: (owner: string, key: string): Answer | undefined => answerGet.get({ owner, key }),
    addAnswer: (owner: string, key: string, answer: Answer, at: number): void =>
      void answerAdd.run({ owner, key, ...answer, at }),
    dropAnswers: (before: number): void => void answersDrop.run({ before }),
    file: (digest: string): FileRow | undefined => fileGet.get({ digest }),
    addFile: (row: Omit<FileRow, "bytes"> & { bytes: Uint8Array }): void =>
      void fileAdd.run({ ...row, bytes: row.bytes }),
    addScans: (sequence: number, scans: Uint8Array): void => void scanAdd.run({ sequence, scans }),
    scansAfter: (after: number, limit: number): { sequence: number; scans: Uint8Array }[] =>
      scansAfter.all({ after, limit }),
    lastScan: (): number => lastScan.get()?.last ?? 0,
    pin: (key: number): string | undefined => pinGet.get({ key })?.state,
    setPin: (key: number, state: string): void => void pinSet.run({ key, state }),
    addAudit: (row: AuditRow): void => void auditAdd.run({ ...row, ok: row.ok ? 1 : 0 }),
    audit: (id: string): AuditRow | undefined => auditGet.get({ id }),
    audits: (after: { at: number; id: string }, limit: number): AuditRow[] => audits.all({ ...after, limit }),
  };
}

export type ServiceStatements = ReturnType<typeof serviceStatements>;
