import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { type Binding, StoreBusy, StoreFailed, StoreRefused } from "../../store/binding.ts";
import { migrate, newestMigration } from "../../store/migrations.ts";
import { lockFolder } from "./folder-lock.ts";
import { makePrivateFile } from "./folder-modes.ts";
import { claimDatabase, type Ownership, refuseOwned } from "./folder-owner.ts";
import { NEWEST_MIGRATION, readMigrations } from "./migration-files.ts";
import { copyTo } from "./snapshot.ts";
import { storeRefusal } from "./store-refusal.ts";
import { WalCheckpointer } from "./wal-checkpointer.ts";
import { WalSync } from "./wal-sync.ts";

/** 8 MiB of pages. The operating system caches the rest of the file and frees that when other processes need it. */
const CACHE = "cache_size = -8192";
/** How long the start and the end of a service wait for another process's lock. Nothing in between waits. */
const BUSY_MS = 5000;

export interface SqliteBinding extends Binding {
  /** Copies the live database into a new file, page by page, without stopping it. @throws StoreRefused when `file` exists */
  backup(file: string): Promise<void>;
}

/**
 * Opens the store in a data folder with better-sqlite3, makes it if there is none, and migrates it to this version.
 *
 * WAL with synchronous=FULL: a commit is on disk when it returns. Commits of a process that was killed are on disk when
 * this function returns. An exclusive lock on a separate database (`lock.db`) refuses a second process, and so does the
 * owner in the database, which ends with its process: no stale lock remains.
 * @throws StoreRefused when another process has the store, or a newer version wrote it
 */
export function openSqlite(folder: string): SqliteBinding {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  try {
    const file = join(folder, "suyuan.db");
    if (existsSync(file)) {
      refuseNewer(file);
      refuseOwned(file, folder);
    }
    makePrivateFile(file);
    const sqlite = new Sqlite(file, { timeout: BUSY_MS });
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    // Overwrites erased data instead of only unlinking it.
    sqlite.pragma("secure_delete = ON");
    sqlite.pragma(CACHE);
    sqlite.pragma("temp_store = MEMORY");
    migrateFile(sqlite);
    // A process that was killed may have left commits that are not on disk yet.
    const walSync = new WalSync(`${file}-wal`, transactions(sqlite).transact);
    walSync.rewrite();
    const owner = claimDatabase(sqlite, file, folder);
    const { transact, savepoint, attempt, reading } = transactions(sqlite, owner);
    sqlite.pragma("busy_timeout = 0");
    // From here on a commit waits for the disk only in `waiting`; the others leave that to `walSync`.
    sqlite.pragma("synchronous = NORMAL");
    const checkpointer = new WalCheckpointer(sqlite, file);
    return {
      ...statements(sqlite),
      transact: waiting(sqlite, transact),
      savepoint,
      attempt,
      reading,
      transactSoon: soon(transact, walSync, checkpointer),
      transactBehind: behind(transact, checkpointer),
      purge: () => checkpointer.whenResting(() => emptyWal(sqlite)),
      backup: (to) => copyTo(sqlite, to),
      close: () => {
        checkpointer.close();
        walSync.close();
        closeAll(sqlite, owner, lock);
      },
    };
  } catch (error) {
    lock.close();
    throw storeRefusal(error, folder);
  }
}

/** A database that is written without guarding against failures: what is in it can be made again. */
export function sqliteBinding(sqlite: Sqlite.Database): Binding {
  const { transact, savepoint, attempt } = transactions(sqlite);
  return {
    ...statements(sqlite),
    transact,
    savepoint,
    attempt,
    reading: (work) => work(),
    transactSoon: (work) => Promise.resolve(transact(work)),
    transactBehind: transact,
    purge: () => undefined,
    close: () => void sqlite.close(),
  };
}

/**
 * Opens a copy of a store read-only, for audits. Takes no lock and applies no migration.
 * @throws StoreRefused when there is no store, or another version wrote it
 */
export function openSqliteCopy(file: string): Binding {
  if (!existsSync(file)) throw new StoreRefused(`there is no store at ${file}`);
  requireThisVersion(file);
  const sqlite = new Sqlite(file, { readonly: true });
  sqlite.pragma(CACHE);
  // One read transaction for all reads: a lock for each read would cost more than the read.
  sqlite.exec("BEGIN");
  return {
    ...statements(sqlite),
    ...transactions(sqlite),
    reading: (work) => work(),
    transactSoon: () => Promise.reject(new StoreFailed("a copy of a store is read-only")),
    transactBehind: () => {
      throw new StoreFailed("a copy of a store is read-only");
    },
    purge: () => undefined,
    close: () => void sqlite.close(),
  };
}

