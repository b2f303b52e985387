import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Checkpoint } from "../core/ledger/checkpoint.ts";
import { epochKeys, identityOf, readCheckpoint } from "./start-checks.ts";
import { completeBackup, databaseIn, type Manifest } from "./data/backup-folder.ts";
import { StoreRefused } from "../store/binding.ts";
import { DataFolder, flushFolder } from "./data/folder.ts";
import { sealSecrets } from "./data/key-archive.ts";
import { snapshot } from "./data/snapshot.ts";
import { openSqliteCopy, requireThisVersion } from "./data/sqlite.ts";
import { openStore } from "../store/store.ts";

/**
 * Copies a data folder into a new folder: one consistent copy of its store, also while a service serves it, the copy's
 * checkpoint, and its secrets encrypted. What could not be restored is not made: the secrets must be those of the copy.
 * @param target made when it is complete; never overwritten
 * @param passphrase undefined for a backup without the secrets
 * @throws StoreRefused
 */
export async function makeBackup(
  data: string,
  target: string,
  passphrase: string | undefined,
): Promise<Manifest> {
  const database = join(data, "suyuan.db");
  if (!existsSync(database))
    throw new StoreRefused(
      `there is no store in ${data}; where a service runs on another machine, back it up there`,
    );
  if (existsSync(target)) throw new StoreRefused(`${target} exists already; a backup never overwrites`);
  requireThisVersion(database);
  const aside = mkdtempSync(`${target}.part-`);
  try {
    await snapshot(database, databaseIn(aside));
    const folder = new DataFolder(data);
    const { note, checkpoint } = prove(databaseIn(aside), folder);
    const { origin, size, root } = checkpoint;
    const keys = passphrase === undefined ? undefined : await sealSecrets(folder.secrets(), passphrase);
    const at = new Date().toISOString();
    const facts = { origin, size, root: bytesToHex(root), at, checkpoint: note };
    const manifest = await completeBackup(aside, facts, keys);
    renameSync(aside, target);
    flushFolder(dirname(target));
    return manifest;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** The copy's checkpoint, signed by the folder's key; every epoch of the copy has its secret there. */
function prove(copy: string, folder: DataFolder): { note: string; checkpoint: Checkpoint } {
  const binding = openSqliteCopy(copy);
  try {
    const store = openStore(binding);
    epochKeys(store, folder);
    const stored = store.ledger.checkpoint();
    if (stored === undefined)
      throw new StoreRefused(`the store in ${folder.path} has no checkpoint: it was never started`);
    const checkpoint = readCheckpoint(stored.note, identityOf(store, folder), `the store in ${folder.path}`);
    return { note: stored.note, checkpoint };
  } finally {
    binding.close();
  }
}
