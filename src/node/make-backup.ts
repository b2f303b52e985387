import { existsSync, mkdtempSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Checkpoint } from "../core/ledger/checkpoint.ts";
import { epochKeys, identityOf, readCheckpoint } from "./start-checks.ts";
import { completeBackup, databaseIn, type Manifest } from "./data/backup-format.ts";
import { StoreRefused } from "../store/binding.ts";
import { DataFolder, flushFolder } from "./data/folder.ts";
import { encryptSecrets } from "./data/key-archive.ts";
import { copyRefusal, snapshot } from "./data/snapshot.ts";
import { openSqliteCopy, requireThisVersion } from "./data/sqlite.ts";
import { writeRefusal } from "./data/store-refusal.ts";
import { isInside, isMountPoint, makeParents, realPath, requireEmpty } from "./data/target-folder.ts";
import { openStore } from "../store/store.ts";

/**
 * Copies a data folder into a new folder: one consistent copy of its database, the checkpoint of that copy, and its
 * secrets encrypted. A service may have the folder open. The secrets must be those of the copy, so that every backup
 * that is made can be restored.
 * @param target absent or empty; its parents are made where they are missing
 * @param passphrase undefined for a backup without the secrets
 * @throws StoreRefused where there is no store, the target cannot be used, or the disk is full
 */
export async function makeBackup(
  data: string,
  target: string,
  passphrase: string | undefined,
): Promise<Manifest> {
  requireBackupPossible(data, target);
  const folder = realPath(target);
  const removeParents = makeParents(folder);
  let staging: string | undefined;
  try {
    staging = mkdtempSync(`${folder}.part-`);
    const manifest = await fill(staging, data, passphrase);
    if (existsSync(folder)) rmdirSync(folder);
    renameSync(staging, folder);
    flushFolder(dirname(folder));
    return manifest;
  } catch (error) {
    if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
    removeParents();
    throw writeRefusal(error, folder);
  }
}

/**
 * Checks what can be known before a backup is made, so that a person is asked for no passphrase in vain.
 * @throws StoreRefused where there is no store, or the target cannot become a backup
 */
export function requireBackupPossible(data: string, target: string): void {
  const database = join(data, "suyuan.db");
  if (!existsSync(database))
    throw new StoreRefused(
      `there is no store in ${data}; where a service runs on another machine, back it up there`,
    );
  try {
    requireThisVersion(database);
  } catch (error) {
    throw copyRefusal(error, database);
  }
  const folder = realPath(target);
  requireEmpty(folder, "a backup");
  if (isInside(folder, realPath(data)))
    throw new StoreRefused(
      `${target} lies inside the data folder ${data}, so one lost disk would take both: name a folder elsewhere`,
    );
  if (isMountPoint(folder)) throw new StoreRefused(`${target} is a mount point: name a new folder inside it`);
}

/** Writes a whole backup into an empty folder. */
async function fill(staging: string, data: string, passphrase: string | undefined): Promise<Manifest> {
  const database = join(data, "suyuan.db");
  await snapshot(database, databaseIn(staging));
  const folder = new DataFolder(data);
  const { note, checkpoint } = verifyCopy(databaseIn(staging), folder);
  const { origin, size, root } = checkpoint;
  const keys = passphrase === undefined ? undefined : await encryptSecrets(folder.secrets(), passphrase);
  const at = new Date().toISOString();
  return completeBackup(staging, { origin, size, root: bytesToHex(root), at, checkpoint: note }, keys);
}

/** Reads the copy's checkpoint, which the folder's key must have signed. The folder must have the secret of each epoch. */
function verifyCopy(copy: string, folder: DataFolder): { note: string; checkpoint: Checkpoint } {
  const binding = openSqliteCopy(copy);
  try {
    const store = openStore(binding);
    epochKeys(store, folder);
    const stored = store.ledger.checkpoint();
    if (stored === undefined)
      throw new StoreRefused(
        `the store in ${folder.path} has no checkpoint: no service was ever started on it`,
      );
    const checkpoint = readCheckpoint(stored.note, identityOf(store, folder), `the store in ${folder.path}`);
    return { note: stored.note, checkpoint };
  } finally {
    binding.close();
  }
}
