import { BatchRegister } from "../scan/batch-register.ts";
import { catchUp } from "../services/custody/catch-up.ts";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@noble/hashes/utils.js";
import { keyCheckValue } from "../core/code/keys.ts";
import { EPOCH_LIMIT } from "../core/code/serial.ts";
import { type Checkpoint, parseCheckpoint } from "../core/ledger/checkpoint.ts";
import { nodeSignerFromSeed } from "./ed25519.ts";
import { parseNote } from "../core/ledger/note.ts";
import { formatSignerKey } from "../core/ledger/note-key.ts";
import { nextOrigin } from "../core/ledger/origin.ts";
import { acceptClock, forgetDecision } from "./clock-decision.ts";
import { configFrom } from "./config.ts";
import { openService } from "./open.ts";
import { nodePlatform } from "./platform.ts";
import { auditLedger } from "../services/audit/audit.ts";
import { signCheckpoint } from "../services/ledger/log-key.ts";
import { rightEdge } from "../services/ledger/log.ts";
import { recordRestoring } from "../services/ledger/restoring.ts";
import type { LogIdentity } from "../platform.ts";
import type { Caller } from "../services/caller.ts";
import { epochKeys, identityOf, readCheckpoint, signerOf } from "./start-checks.ts";
import { readBackup } from "./data/backup-format.ts";
import { StoreRefused } from "../store/binding.ts";
import { DataFolder, flushFolder, isKeyFileName, restoringFolder } from "./data/folder.ts";
import { decryptSecrets, type Secrets } from "./data/key-archive.ts";
import { checkIntegrity, snapshot } from "./data/snapshot.ts";
import { openSqlite } from "./data/sqlite.ts";
import { writeRefusal } from "./data/store-refusal.ts";
import { isInside, makeParents, realPath, requireEmpty } from "./data/target-folder.ts";
import type { StoredCheckpoint } from "../store/log.ts";
import { openStore, type Store } from "../store/store.ts";

/** The backup to restore, the target folder, and the checkpoint that the backup must agree with. */
export interface RestoreRequest {
  /** A backup, or the file of a database such as a replica's. */
  from: string;
  /** Secrets that are not in the backup: a folder of key files, or an archive with a passphrase. */
  keys: string | undefined;
  /** The target: absent or empty. */
  data: string;
  /** Called only where an archive must be decrypted. */
  passphrase: () => Promise<string>;
  /** The newest checkpoint of the log that is known outside the backup, a signed note. */
  newest: string | undefined;
  /** Where records are lost, continue as a new log. */
  force: boolean;
  /** Called with the records, chains and batches checked so far, and their total; at the end with both equal. */
  progress?: (done: number, total: number) => void;
}

export interface Restored {
  /** The name of the log from now on. */
  origin: string;
  /** The copy's records, without the one about restoring it. */
  size: number;
  /** The number of records that are known to be lost; null where it cannot be known. */
  lost: number | null;
  /** True where the log continues as a new log, with a new name and a new key. */
  newLog: boolean;
  /** Codes are made in this epoch from now on. */
  epoch: number;
  /** The log index of the record about the restore. */
  record: number;
}

const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "command line" };

/** The facts that verifying a copy established. */
interface VerifiedCopy {
  identity: LogIdentity;
  copy: Checkpoint;
}

/**
 * Makes a data folder from a backup. First it verifies everything: the files against the manifest, the secrets against
 * the copy, every record up to the signed root, and the whole against a checkpoint from outside. Codes are made in a new
 * epoch afterwards, since serials issued after the copy may be printed already. The work happens in `restoring/`, which is
 * moved into place at the end: a folder with `restoring/` in it is not served.
 * @throws StoreRefused
 */
export async function restore(request: RestoreRequest): Promise<Restored> {
  if (request.newest === undefined && !request.force)
    throw new StoreRefused(
      "without a checkpoint from outside, nobody can know whether the backup has all records of the log. --checkpoint " +
        "takes the newest there is: the old folder's file checkpoint, the service's /log/checkpoint, a witness's or a " +
        "monitor's. If there is none, --force continues after the backup as a new log",
    );
  const data = realPath(request.data);
  requireTarget(data, request.from);
  const made = !existsSync(data);
  const removeParents = makeParents(data);
  const staging = restoringFolder(data);
  let restored: Restored;
  try {
    mkdirSync(staging, { recursive: true, mode: 0o700 });
    await copyIn(request, staging);
    restored = await complete(staging, await prepare(request, staging));
  } catch (error) {
    rmSync(made ? data : staging, { recursive: true, force: true });
    removeParents();
    throw writeRefusal(error, data);
  }
  // A failure from here on leaves `restoring/` behind, so that a folder with half of the files is never served.
  try {
    moveIntoPlace(staging, data);
  } catch (error) {
    throw writeRefusal(error, data);
  }
  return restored;
}

