import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import migrationJournal from "../../../drizzle/meta/_journal.json" with { type: "json" };
import { type Binding, StoreFailed, StoreRefused } from "../../store/binding.ts";
import { PACKAGE_ROOT } from "../package-root.ts";
import { lockFolder } from "./folder-lock.ts";
import * as schema from "../../store/schema.ts";
import { copyTo } from "./snapshot.ts";
import { storeRefusal } from "./store-refusal.ts";
import { WalCheckpointer } from "./wal-checkpointer.ts";
import { WalSync } from "./wal-sync.ts";

/** 8 MiB of pages; the system keeps the rest of the file in its own memory, and gives that up when others need it. */
const CACHE = "cache_size = -8192";
/** How long another process may hold a lock. */
const BUSY_MS = 5000;
const MIGRATIONS = join(PACKAGE_ROOT, "drizzle");
/** When the newest of them was made. */
const OURS = Math.max(...migrationJournal.entries.map((entry) => entry.when));

export interface SqliteBinding extends Binding {
  /** Copies the live database, page by page, without stopping it, into a new file. @throws StoreRefused where it exists */
  backup(file: string): Promise<void>;
}

/**
 * Opens (or makes) the store in a data folder with better-sqlite3.
 *
 * WAL with synchronous=FULL: a commit is on disk when it returns; what a killed process committed is on disk when this
 * returns. A second process is kept out by an exclusive lock on
 * a database of its own (`lock.db`), which the kernel releases when the holder dies, so no stale lock remains.
 * @throws StoreRefused where another process has it, or a newer version wrote it
 */
export function openSqlite(folder: string): SqliteBinding {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  try {
    const file = join(folder, "suyuan.db");
    if (existsSync(file)) refuseNewer(file);
    const sqlite = new Sqlite(file, { timeout: BUSY_MS });
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    // What is erased is overwritten, not only unlinked.
    sqlite.pragma("secure_delete = ON");
    sqlite.pragma(CACHE);
    sqlite.pragma("temp_store = MEMORY");
    const db = drizzle(sqlite, { schema });
    migrate(db, { migrationsFolder: MIGRATIONS });
    const { transact, savepoint, reading } = transactions(sqlite);
    const walSync = new WalSync(`${file}-wal`, transact);
    // A process that was killed may have committed what is not on the disk yet, and nobody has told it to anyone.
    walSync.rewrite();
    const checkpointer = new WalCheckpointer(sqlite, file);
    return {
      db,
      prepare: (sql) => sqlite.prepare(sql),
      transact,
      savepoint,
      reading,
      transactSoon: soon(sqlite, transact, walSync, checkpointer),
      purge: () => checkpointer.whenResting(() => emptyWal(sqlite)),
      backup: (to) => copyTo(sqlite, to),
      close: () => {
        checkpointer.close();
        walSync.close();
        closeAll(sqlite, lock);
      },
    };
  } catch (error) {
    lock.close();
    throw storeRefusal(error, folder);
  }
}

/**
 * Opens a copy of a store read-only, for audits; takes no lock and applies no migration.
 * @throws StoreRefused where there is none, or another version wrote it
 */
export function openSqliteCopy(file: string): Binding {
  if (!existsSync(file)) throw new StoreRefused(`there is no store at ${file}`);
  requireThisVersion(file);
  const sqlite = new Sqlite(file, { readonly: true });
  sqlite.pragma(CACHE);
  // One read transaction for all: a lock taken and left for each read would cost more than the read.
  sqlite.exec("BEGIN");
  return {
    db: drizzle(sqlite, { schema }),
    prepare: (sql) => sqlite.prepare(sql),
    ...transactions(sqlite),
    reading: (work) => work(),
    transactSoon: () => Promise.reject(new StoreFailed("a copy is only read")),
    close: () => void sqlite.close(),
  };
}

