import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { StoreRefused } from "../../store/binding.ts";

/** More than any database has pages. */
const ALL_PAGES = 0x7fffffff;

/**
 * Copies the database in a file as it stands between two commits, also while another process writes it: its writer waits
 * for nothing, and what is committed meanwhile stays in the write-ahead log. The copy is one file.
 * @throws StoreRefused where `to` exists, or `file` is no sound database
 */
export async function snapshot(file: string, to: string): Promise<void> {
  if (!existsSync(file)) throw new StoreRefused(`there is no store at ${file}`);
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = new Sqlite(file, { readonly: true });
    // In one step: between two, a commit of another process would make the copy begin anew, under many for ever.
    await copyTo(sqlite, to, { progress: () => ALL_PAGES });
  } catch (error) {
    throw unusable(error, file);
  } finally {
    sqlite?.close();
  }
}

/** Written aside, for the owner's eyes only, and renamed when it is whole and on disk: one file, with no WAL beside it. */
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
 * SQLite's own check of every page, index and constraint of a database file.
 * @throws StoreRefused with the first thing that is wrong
 */
export function checkIntegrity(file: string): void {
  const sqlite = new Sqlite(file, { readonly: true });
  try {
    const found = sqlite.pragma("integrity_check(1)", { simple: true });
    if (found !== "ok") throw new StoreRefused(`${file} is damaged: ${String(found)}`);
  } catch (error) {
    throw unusable(error, file);
  } finally {
    sqlite.close();
  }
}

/** What SQLite says of a file that it cannot read, in words that name it; other errors as they are. */
function unusable(error: unknown, file: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  return new StoreRefused(`${file} is damaged, incomplete or cannot be read: ${error.message}`, {
    cause: error,
  });
}

function flush(file: string): void {
  const handle = openSync(file, "r+");
  fsyncSync(handle);
  closeSync(handle);
}
