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
import { readBackup } from "./data/backup-folder.ts";
import { StoreRefused } from "../store/binding.ts";
import { DataFolder, flushFolder, isKeyFileName, restoringFolder } from "./data/folder.ts";
import { openSecrets, type Secrets } from "./data/key-archive.ts";
import { checkIntegrity, snapshot } from "./data/snapshot.ts";
import { openSqlite } from "./data/sqlite.ts";
import type { StoredCheckpoint } from "../store/log.ts";
import { openStore, type Store } from "../store/store.ts";

/** What is restored, where to, and what it must agree with. */
export interface RestoreRequest {
  /** A backup, or the file of a database such as a replica's. */
  from: string;
  /** Where the secrets are kept apart: a folder of key files, or a file that a passphrase opens. */
  keys: string | undefined;
  /** The folder that it becomes: absent or empty. */
  data: string;
  /** Asked for where secrets must be opened. */
  passphrase: () => Promise<string>;
  /** The newest checkpoint of the log that is known outside the backup, a signed note. */
  newest: string | undefined;
  /** Where records are lost, begin a new log after what there is. */
  force: boolean;
  /** Told how many records are proven, of how many. */
  progress?: (done: number, total: number) => void;
}

export interface Restored {
  /** The log goes on under this name. */
  origin: string;
  /** The copy's records, without the one about restoring it. */
  size: number;
  /** Records that are known to be lost; null where nobody can tell. */
  lost: number | null;
  /** True where the log began anew: new name and new key. */
  anew: boolean;
  /** Codes are made in this epoch from now on. */
  epoch: number;
  /** The log index of the record that says all this. */
  record: number;
}

const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "command line" };

/** What a copy was proven to be. */
interface Proven {
  identity: LogIdentity;
  copy: Checkpoint;
}

/**
 * Makes a data folder of a backup. Everything is proven first: the files by the manifest, the secrets by the copy, every
 * record up to the signed root, and the whole by a checkpoint from outside. Codes are made in a new epoch afterwards,
 * since serials handed out after the copy may be out in the world. It is done aside, in `restoring/`, and brought into
 * place at the end: a folder with that in it is not served.
 * @throws StoreRefused
 */
export async function restore(request: RestoreRequest): Promise<Restored> {
  const { data } = request;
  if (request.newest === undefined && !request.force)
    throw new StoreRefused(
      "without a checkpoint from outside nobody can tell whether the backup is all of the log: --checkpoint takes the " +
        "newest there is: the old folder's file checkpoint, the service's /log/checkpoint, a witness's or a monitor's. " +
        "Where there is none, --force begins a new log after what the backup has",
    );
  const made = requireEmpty(data);
  const aside = restoringFolder(data);
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  let restored: Restored;
  try {
    await bringIn(request, aside);
    restored = await complete(aside, await prepare(request, aside));
  } catch (error) {
    rmSync(made ? data : aside, { recursive: true, force: true });
    throw error;
  }
  bringOut(aside, data);
  return restored;
}

/** @returns whether the folder is not there yet */
function requireEmpty(data: string): boolean {
  if (!existsSync(data)) return true;
  // A disk of its own has this folder from the beginning.
  const there = readdirSync(data).filter((name) => name !== "lost+found");
  if (there.length > 0)
    throw new StoreRefused(
      `${data} is not empty (${there.slice(0, 3).join(", ")}): a restore overwrites nothing`,
    );
  return false;
}

/** Copies the database and the secrets aside. */
async function bringIn(request: RestoreRequest, aside: string): Promise<void> {
  const database = join(aside, "suyuan.db");
  const folder = new DataFolder(aside);
  if (!existsSync(request.from)) throw new StoreRefused(`there is no backup at ${request.from}`);
  if (!statSync(request.from).isDirectory()) {
    if (request.keys === undefined)
      throw new StoreRefused(`${request.from} is a database without its secrets: --keys says where they are`);
    await snapshot(request.from, database);
    folder.addSecrets(await secretsAt(request.keys, request.passphrase));
    return;
  }
  const backup = await readBackup(request.from);
  if (request.keys !== undefined) folder.addSecrets(await secretsAt(request.keys, request.passphrase));
  else if (backup.keys === undefined)
    throw new StoreRefused(`the backup was made without its secrets: --keys says where they are`);
  else folder.addSecrets(await openSecrets(backup.keys, await request.passphrase()));
  await snapshot(backup.database, database);
  const { origin, size, root } = parseCheckpoint(parseNote(backup.checkpoint).text);
  const { manifest } = backup;
  if (origin !== manifest.origin || size !== manifest.size || bytesToHex(root) !== manifest.root)
    throw new StoreRefused(`the checkpoint in ${request.from} is not the one that its manifest names`);
}

