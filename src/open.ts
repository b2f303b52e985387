import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { Keyring } from "./code/keyring.ts";
import { deriveEpochKeys, keyCheckValue } from "./code/keys.ts";
import { type Checkpoint, parseCheckpoint } from "./ledger/checkpoint.ts";
import { nodeSignerFromSeed } from "./ledger/ed25519.node.ts";
import { openNote } from "./ledger/note.ts";
import {
  ED25519,
  formatSignerKey,
  makeVerifierKey,
  parseSignerKey,
  type SignerKey,
} from "./ledger/note-key.ts";
import type { Config } from "./config.ts";
import { nodePlatform } from "./platform.node.ts";
import { Scan } from "./scan/scan.ts";
import type { MakeBackup } from "./services/backup.ts";
import { Issuer } from "./services/codes/issuer.ts";
import { BatchRegister } from "./services/codes/register.ts";
import { BatchTrees } from "./services/codes/tree.ts";
import { newApiKey } from "./services/filing/api-key.ts";
import { rightEdge } from "./services/ledger/log.ts";
import { Writer } from "./services/ledger/writer.ts";
import type { LogIdentity, Platform } from "./services/platform.ts";
import type { Service, Settings } from "./services/service.ts";
import { StoreRefused } from "./store/binding.ts";
import { DataFolder } from "./store/folder.ts";
import { openSqlite, type SqliteBinding } from "./store/sqlite.ts";
import { openStore, type Store } from "./store/store.ts";

/** A service on a data folder, and what only its process may do with it. */
export interface OpenService {
  service: Service;
  binding: SqliteBinding;
  /** What the first start made; absent at later ones. */
  firstStart?: FirstStart;
  close(): Promise<void>;
}

export interface FirstStart {
  /** The operator's API key, shown this once. */
  operatorKey: string;
  /** Files that must be backed up: without them the codes and the log cannot go on. */
  backUp: string[];
}

/**
 * Opens the service in its data folder: store, keys, log; makes them at the first start.
 * @throws StoreRefused where another process has the folder, a newer version wrote it, a secret is missing or wrong, or
 * the database is older than the last checkpoint
 */
export function openService(config: Config, platform: Platform = nodePlatform): OpenService {
  const fresh = !existsSync(join(config.data, "suyuan.db"));
  const binding = openSqlite(config.data);
  try {
    const store = openStore(binding);
    const folder = new DataFolder(config.data);
    const begun = store.service.meta("origin") !== undefined;
    if (!begun && (folder.used || (!fresh && !folder.beginning && folder.logKey() !== undefined)))
      throw new StoreRefused(
        `the store in ${config.data} is empty, but its keys exist: was the database lost?`,
      );
    const firstStart = begun ? undefined : beginStore(store, folder, config, platform);
    folder.begun();
    const identity = identityOf(store, folder);
    refuseRollback(store, folder, identity, platform);
    const keyring = new Keyring(epochKeys(store, folder));
    const register = new BatchRegister(store);
    const scan = new Scan({ store, keyring, register, platform });
    const writer = new Writer(store, identity, platform, {
      keep: ({ note }) => folder.writeCheckpoint(note),
      refused: reportRefusal,
      readAgain: () => {
        register.readAgain();
        scan.recallsChanged();
        issuer.start();
      },
    });
    const settings: Settings = {
      host: config.host,
      ledgerNumber: Number(store.service.meta("ledgerNumber")),
      autoApprove: config.autoApprove,
      defaultQuota: config.defaultQuota,
      unusedExpireDays: config.unusedExpireDays,
      trustProxy: config.trustProxy,
      anonymousPerMinute: config.anonymousPerMinute,
    };
    const issuer = new Issuer({ store, writer, platform, keyring, register, settings }, reportFailure);
    const service: Service = {
      store,
      platform,
      identity,
      keyring,
      writer,
      register,
      trees: new BatchTrees(store, keyring, platform),
      scan,
      issuer,
      makeBackup: backupsIn(join(config.data, "backups"), binding, platform),
      settings,
    };
    issuer.start();
    const close = async (): Promise<void> => {
      await issuer.stop();
      await writer.settled();
      try {
        scan.close();
      } finally {
        binding.close();
      }
    };
    return firstStart ? { service, binding, firstStart, close } : { service, binding, close };
  } catch (error) {
    binding.close();
    throw error;
  }
}

