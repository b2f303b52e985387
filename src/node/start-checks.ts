import { join } from "node:path";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { deriveEpochKeys, type EpochKeys, keyCheckValue } from "../core/code/keys.ts";
import { type Checkpoint, parseCheckpoint } from "../core/ledger/checkpoint.ts";
import { nodeSignerFromSeed } from "./ed25519.ts";
import { openNote } from "../core/ledger/note.ts";
import { parseSignerKey, type SignerKey, type VerifierKey } from "../core/ledger/note-key.ts";
import { logKeys, signCheckpoint } from "../services/ledger/log-key.ts";
import { rightEdge } from "../services/ledger/log.ts";
import type { LogIdentity, Platform } from "../platform.ts";
import { StoreRefused } from "../store/binding.ts";
import type { DataFolder } from "./data/folder.ts";
import type { Store } from "../store/store.ts";

/**
 * The log's name and keys, from the store and the folder.
 * @throws StoreRefused where the key is missing, damaged, or of another log
 */
export function identityOf(store: Store, folder: DataFolder): LogIdentity {
  const origin = store.service.meta("origin") as string;
  const file = folder.keyFile("log.key");
  const skeys = folder.logKeys();
  if (skeys.length === 0)
    throw new StoreRefused(`the log's key is missing: put ${file} back from the backup`);
  const signers = skeys.map((skey) => {
    const { name, seed } = readSignerKey(skey, file);
    if (name !== origin)
      throw new StoreRefused(`the key in ${file} is of ${name}, but this log is ${origin}`);
    return nodeSignerFromSeed(seed);
  });
  return { origin, signers };
}

