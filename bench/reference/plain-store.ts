import { randomBytes } from "node:crypto";
import Sqlite from "better-sqlite3";
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, sqliteTable, text as column } from "drizzle-orm/sqlite-core";
import { ALPHABET, CODE_LENGTH } from "../../src/core/code/alphabet.ts";

const batch = sqliteTable("batch", {
  id: integer().primaryKey(),
  gtin: column().notNull(),
  product: column().notNull(),
  lot: column().notNull(),
  enterprise: column().notNull(),
});
const code = sqliteTable("code", {
  code: column().primaryKey(),
  batch: integer().notNull(),
  status: column().notNull(),
});
const scan = sqliteTable("scan", {
  id: integer().primaryKey(),
  code: column().notNull(),
  at: integer().notNull(),
  region: column().notNull(),
});

const TABLES = `
CREATE TABLE batch (id INTEGER PRIMARY KEY, gtin TEXT NOT NULL, product TEXT NOT NULL, lot TEXT NOT NULL,
  enterprise TEXT NOT NULL);
CREATE TABLE code (code TEXT PRIMARY KEY, batch INTEGER NOT NULL, status TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE scan (id INTEGER PRIMARY KEY, code TEXT NOT NULL, at INTEGER NOT NULL, region TEXT NOT NULL);
CREATE INDEX scan_code ON scan (code, at);
`;
/** Rows of one transaction. */
const GROUP = 10_000;
/** A batch for each thousand codes or so. */
const CODES_OF_A_BATCH = 2584;

/** What a scan of the plain design is answered with: the same that ours says. */
export interface PlainAnswer {
  verdict: string;
  code: string;
  product: { gtin: string; name: string };
  batch: { id: number; lot: string };
  enterprise: { name: string };
  scans: { count: number; first: number | null };
}

/** The plain design's store: a row per code with a random text key, and a row per scan. */
export interface PlainStore {
  /** Adds codes as an order would, in transactions of 10,000 rows; returns them. */
  issue(count: number): string[];
  /** Reads a code with its batch, counts its scans, and stores this one before it is answered. */
  scan(code: string, at: Date): PlainAnswer | undefined;
  codes(): number;
  scans(): number;
  close(): void;
}

/**
 * Opens (or makes) reference (c). WAL with synchronous=NORMAL, as SQLite's own advice is for a service: its scans are
 * not durable one by one, which is kinder to it than what it is held against.
 */
export function openPlain(file: string): PlainStore {
  const sqlite = new Sqlite(file);
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = NORMAL");
  sqlite.pragma("cache_size = -65536");
  if (sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'code'").get() === undefined)
    sqlite.exec(TABLES);
  const db = drizzle(sqlite);
  const count = (table: "code" | "scan"): number =>
    (sqlite.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
  return {
    issue: (codes) => issueRows(sqlite, codes),
    scan(text, at) {
      const [row] = db
        .select({
          batch: batch.id,
          gtin: batch.gtin,
          product: batch.product,
          lot: batch.lot,
          enterprise: batch.enterprise,
          status: code.status,
          scans: sql<number>`(SELECT count(*) FROM scan WHERE scan.code = ${text})`,
          first: sql<number | null>`(SELECT min(at) FROM scan WHERE scan.code = ${text})`,
        })
        .from(code)
        .innerJoin(batch, eq(batch.id, code.batch))
        .where(eq(code.code, text))
        .all();
      if (row === undefined) return undefined;
      db.insert(scan).values({ code: text, at: at.getTime(), region: "unknown" }).run();
      return {
        verdict: row.status,
        code: text,
        product: { gtin: row.gtin, name: row.product },
        batch: { id: row.batch, lot: row.lot },
        enterprise: { name: row.enterprise },
        scans: { count: row.scans + 1, first: row.first ?? at.getTime() },
      };
    },
    codes: () => count("code"),
    scans: () => count("scan"),
    close: () => sqlite.close(),
  };
}

function issueRows(sqlite: Sqlite.Database, count: number): string[] {
  const addBatch = sqlite.prepare("INSERT INTO batch (gtin, product, lot, enterprise) VALUES (?, ?, ?, ?)");
  const addCode = sqlite.prepare("INSERT INTO code (code, batch, status) VALUES (?, ?, 'genuine')");
  const issued: string[] = [];
  let batchId = 0;
  const group = sqlite.transaction((size: number) => {
    for (let i = 0; i < size; i++) {
      if (issued.length % CODES_OF_A_BATCH === 0)
        batchId = Number(
          addBatch.run("09520001000010", "Infant formula, stage 3", `L${issued.length}`, "Kauri Dairy")
            .lastInsertRowid,
        );
      const text = randomCode();
      addCode.run(text, batchId);
      issued.push(text);
    }
  });
  while (issued.length < count) group(Math.min(GROUP, count - issued.length));
  return issued;
}

/** Sixteen random characters: 80 bits, so that none comes twice. */
function randomCode(): string {
  const bytes = randomBytes(CODE_LENGTH);
  let text = "";
  for (const byte of bytes) text += ALPHABET.charAt(byte & 31);
  return text;
}
