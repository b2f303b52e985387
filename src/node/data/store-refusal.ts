import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { StoreFailed, StoreRefused } from "../../store/binding.ts";

/** What SQLite says of a store that cannot be used, in words that name it; other errors as they are. */
export function storeRefusal(error: unknown, folder: string): unknown {
  if (error instanceof StoreFailed || (error as NodeJS.ErrnoException).syscall !== undefined)
    return new StoreRefused(`the data folder ${folder} cannot be written: ${reasonOf(error as Error)}`, {
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

function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