function readSignerKey(skey: string, file: string): SignerKey {
  try {
    return parseSignerKey(skey);
  } catch (error) {
    throw new StoreRefused(`${file} holds no signing key: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The secret from which secrets of API keys are derived. Made at the first start that misses it, also of a store from before:
 * keys made earlier keep working, and only their secrets are not repeated.
 * @throws StoreRefused where the file is damaged
 */
export function apiKeySecret(folder: DataFolder, platform: Platform): Uint8Array {
  if (folder.apiKeySecret() === undefined) folder.addApiKeySecret(bytesToHex(platform.random(32)));
  const hex = folder.apiKeySecret() as string;
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new StoreRefused(
      `${folder.keyFile("api-keys.key")} must hold 64 hexadecimal digits: put it back from the backup, or delete it`,
    );
  return hexToBytes(hex);
}

/**
 * The keys of every epoch that the store knows.
 * @throws StoreRefused where a secret is missing, or is not the one that the epoch's codes were made with
 */
export function epochKeys(store: Store, folder: DataFolder): EpochKeys[] {
  return store.service.epochs().map(({ number, keyCheck }) => {
    const hex = folder.epochSecret(number);
    const file = folder.keyFile(`epoch-${String(number).padStart(3, "0")}.key`);
    if (hex === undefined)
      throw new StoreRefused(`the secret of epoch ${number} is missing: put ${file} back`);
    if (!/^[0-9a-f]{64}$/.test(hex)) throw new StoreRefused(`${file} must hold 64 hexadecimal digits`);
    const secret = hexToBytes(hex);
    if (keyCheckValue(secret) !== keyCheck)
      throw new StoreRefused(
        `the secret in ${file} is not that of epoch ${number}: codes would open to other goods`,
      );
    return deriveEpochKeys(number, secret);
  });
}

/**
 * Checks the stored log against the checkpoint in the database and the one outside it: a database with fewer records is an
 * old copy.
 * @throws StoreRefused where it is behind, has other records, or a checkpoint is missing
 */
export function refuseRollback(
  store: Store,
  folder: DataFolder,
  identity: LogIdentity,
  { sha256 }: Platform,
): void {
  const stored = store.ledger.checkpoint();
  const own = stored && readCheckpoint(stored.note, identity, `the store in ${folder.path}`);
  const note = folder.checkpoint();
  const file = join(folder.path, "checkpoint");
  const size = store.ledger.size();
  if (note !== undefined) refuseBehind(readCheckpoint(note, identity, file), store, folder, sha256);
  if (size > 0 || own !== undefined) refuseAltered(own, store, folder, sha256);
  if (note === undefined && size > 0)
    throw new StoreRefused(
      `${file} is missing, so this database of ${size} records may be an old copy. ` +
        `Put it back from the folder that the database was served in; ${toGoOn(folder, "CHECKPOINT")}`,
    );
}

function refuseBehind(last: Checkpoint, store: Store, folder: DataFolder, sha256: Platform["sha256"]): void {
  const size = store.ledger.size();
  const file = join(folder.path, "checkpoint");
  if (size < last.size)
    throw new StoreRefused(
      `the database has ${size} records, but ${last.size} were acknowledged (${file}): ` +
        `it is an old copy, or records were lost. Put the newest copy back; ${toGoOn(folder, file)}`,
    );
  if (!isRootOf(last, store, sha256))
    throw new StoreRefused(
      `the first ${last.size} records are not those of the last checkpoint (${file}): the log was rewritten. ` +
        `Put the newest copy of the database back; ${toGoOn(folder, file)}`,
    );
}

function refuseAltered(
  own: Checkpoint | undefined,
  store: Store,
  { path }: DataFolder,
  sha256: Platform["sha256"],
): void {
  const size = store.ledger.size();
  if (own === undefined)
    throw new StoreRefused(`the store in ${path} has ${size} records and no checkpoint: restore a backup`);
  if (own.size !== size || !isRootOf(own, store, sha256))
    throw new StoreRefused(
      `the store in ${path} has ${size} records, which are not the ${own.size} of its own signed checkpoint: records ` +
        "were added, taken away or changed behind the service's back. Restore a backup",
    );
}

function isRootOf({ size, root }: Checkpoint, store: Store, sha256: Platform["sha256"]): boolean {
  try {
    return bytesToHex(rightEdge(store, sha256, size).root()) === bytesToHex(root);
  } catch (error) {
    // Records or hashes are missing.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function toGoOn({ path }: DataFolder, checkpoint: string): string {
  return (
    "to continue from this one, restore it into another folder: npx suyuan restore " +
    `${join(path, "suyuan.db")} --keys ${join(path, "keys")} --checkpoint ${checkpoint} --data FOLDER`
  );
}

/** The first of the log's keys that signed a checkpoint: another key may have been added later. @throws NoteError */
export function signerOf(note: string, identity: LogIdentity): VerifierKey {
  const { verified } = openNote(note, logKeys(identity));
  const signed = new Set(verified.map(({ keyId }) => keyId));
  return logKeys(identity).find(({ keyId }) => signed.has(keyId)) as VerifierKey;
}

/**
 * Signs the stored checkpoint again where a key of the log, added later, has not signed it.
 */
export function signWithEveryKey(store: Store, identity: LogIdentity): void {
  const stored = store.ledger.checkpoint();
  if (stored === undefined) return;
  const { text, verified } = openNote(stored.note, logKeys(identity));
  if (verified.length === identity.signers.length) return;
  const { size, root } = parseCheckpoint(text);
  store.transact(() => store.ledger.putCheckpoint(size, signCheckpoint(identity, size, root)));
}

/**
 * A checkpoint of this log that one of its keys has signed.
 * @param where the place of the note, for the message
 * @throws StoreRefused
 */
export function readCheckpoint(note: string, identity: LogIdentity, where: string): Checkpoint {
  try {
    const checkpoint = parseCheckpoint(openNote(note, logKeys(identity)).text);
    if (checkpoint.origin !== identity.origin)
      throw new RangeError(`it is of ${checkpoint.origin}, and this log is ${identity.origin}`);
    return checkpoint;
  } catch (error) {
    const reason = (error as Error).message;
    throw new StoreRefused(`${where}: no checkpoint that the log's key has signed: ${reason}`, {
      cause: error,
    });
  }
}
