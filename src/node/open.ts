import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { Keyring } from "../core/code/keyring.ts";
import { keyCheckValue } from "../core/code/keys.ts";
import { formatSignerKey } from "../core/ledger/note-key.ts";
import { type Policy, parsePolicy } from "../core/ledger/policy.ts";
import type { Config } from "./config.ts";
import { nodePlatform } from "./platform.ts";
import { Scan } from "../scan/scan.ts";
import type { MakeBackup } from "../services/backup.ts";
import { Issuer } from "../services/codes/issuer.ts";
import { BatchRegister } from "../scan/batch-register.ts";
import { BatchTrees } from "../services/codes/tree.ts";
import { newApiKey } from "../services/filing/api-key.ts";
import { Publisher, type Witnessing } from "../services/ledger/publisher.ts";
import { Writer } from "../services/ledger/writer.ts";
import type { Platform } from "../platform.ts";
import type { Service, Settings } from "../services/service.ts";
import { epochKeys, identityOf, refuseRollback, signWithEveryKey } from "./start-checks.ts";
import { StoreRefused } from "../store/binding.ts";
import { DataFolder, restoringFolder } from "./data/folder.ts";
import { openSqlite, type SqliteBinding } from "./data/sqlite.ts";
import type { StoredCheckpoint } from "../store/log.ts";
import { openStore, type Store } from "../store/store.ts";

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
  if (existsSync(restoringFolder(config.data)))
    throw new StoreRefused(
      `a restore into ${config.data} was not completed: empty that folder, and restore again`,
    );
  const fresh = !existsSync(join(config.data, "suyuan.db"));
  const binding = openSqlite(config.data);
  try {
    const store = openStore(binding);
    const folder = new DataFolder(config.data);
    const begun = store.service.meta("origin") !== undefined;
    if (!begun && (folder.used || (!fresh && !folder.beginning && folder.logKeys().length > 0)))
      throw new StoreRefused(
        `the store in ${config.data} is empty, but its keys exist: was the database lost?`,
      );
    const firstStart = begun ? undefined : beginStore(store, folder, config, platform);
    folder.begun();
    const identity = identityOf(store, folder);
    refuseRollback(store, folder, identity, platform);
    signWithEveryKey(store, identity);
    const keyring = new Keyring(epochKeys(store, folder));
    const register = new BatchRegister(store);
    const scan = new Scan(
      { store, keyring, register, platform },
      { memoryBytes: config.scanMemoryMb * 2 ** 20, failed: reportScanFailure },
    );
    const writer = new Writer(store, identity, platform, {
      keep: async (checkpoint) => {
        await folder.writeCheckpoint(checkpoint.note);
        publisher.committed(checkpoint);
      },
      requireWitnessed: () => publisher.requireWitnessed(),
      scannedMs: () => scan.scannedMs,
      refused: reportRefusals(config.data),
      readAgain: () => {
        register.readAgain();
        scan.recallsChanged();
        issuer.start();
      },
    });
    // Before any of it is published: a process that was killed may not have come to it.
    folder.putCheckpoint((store.ledger.checkpoint() as StoredCheckpoint).note);
    const publisher = new Publisher(
      { store, platform, writer, told: (message) => console.error(`suyuan: ${message}`) },
      witnessingOf(config),
    );
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
      publisher,
      register,
      trees: new BatchTrees(store, keyring, platform),
      scan,
      issuer,
      makeBackup: backupsIn(join(config.data, "backups"), binding, platform),
      settings,
    };
    publisher.start();
    issuer.start();
    const close = async (): Promise<void> => {
      await issuer.stop();
      await publisher.stop();
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

const SECOND_MS = 1000;
const REFUSALS_TOLD_EVERY_MS = 10_000;

/** @throws RangeError where the policy file cannot be used */
function witnessingOf(config: Config): Witnessing | undefined {
  if (config.witnessPolicy === null) return undefined;
  return {
    policy: witnessPolicy(config.witnessPolicy),
    timeoutMs: config.witnessTimeoutSeconds * SECOND_MS,
    everyMs: config.witnessEverySeconds * SECOND_MS,
    withoutQuorum: config.withoutQuorum,
    graceMs: config.quorumGraceSeconds * SECOND_MS,
  };
}

function witnessPolicy(file: string): Policy {
  try {
    const policy = parsePolicy(readFileSync(file, "utf8"));
    if (policy.witnesses.length === 0) throw new RangeError("it names no witness");
    for (const { name, url } of policy.witnesses)
      if (url === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
        throw new RangeError(
          `witness ${name} must have the http or https address that it takes checkpoints at`,
        );
    return policy;
  } catch (error) {
    throw new RangeError(`SUYUAN_WITNESS_POLICY: ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** For the operator's eyes: callers are shown that issuing stopped, and nothing of an unexpected error. */
function reportFailure(batch: string, error: unknown): void {
  console.error(`issuing of ${batch} stopped:`, error);
}

/** One line, once a second while it goes on. */
function reportScanFailure(error: unknown): void {
  console.error(`scans wait to be stored: ${error instanceof Error ? describeCause(error) : String(error)}`);
}

/** On a full disk each group of writes is refused: the same reason is told once in so long. */
function reportRefusals(data: string): (error: unknown) => void {
  let told = "";
  let toldMs = -Infinity;
  return (error) => {
    const reason = error instanceof Error ? describeCause(error) : String(error);
    if (reason === told && performance.now() - toldMs < REFUSALS_TOLD_EVERY_MS) return;
    told = reason;
    toldMs = performance.now();
    console.error(
      `writes were refused: ${reason}. What was acknowledged is stored. Look at the disk of ${data} (space, health): ` +
        "when it takes writes again they go on by themselves",
    );
  };
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
  if (folder.logKeys().length === 0)
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
