import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { StoreRefused } from "../../store/binding.ts";

/** More pages than any database has. */
const ALL_PAGES = 0x7fffffff;

/**
 * Copies a database into one file, as it was between two commits. Another process may be writing it: its writer does not
 * wait, and commits made during the copy stay in the write-ahead log.
 * @throws StoreRefused where `to` exists, or `file` is no sound database
 */
export async function snapshot(file: string, to: string): Promise<void> {
  if (!existsSync(file)) throw new StoreRefused(`there is no store at ${file}`);
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = new Sqlite(file, { readonly: true });
    // One step copies every page. Between two steps another process could commit, and SQLite would restart the copy.
    await copyTo(sqlite, to, { progress: () => ALL_PAGES });
  } catch (error) {
    throw copyRefusal(error, file);
  } finally {
    sqlite?.close();
  }
}

/** Copies an open database. The copy is readable by its owner only, and renamed to `to` once it is whole and on disk. */
export async function copyTo(
  sqlite: Sqlite.Database,
  to: string,
  options?: Sqlite.BackupOptions,
): Promise<void> {
  if (existsSync(to)) throw new StoreRefused(`${to} exists already; a backup never overwrites`);
  const part = `${to}.part`;
  closeSync(openSync(part, "wx", 0o600));
  try {
    await sqlite.backup(part, options);
    const copy = new Sqlite(part);
    copy.pragma("journal_mode = DELETE");
    copy.close();
    flush(part);
    renameSync(part, to);
  } finally {
    rmSync(part, { force: true });
  }
}

/**
 * Runs SQLite's own check of every page, index and constraint of a database file.
 * @throws StoreRefused with the first fault that it finds
 */
export function checkIntegrity(file: string): void {
  const sqlite = new Sqlite(file, { readonly: true });
  try {
    const found = sqlite.pragma("integrity_check(1)", { simple: true });
    if (found !== "ok") throw new StoreRefused(`${file} is damaged: ${String(found)}`);
  } catch (error) {
    throw copyRefusal(error, file);
  } finally {
    sqlite.close();
  }
}

/** SQLite's error for a file that it cannot read, as a refusal that names the file. Other errors are returned unchanged. */
export function copyRefusal(error: unknown, file: string): unknown {
  if (!(error instanceof Sqlite.SqliteError) || isFull(error)) return error;
  return new StoreRefused(`${file} is damaged, incomplete or cannot be read: ${error.message}`, {
    cause: error,
  });
}

/** A full disk is a fault of the copy's disk, not of the database that is read. */
function isFull({ code }: { code: string }): boolean {
  return code === "SQLITE_FULL" || code.startsWith("SQLITE_IOERR_WRITE");
}

function flush(file: string): void {
  const handle = openSync(file, "r+");
  fsyncSync(handle);
  closeSync(handle);
}