/** A commit that leaves the disk to `walSync`; all on one connection, so that it never meets another's lock. */
function soon(
  sqlite: Sqlite.Database,
  transact: Binding["transact"],
  walSync: WalSync,
  checkpointer: WalCheckpointer,
): Binding["transactSoon"] {
  return (work) => {
    sqlite.pragma("synchronous = NORMAL");
    try {
      transact(work);
    } finally {
      sqlite.pragma("synchronous = FULL");
    }
    checkpointer.committed();
    return walSync.run();
  };
}

/** Earlier versions of pages stay in the WAL, also with secure_delete, until it is emptied. */
function emptyWal(sqlite: Sqlite.Database): void {
  // Whoever reads is not waited for: the thread answers scans.
  sqlite.pragma("busy_timeout = 0");
  try {
    sqlite.pragma("wal_checkpoint(TRUNCATE)");
  } catch (error) {
    // On a bad disk nothing was lost but time: a stop, at the latest, empties it.
    if (storageFailure(error) === undefined) throw error;
  } finally {
    sqlite.pragma(`busy_timeout = ${BUSY_MS}`);
  }
}

function transactions(sqlite: Sqlite.Database): Pick<Binding, "transact" | "savepoint" | "reading"> {
  const begin = sqlite.prepare("BEGIN IMMEDIATE");
  const look = sqlite.prepare("BEGIN");
  const commit = sqlite.prepare("COMMIT");
  const rollback = sqlite.prepare("ROLLBACK");
  const save = sqlite.prepare("SAVEPOINT job");
  const release = sqlite.prepare("RELEASE job");
  const undo = sqlite.prepare("ROLLBACK TO job");
  return {
    transact(work) {
      try {
        begin.run();
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        if (sqlite.inTransaction) rollback.run();
        throw storageFailure(error) ?? error;
      }
    },
    savepoint(work) {
      save.run();
      try {
        const result = work();
        release.run();
        return result;
      } catch (error) {
        // SQLite ends the transaction by itself on a full disk: the rest of the group must not run outside one.
        if (!sqlite.inTransaction) throw new StoreFailed("the transaction was ended", { cause: error });
        undo.run();
        release.run();
        throw storageFailure(error) ?? error;
      }
    },
    reading(work) {
      look.run();
      try {
        return work();
      } finally {
        if (sqlite.inTransaction) commit.run();
      }
    },
  };
}

/** What is no fault of the data: the disk is full, cannot be read or written. */
function storageFailure(error: unknown): StoreFailed | undefined {
  if (!(error instanceof Sqlite.SqliteError) || error.code.startsWith("SQLITE_CONSTRAINT")) return undefined;
  return new StoreFailed("a write failed", { cause: error });
}

/** Drizzle's journal dates each migration; one later than ours was written by a newer version. */
function refuseNewer(file: string): void {
  if ((newestMigration(file) ?? 0) > OURS)
    throw new StoreRefused(`a newer version of Suyuan wrote ${file}: start that version, or a later one`);
}

/** What is only read is not brought to this version. @throws StoreRefused where another wrote it */
export function requireThisVersion(file: string): void {
  refuseNewer(file);
  if ((newestMigration(file) ?? OURS) < OURS)
    throw new StoreRefused(
      `an older version of Suyuan wrote ${file}: use that version, or have this one serve or restore it first`,
    );
}

/** When the newest migration that a database has had was made; undefined where it has had none. */
function newestMigration(file: string): number | undefined {
  const sqlite = new Sqlite(file, { readonly: true });
  try {
    const known = sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").get();
    if (!known) return undefined;
    const row = sqlite.prepare("SELECT max(created_at) AS newest FROM __drizzle_migrations").get() as {
      newest: number | null;
    };
    return row.newest ?? undefined;
  } finally {
    sqlite.close();
  }
}

function closeAll(sqlite: Sqlite.Database, lock: { close(): void }): void {
  try {
    sqlite.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    sqlite.close();
    lock.close();
  }
}