function statements(sqlite: Sqlite.Database): Pick<Binding, "prepare" | "exec"> {
  return { prepare: (sql) => sqlite.prepare(sql), exec: (sql) => void sqlite.exec(sql) };
}

/** Applies the missing migrations. Errors stay the driver's own, which `storeRefusal` explains. */
function migrateFile(sqlite: Sqlite.Database): void {
  migrate(
    { ...statements(sqlite), transact: (work) => sqlite.transaction(work).immediate() },
    readMigrations(),
  );
}

/** Commits, and leaves waiting for the disk to `walSync`. All on one connection, which never waits for its own lock. */
function soon(
  transact: Binding["transact"],
  walSync: WalSync,
  checkpointer: WalCheckpointer,
): Binding["transactSoon"] {
  const commit = behind(transact, checkpointer);
  return (work) => {
    commit(work);
    return walSync.run();
  };
}

/** Commits without the disk. The write-ahead log keeps the order: what is lost is lost with everything after it. */
function behind(transact: Binding["transact"], checkpointer: WalCheckpointer): Binding["transactBehind"] {
  return (work) => {
    transact(work);
    checkpointer.committed();
  };
}

/** Empties the WAL, which keeps earlier versions of pages even with secure_delete. */
function emptyWal(sqlite: Sqlite.Database): void {
  // Does not wait for readers, since this thread answers scans.
  try {
    sqlite.pragma("wal_checkpoint(TRUNCATE)");
  } catch (error) {
    // A failing disk loses nothing here. Closing the store empties the WAL at the latest.
    if (storageFailure(error) === undefined) throw error;
  }
}

/** Lets a transaction wait for another process's lock and for the disk, which blocks this thread: for the start and the end. */
function waiting(sqlite: Sqlite.Database, transact: Binding["transact"]): Binding["transact"] {
  return (work) => {
    sqlite.pragma(`busy_timeout = ${BUSY_MS}`);
    sqlite.pragma("synchronous = FULL");
    try {
      return transact(work);
    } finally {
      sqlite.pragma("busy_timeout = 0");
      sqlite.pragma("synchronous = NORMAL");
    }
  };
}

function transactions(
  sqlite: Sqlite.Database,
  owner?: Ownership,
): Pick<Binding, "transact" | "savepoint" | "attempt" | "reading"> {
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
        owner?.require();
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
        // SQLite ends the transaction itself on a full disk. The rest of the group must not run outside one.
        if (!sqlite.inTransaction) throw new StoreFailed("the transaction was ended", { cause: error });
        undo.run();
        release.run();
        throw storageFailure(error) ?? error;
      }
    },
    attempt(work) {
      try {
        return work();
      } catch (error) {
        if (!sqlite.inTransaction) throw new StoreFailed("the transaction was ended", { cause: error });
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

/** An error of the storage, not of the data: the disk is full, or cannot be read or written. */
function storageFailure(error: unknown): StoreFailed | undefined {
  if (!(error instanceof Sqlite.SqliteError) || error.code.startsWith("SQLITE_CONSTRAINT")) return undefined;
  if (error.code.startsWith("SQLITE_BUSY"))
    return new StoreBusy("another process holds the write lock of the database", { cause: error });
  return new StoreFailed("a write failed", { cause: error });
}

/** @throws StoreRefused when a newer version wrote the store, which shows in the date of its newest migration */
function refuseNewer(file: string): void {
  if ((migrationOf(file) ?? 0) > NEWEST_MIGRATION)
    throw new StoreRefused(`a newer version of Suyuan wrote ${file}: start that version, or a later one`);
}

/** Checks a store that is only read, and so is not migrated. @throws StoreRefused when another version wrote it */
export function requireThisVersion(file: string): void {
  refuseNewer(file);
  if ((migrationOf(file) ?? NEWEST_MIGRATION) < NEWEST_MIGRATION)
    throw new StoreRefused(
      `an older version of Suyuan wrote ${file}: use that version, or have this one serve or restore it first`,
    );
}

/** The date of the newest migration in a database file; undefined when it has none. */
function migrationOf(file: string): number | undefined {
  const sqlite = new Sqlite(file, { readonly: true });
  try {
    return newestMigration(statements(sqlite));
  } finally {
    sqlite.close();
  }
}

function closeAll(sqlite: Sqlite.Database, owner: Ownership, lock: { close(): void }): void {
  try {
    sqlite.pragma(`busy_timeout = ${BUSY_MS}`);
    owner.release();
    sqlite.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    sqlite.close();
    lock.close();
  }
}
