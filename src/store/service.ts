import { asc, desc, eq, lt, and, sql } from "drizzle-orm";
import type { Database } from "./binding.ts";
import type { Direct } from "./direct.ts";
import { bound, boundLimit, p } from "./bound.ts";
import { audit, epoch, file, idempotency, meta, pinState } from "./schema.ts";

export type FileRow = typeof file.$inferSelect;
export type AuditRow = typeof audit.$inferSelect;

/** An answer that was given, and the records that it stands for: `count` of them from `first` on. */
export type Answer = typeof idempotency.$inferSelect;

/** What the service itself keeps: facts about the store, epochs, answers given, files, PIN tries, audits. */
export function serviceStatements(db: Database, direct: Direct) {
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
  const answerGet = direct(
    db
      .select()
      .from(idempotency)
      .where(and(eq(idempotency.owner, bound("owner")), eq(idempotency.key, bound("key")))),
  );
  const answerAdd = direct(
    db.insert(idempotency).values({
      owner: p("owner"),
      key: p("key"),
      requestDigest: p("requestDigest"),
      first: p("first"),
      count: p("count"),
      body: p("body"),
      at: p("at"),
    }),
  );
  const oldAnswers = db
    .select({ owner: idempotency.owner, key: idempotency.key })
    .from(idempotency)
    .where(lt(idempotency.at, bound("before")))
    .orderBy(asc(idempotency.at))
    .limit(boundLimit("limit"))
    .prepare();
  const answerDrop = db
    .delete(idempotency)
    .where(and(eq(idempotency.owner, bound("owner")), eq(idempotency.key, bound("key"))))
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
    addAnswer: (answer: Answer): void => void answerAdd.run(answer),
    /** Forgets answers given before a time, the oldest first, at most `limit` of them; tells how many. */
    dropAnswers: (before: number, limit: number): number => {
      const old = oldAnswers.all({ before, limit });
      for (const one of old) answerDrop.run(one);
      return old.length;
    },
    file: (digest: string): FileRow | undefined => fileGet.get({ digest }),
    addFile: (row: Omit<FileRow, "bytes"> & { bytes: Uint8Array }): void =>
      void fileAdd.run({ ...row, bytes: row.bytes }),
    pin: (key: number): string | undefined => pinGet.get({ key })?.state,
    setPin: (key: number, state: string): void => void pinSet.run({ key, state }),
    addAudit: (row: AuditRow): void => void auditAdd.run({ ...row, ok: row.ok ? 1 : 0 }),
    audit: (id: string): AuditRow | undefined => auditGet.get({ id }),
    audits: (after: { at: number; id: string }, limit: number): AuditRow[] => audits.all({ ...after, limit }),
  };
}

export type ServiceStatements = ReturnType<typeof serviceStatements>;