/** For the operator's eyes: callers are shown that issuing stopped, and nothing of an unexpected error. */
function reportFailure(batch: string, error: unknown): void {
  console.error(`issuing of ${batch} stopped:`, error);
}

/** One line: on a full disk there is one for every group of writes. */
function reportRefusal(error: unknown): void {
  console.error(`writes were refused: ${error instanceof Error ? describeCause(error) : String(error)}`);
}

function describeCause({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** Copies go into a folder of their own, named by the time; two of one millisecond do not overwrite each other. */
function backupsIn(folder: string, binding: SqliteBinding, platform: Platform): MakeBackup {
  return async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const at = new Date(platform.now()).toISOString();
    const file = join(folder, `suyuan-${at.replaceAll(":", "-")}-${bytesToHex(platform.random(4))}.db`);
    await binding.backup(file);
    return { file, sizeBytes: statSync(file).size, at };
  };
}

function beginStore(store: Store, folder: DataFolder, config: Config, platform: Platform): FirstStart {
  const origin = `${config.host}/log`;
  const secret = platform.random(32);
  const operatorKey = newApiKey(platform, "operator", "operator", "operator", "made at the first start");
  folder.begin();
  // Secrets first: a database that names an epoch whose secret was never written could not be opened again.
  if (folder.logKey() === undefined)
    folder.addLogKey(formatSignerKey({ name: origin, seed: platform.random(32) }));
  if (folder.epochSecret(0) === undefined) folder.addEpochSecret(0, bytesToHex(secret));
  const kept = hexToBytes(folder.epochSecret(0) as string);
  folder.addOperatorKey(operatorKey.secret);
  store.transact(() => {
    store.service.setMeta("origin", origin);
    store.service.setMeta("ledgerNumber", String(config.ledgerNumber));
    store.service.addEpoch(0, keyCheckValue(kept), platform.now());
    store.filing.addKey(operatorKey.row(platform.now()));
  });
  return {
    operatorKey: operatorKey.secret,
    backUp: [folder.keyFile("epoch-000.key"), folder.keyFile("log.key"), join(config.data, "suyuan.db")],
  };
}

function identityOf(store: Store, folder: DataFolder): LogIdentity {
  const origin = store.service.meta("origin") as string;
  const skey = folder.logKey();
  if (skey === undefined)
    throw new StoreRefused(`the log's key is missing: put ${folder.keyFile("log.key")} back from the backup`);
  const { name, seed } = readSignerKey(skey, folder.keyFile("log.key"));
  if (name !== origin)
    throw new StoreRefused(
      `the key in ${folder.keyFile("log.key")} is of ${name}, but this log is ${origin}`,
    );
  return { origin, signer: nodeSignerFromSeed(seed) };
}

function readSignerKey(skey: string, file: string): SignerKey {
  try {
    return parseSignerKey(skey);
  } catch (error) {
    throw new StoreRefused(`${file} holds no signing key: ${(error as Error).message}`, { cause: error });
  }
}

function epochKeys(store: Store, folder: DataFolder) {
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

/** The last checkpoint is kept outside the database too: a database behind it is an old copy. */
function refuseRollback(store: Store, folder: DataFolder, identity: LogIdentity, platform: Platform): void {
  const stored = store.ledger.checkpoint();
  if (stored) readCheckpoint(stored.note, identity, `the store in ${folder.path}`);
  const note = folder.checkpoint();
  if (note === undefined) return;
  const last = readCheckpoint(note, identity, join(folder.path, "checkpoint"));
  const size = store.ledger.size();
  if (size < last.size)
    throw new StoreRefused(
      `the database has ${size} records, but ${last.size} were acknowledged (${join(folder.path, "checkpoint")}): ` +
        "it is an old copy, or records were lost",
    );
  const root = rightEdge(store, platform.sha256, last.size).root();
  if (bytesToHex(root) !== bytesToHex(last.root))
    throw new StoreRefused(
      `the first ${last.size} records are not those of the last checkpoint: the log was rewritten`,
    );
}

function readCheckpoint(note: string, { origin, signer }: LogIdentity, where: string): Checkpoint {
  try {
    const { text } = openNote(note, [makeVerifierKey(origin, ED25519, signer.publicKey)]);
    return parseCheckpoint(text);
  } catch (error) {
    const reason = (error as Error).message;
    throw new StoreRefused(`${where}: no checkpoint that the log's key has signed: ${reason}`, {
      cause: error,
    });
  }
}
