import { join, resolve } from "node:path";
import Sqlite from "better-sqlite3";
import { fileErrorReason } from "../file-error.ts";
import { StoreFailed, StoreRefused } from "../../store/binding.ts";

/** SQLite's codes for a file that it cannot write. */
const UNWRITABLE = /^SQLITE_(FULL|READONLY|CANTOPEN|IOERR_(WRITE|FSYNC|TRUNCATE|DIR_FSYNC))/;

/** An error of SQLite or the file system as a refusal that names the data folder. Other errors are returned unchanged. */
export function storeRefusal(error: unknown, folder: string): unknown {
  if (error instanceof StoreFailed || (error as NodeJS.ErrnoException).syscall !== undefined)
    return new StoreRefused(`the data folder ${folder} cannot be written: ${causeOf(error as Error)}`, {
      cause: error,
    });
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const { code, message } = error;
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return new StoreRefused(
      `${join(folder, "suyuan.db")} is damaged or incomplete (${message}): restore a backup`,
      { cause: error },
    );
  if (/^SQLITE_(READONLY|CANTOPEN)/.test(code))
    return new StoreRefused(`the data folder ${folder} cannot be written: ${message}`, { cause: error });
  return error;
}

/**
 * An error while a folder was written, as a refusal that names the path and the reason. An error of the file system
 * about a path outside the folder is one of reading. Other errors are returned unchanged.
 */
export function writeRefusal(error: unknown, folder: string): unknown {
  if (error instanceof StoreFailed && error.cause !== undefined) return writeRefusal(error.cause, folder);
  if (error instanceof Sqlite.SqliteError && UNWRITABLE.test(error.code)) return unwritable(folder, error);
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  if (path === undefined || resolve(path).startsWith(folder)) return unwritable(folder, error);
  return new StoreRefused(`${path} cannot be read: ${fileErrorReason(error)}`, { cause: error });
}

function unwritable(path: string, error: unknown): StoreRefused {
  const { code, message } = error as { code: string; message: string };
  const reason =
    code === "SQLITE_FULL"
      ? "the disk is full"
      : code.startsWith("SQLITE")
        ? message
        : fileErrorReason(error);
  return new StoreRefused(`${path} cannot be written: ${reason}`, { cause: error });
}

function causeOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