async function secretsAt(path: string, passphrase: () => Promise<string>): Promise<Secrets> {
  if (!existsSync(path)) throw new StoreRefused(`there are no keys at ${path}`);
  if (!statSync(path).isDirectory())
    return openSecrets(new Uint8Array(readFileSync(path)), await passphrase());
  const names = readdirSync(path).filter((name) => isKeyFileName(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), "utf8")]));
}

interface Beginning extends Proven {
  newest: Checkpoint | undefined;
  anew: boolean;
}

/** Proves the copy, decides whether its log goes on, and begins the epoch, and where it must be, the log. */
async function prepare(request: RestoreRequest, aside: string): Promise<Beginning> {
  checkIntegrity(join(aside, "suyuan.db"));
  const binding = openSqlite(aside);
  try {
    const store = openStore(binding);
    const folder = new DataFolder(aside);
    const proven = await prove(store, folder, request);
    const newest = newestOf(request, proven.identity);
    const anew = beginsAnew(request, store, proven.copy, newest);
    beginEpoch(store, folder);
    if (anew) beginLog(store, folder, proven, originIn(request.newest));
    folder.putCheckpoint((store.ledger.checkpoint() as StoredCheckpoint).note);
    return { ...proven, newest, anew };
  } finally {
    binding.close();
  }
}

async function prove(
  store: Store,
  folder: DataFolder,
  { from, progress = () => undefined }: RestoreRequest,
): Promise<Proven> {
  const stored = store.ledger.checkpoint();
  if (store.service.meta("origin") === undefined || stored === undefined)
    throw new StoreRefused(`${from} was never started: there is nothing to restore`);
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

/** The checkpoint from outside, where the log's key has signed it. */
function newestOf({ newest, force }: RestoreRequest, identity: LogIdentity): Checkpoint | undefined {
  if (newest === undefined) return undefined;
  try {
    return readCheckpoint(newest, identity, "--checkpoint");
  } catch (error) {
    // Of a log that took this one's place it tells at least the name; nothing of it is believed.
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

/** @throws StoreRefused where the copy is of another history, or is behind and that is not accepted */
function beginsAnew(
  { force }: RestoreRequest,
  store: Store,
  copy: Checkpoint,
  newest: Checkpoint | undefined,
): boolean {
  if (newest === undefined) return true;
  if (newest.size > copy.size) {
    if (force) return true;
    throw new StoreRefused(
      `the backup has ${copy.size} records, and the log had ${newest.size}: ${newest.size - copy.size} that were ` +
        "acknowledged would be lost. Look for a newer backup first. --force restores this one as a new log, with a new " +
        "name and a new key: the lost records are not in it, codes ordered since are unknown to it, and whoever verifies " +
        "needs its new key",
    );
  }
  const root = rightEdge(store, nodePlatform.sha256, newest.size).root();
  if (bytesToHex(root) !== bytesToHex(newest.root))
    throw new StoreRefused(
      `the first ${newest.size} records of the backup are not those of the checkpoint: one of them is of another history`,
    );
  return false;
}

/** Serials that were handed out after the copy can then never name other goods: new ones are sealed with another secret. */
function beginEpoch(store: Store, folder: DataFolder): void {
  // The secrets may be newer than the copy: then later epochs were begun, and codes of theirs are out.
  const epoch = Math.max(...folder.epochs()) + 1;
  if (epoch >= EPOCH_LIMIT) throw new StoreRefused(`all ${EPOCH_LIMIT} epochs are used up`);
  const secret = nodePlatform.random(32);
  folder.addEpochSecret(epoch, bytesToHex(secret));
  store.transact(() => store.service.addEpoch(epoch, keyCheckValue(secret), nodePlatform.now()));
}

/** A new name and a new key: nothing that the old log signed can contradict what the new one signs. */
function beginLog(store: Store, folder: DataFolder, { copy }: Proven, latest: string | undefined): void {
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

/** Opens the service as it will be opened, and writes the record of it. */
async function complete(aside: string, { copy, newest, anew }: Beginning): Promise<Restored> {
  const opened = openService(configFrom({ SUYUAN_DATA: aside }));
  const { service } = opened;
  try {
    const record = await recordRestoring(service, OPERATOR, { copy, newest });
    return {
      origin: service.identity.origin,
      size: copy.size,
      lost: newest === undefined ? null : Math.max(0, newest.size - copy.size),
      anew,
      epoch: service.keyring.newest.epoch,
      record,
    };
  } finally {
    await opened.close();
  }
}

/** The database comes last; until the folder aside is gone, none of it is served. */
function bringOut(aside: string, data: string): void {
  rmSync(join(aside, "lock.db"), { force: true });
  const names = readdirSync(aside).filter((name) => name !== "suyuan.db");
  for (const name of [...names, "suyuan.db"]) renameSync(join(aside, name), join(data, name));
  flushFolder(data);
  rmdirSync(aside);
  flushFolder(data);
}