/** @throws StoreRefused where the target has something in it, or is part of the backup */
function requireTarget(data: string, from: string): void {
  requireEmpty(data, "a restore");
  if (existsSync(from) && statSync(from).isDirectory() && isInside(data, realPath(from)))
    throw new StoreRefused(`${data} lies inside the backup ${from}: name a folder elsewhere with --data`);
}

/** Copies the database and the secrets into the staging folder. */
async function copyIn(request: RestoreRequest, staging: string): Promise<void> {
  const database = join(staging, "suyuan.db");
  const folder = new DataFolder(staging);
  if (!existsSync(request.from)) throw new StoreRefused(`there is no backup at ${request.from}`);
  if (!statSync(request.from).isDirectory()) {
    if (request.keys === undefined)
      throw new StoreRefused(
        `${request.from} is a database without its secrets: give them with --keys, a folder keys/ or a keys.age`,
      );
    await snapshot(request.from, database);
    folder.addSecrets(await secretsAt(request.keys, request.passphrase));
    return;
  }
  const backup = await readBackup(request.from);
  if (request.keys !== undefined) folder.addSecrets(await secretsAt(request.keys, request.passphrase));
  else if (backup.keys === undefined)
    throw new StoreRefused(
      `the backup was made without its secrets: give them with --keys, a folder keys/ or a keys.age`,
    );
  else folder.addSecrets(await decryptSecrets(backup.keys, await request.passphrase()));
  await snapshot(backup.database, database);
  const { origin, size, root } = parseCheckpoint(parseNote(backup.checkpoint).text);
  const { manifest } = backup;
  if (origin !== manifest.origin || size !== manifest.size || bytesToHex(root) !== manifest.root)
    throw new StoreRefused(
      `the checkpoint in ${request.from} is not the one in its manifest: the backup was changed`,
    );
}

async function secretsAt(path: string, passphrase: () => Promise<string>): Promise<Secrets> {
  if (!existsSync(path)) throw new StoreRefused(`there are no keys at ${path}`);
  if (!statSync(path).isDirectory())
    return decryptSecrets(new Uint8Array(readFileSync(path)), await passphrase());
  const names = readdirSync(path).filter((name) => isKeyFileName(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), "utf8")]));
}

interface Prepared extends VerifiedCopy {
  newest: Checkpoint | undefined;
  newLog: boolean;
}

/** Verifies the copy, decides whether its log continues, and starts the new epoch and, where needed, the new log. */
async function prepare(request: RestoreRequest, staging: string): Promise<Prepared> {
  checkIntegrity(join(staging, "suyuan.db"));
  const binding = openSqlite(staging);
  try {
    const store = openStore(binding);
    const folder = new DataFolder(staging);
    catchUp({ store, register: new BatchRegister(store) }, true);
    const verified = await verifyCopy(store, folder, request);
    const newest = newestOf(request, verified.identity);
    const newLog = needsNewLog(request, store, verified.copy, newest);
    startEpoch(store, folder);
    if (newLog) startLog(store, folder, verified, originIn(request.newest));
    folder.putCheckpoint((store.ledger.checkpoint() as StoredCheckpoint).note);
    return { ...verified, newest, newLog };
  } finally {
    binding.close();
  }
}

async function verifyCopy(
  store: Store,
  folder: DataFolder,
  { from, progress = () => undefined }: RestoreRequest,
): Promise<VerifiedCopy> {
  const stored = store.ledger.checkpoint();
  if (store.service.meta("origin") === undefined || stored === undefined)
    throw new StoreRefused(
      `${from} has no log, since no service was ever started on it: there is nothing to restore`,
    );
  const identity = identityOf(store, folder);
  epochKeys(store, folder);
  const copy = readCheckpoint(stored.note, identity, from);
  const key = signerOf(stored.note, identity);
  const result = await auditLedger({ store, key, platform: nodePlatform, progress });
  const [found] = result.breaks;
  if (!result.ok)
    throw new StoreRefused(
      `${from} is not what was signed: ${found?.rule}, at ${found?.at}: expected ${found?.expected}, found ${found?.found}`,
    );
  return { identity, copy };
}

