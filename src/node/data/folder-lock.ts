import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { StoreRefused } from "../../store/binding.ts";
import { makePrivateFile } from "./folder-modes.ts";
import { storeRefusal } from "./store-refusal.ts";

/**
 * Locks a folder against other processes until the lock is closed: an exclusive lock on a separate database, `lock.db`.
 * The kernel releases it when the process dies, so no stale lock remains. Where somebody deletes the file, the owner in the
 * database (folder-owner.ts) refuses the second process.
 * @throws StoreRefused where another process has the lock, or the folder cannot be written
 */
export function lockFolder(folder: string): { close(): void } {
  let lock: Sqlite.Database | undefined;
  try {
    makePrivateFile(join(folder, "lock.db"));
    lock = new Sqlite(join(folder, "lock.db"), { timeout: 0 });
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE; COMMIT");
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { code?: string }).code !== "SQLITE_BUSY") throw storeRefusal(error, folder);
    throw new StoreRefused(
      `another process is serving the data folder ${folder}: stop it, or use its HTTP API instead`,
    );
  }
}