/** The checkpoint from outside. The log's key must have signed it. */
function newestOf({ newest, force }: RestoreRequest, identity: LogIdentity): Checkpoint | undefined {
  if (newest === undefined) return undefined;
  try {
    return readCheckpoint(newest, identity, "--checkpoint");
  } catch (error) {
    // A checkpoint of a later log is signed by another key. Only its name is used: the next log must not reuse it.
    if (force && isLater(newest, identity.origin)) return undefined;
    throw error;
  }
}

function isLater(note: string, origin: string): boolean {
  const later = originIn(note);
  return later !== undefined && later !== origin && nextOrigin(origin, later) !== nextOrigin(origin);
}

function originIn(note: string | undefined): string | undefined {
  if (note === undefined) return undefined;
  try {
    return parseCheckpoint(parseNote(note).text).origin;
  } catch {
    return undefined;
  }
}

/** @throws StoreRefused where the copy is of another history, or is behind without `force` */
function needsNewLog(
  { force }: RestoreRequest,
  store: Store,
  copy: Checkpoint,
  newest: Checkpoint | undefined,
): boolean {
  if (newest === undefined) return true;
  if (newest.size > copy.size) {
    if (force) return true;
    throw new StoreRefused(
      `the backup has ${copy.size} records, and the log had ${newest.size}: ${newest.size - copy.size} acknowledged ` +
        "records would be lost. Look for a newer backup first. --force restores this one as a new log, with a new name " +
        "and a new key: it lacks the lost records, codes ordered since are unknown to it, and everybody who verifies " +
        "needs the new key",
    );
  }
  const root = rightEdge(store, nodePlatform.sha256, newest.size).root();
  if (bytesToHex(root) !== bytesToHex(newest.root))
    throw new StoreRefused(
      `the first ${newest.size} records of the backup are not those of the checkpoint: one of them is of another history`,
    );
  return false;
}

/** Starts an epoch with a new secret, so that codes issued after the copy can never open to other goods. */
function startEpoch(store: Store, folder: DataFolder): void {
  // The secrets may be newer than the copy: then codes of later epochs exist already.
  const epoch = Math.max(...folder.epochs()) + 1;
  if (epoch >= EPOCH_LIMIT)
    throw new StoreRefused(`all ${EPOCH_LIMIT} epochs are used: this store cannot be restored again`);
  const secret = nodePlatform.random(32);
  folder.addEpochSecret(epoch, bytesToHex(secret));
  store.transact(() => store.service.addEpoch(epoch, keyCheckValue(secret), nodePlatform.now()));
}

/** Gives the log a new name and key, so that no checkpoint of the old log can contradict one of the new log. */
function startLog(
  store: Store,
  folder: DataFolder,
  { copy }: VerifiedCopy,
  latest: string | undefined,
): void {
  const origin = nextOrigin(copy.origin, latest);
  const seed = nodePlatform.random(32);
  const identity = { origin, signers: [nodeSignerFromSeed(seed)] };
  folder.replaceLogKeys([formatSignerKey({ name: origin, seed })]);
  store.transact(() => {
    store.service.setMeta("origin", origin);
    store.ledger.putCheckpoint(copy.size, signCheckpoint(identity, copy.size, copy.root));
    store.ledger.dropPublished();
  });
}

/** Opens the service as a start would, and records the restore. */
async function complete(staging: string, { copy, newest, newLog }: Prepared): Promise<Restored> {
  // Restoring an old backup is the operator's decision: the clock may be months ahead of its last record.
  acceptClock(staging, nodePlatform.now());
  const opened = openService(configFrom({ SUYUAN_DATA: staging }));
  const { service } = opened;
  try {
    const record = await recordRestoring(service, OPERATOR, { copy, newest });
    return {
      origin: service.identity.origin,
      size: copy.size,
      lost: newest === undefined ? null : Math.max(0, newest.size - copy.size),
      newLog,
      epoch: service.keyring.newest.epoch,
      record,
    };
  } finally {
    await opened.close();
    forgetDecision(staging);
  }
}

/** Moves the database last. The folder is not served until the staging folder is gone. */
function moveIntoPlace(staging: string, data: string): void {
  rmSync(join(staging, "lock.db"), { force: true });
  const names = readdirSync(staging).filter((name) => name !== "suyuan.db");
  for (const name of [...names, "suyuan.db"]) renameSync(join(staging, name), join(data, name));
  flushFolder(data);
  rmdirSync(staging);
  flushFolder(data);
}
