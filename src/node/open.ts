import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@noble/hashes/utils.js";
import { compose, currentCheckpoint } from "../compose.ts";
import { Keyring } from "../core/code/keyring.ts";
import type { MakeBackup, Platform } from "../platform.ts";
import type { CatchUpProgress } from "../services/custody/catch-up.ts";
import type { Witnessing } from "../services/ledger/publisher.ts";
import { BucketCounts } from "../services/bucket-counts.ts";
import type { Service } from "../services/service.ts";
import type { Settings } from "../services/settings.ts";
import { StoreRefused } from "../store/binding.ts";
import { openStore, type Store } from "../store/store.ts";
import { clockDecision } from "./clock-decision.ts";
import type { Config } from "./config.ts";
import { DataFolder, restoringFolder } from "./data/folder.ts";
import { tightenModes } from "./data/folder-modes.ts";
import { openSqlite, type SqliteBinding } from "./data/sqlite.ts";
import { type FirstStart, makeFirstStart } from "./first-start.ts";
import { operatorReports } from "./operator-reports.ts";
import { nodePlatform } from "./platform.ts";
import { storedVocabulary } from "./vocabulary-setting.ts";
import { apiKeySecret, epochKeys, identityOf, refuseRollback, signWithEveryKey } from "./start-checks.ts";
import { witnessingOf } from "./witness-settings.ts";

/** A start that applies many records says how far it is this often. */
const PROGRESS_EVERY_MS = 3000;

/** A service on a data folder, and what only its process may do with it. */
export interface OpenService {
  service: Service;
  binding: SqliteBinding;
  /** Seconds from each commit to its being on disk. */
  commitSync: BucketCounts;
  /** The secrets that the first start made; absent at later starts. */
  firstStart?: FirstStart;
  close(): Promise<void>;
}

/**
 * Opens the service in its data folder: store, keys, log. The first start makes them.
 * @throws StoreRefused where another process has the folder, a newer version wrote it, a secret is missing or wrong, or
 * the database is older than the last checkpoint
 */
export function openService(config: Config, platform: Platform = nodePlatform): OpenService {
  if (existsSync(restoringFolder(config.data)))
    throw new StoreRefused(
      `a restore into ${config.data} was not completed: empty that folder, and restore again`,
    );
  // A wrong policy file is refused before a first start makes keys.
  const witnessing = witnessingOf(config);
  const freshDatabase = !existsSync(join(config.data, "suyuan.db"));
  const binding = openSqlite(config.data);
  keepPrivate(config.data);
  try {
    return openFolder({ config, platform, witnessing }, binding, freshDatabase);
  } catch (error) {
    binding.close();
    throw error;
  }
}

/** Versions until 0.1 left the folder to the umask: others on the machine could read contacts and sealed fields. */
function keepPrivate(data: string): void {
  try {
    const tightened = tightenModes(data);
    if (tightened.length > 0)
      console.error(
        `suyuan: others on this machine could use ${tightened.join(", ")}: ` +
          "their permissions are 0700 for folders and 0600 for files now",
      );
  } catch (error) {
    console.error(
      `suyuan: the permissions of the data folder ${data} cannot be set to 0700, and 0600 for its files: ` +
        `${(error as Error).message}. Make its owner the user that the service runs as`,
    );
  }
}

interface Settled {
  config: Config;
  platform: Platform;
  witnessing: Witnessing | undefined;
}

function openFolder(
  { config, platform, witnessing }: Settled,
  binding: SqliteBinding,
  freshDatabase: boolean,
): OpenService {
  const commitSync = new BucketCounts([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5]);
  binding.transactSoon = timed(binding.transactSoon, commitSync);
  const store = openStore(binding, config.custodyMemoryMb * 2 ** 20);
  const folder = new DataFolder(config.data);
  const firstStart = isStarted(store, folder, freshDatabase)
    ? undefined
    : makeFirstStart(store, folder, config, platform);
  folder.firstStarted();
  const identity = identityOf(store, folder);
  refuseRollback(store, folder, identity, platform);
  signWithEveryKey(store, identity);
  const composed = compose({
    store,
    keyring: new Keyring(epochKeys(store, folder)),
    apiKeySecret: apiKeySecret(folder, platform),
    identity,
    platform,
    settings: settingsOf(config, store),
    scanMemoryBytes: config.scanMemoryMb * 2 ** 20,
    witnessing,
    progress: applyingProgress(),
    outside: {
      keepCheckpoint: (note) => folder.writeCheckpoint(note),
      clockDecision: () => clockDecision(config.data),
      makeBackup: backupsIn(join(config.data, "backups"), binding, platform),
      report: operatorReports(config.data),
    },
  });
  // A process that was killed may have committed a checkpoint and not kept it outside: that comes before publishing.
  folder.putCheckpoint(currentCheckpoint(composed).note);
  composed.start();
  const close = async (): Promise<void> => {
    try {
      await composed.close();
    } finally {
      binding.close();
    }
  };
  const { service } = composed;
  const opened = { service, binding, commitSync, close };
  return firstStart ? { ...opened, firstStart } : opened;
}

/** Says how far a start is that applies many records again: after a new version, or before a killed one was done. */
function applyingProgress(): CatchUpProgress {
  let saidMs = performance.now();
  let said = false;
  return (done, total) => {
    const nowMs = performance.now();
    if (nowMs - saidMs < PROGRESS_EVERY_MS && !(said && done === total)) return;
    saidMs = nowMs;
    said = true;
    const [at, of] = [done, total].map((number) => number.toLocaleString("en-US"));
    console.error(`suyuan: deriving custody from the records: ${at} of ${of}`);
  };
}

/** Measures how long each commit takes to be on disk. A commit that fails is not counted. */
function timed(transactSoon: SqliteBinding["transactSoon"], seconds: BucketCounts): typeof transactSoon {
  return (work) => {
    const onDisk = transactSoon(work);
    const committedMs = performance.now();
    return onDisk.then(() => seconds.add((performance.now() - committedMs) / 1000));
  };
}

/** @throws StoreRefused where the store is empty and its keys exist */
function isStarted(store: Store, folder: DataFolder, freshDatabase: boolean): boolean {
  if (store.service.meta("origin") !== undefined) return true;
  if (folder.used || (!freshDatabase && !folder.inFirstStart && folder.logKeys().length > 0))
    throw new StoreRefused(
      `the store in ${folder.path} is empty, but its keys exist: was the database lost?`,
    );
  return false;
}

function settingsOf(config: Config, store: Store): Settings {
  const { host, autoApprove, defaultQuota, unusedExpireDays, anonymousPerMinute } = config;
  const { trustProxy, trustedProxies, clientAddressHeader, regionHeader } = config;
  const ledgerNumber = Number(store.service.meta("ledgerNumber"));
  const vocabulary = storedVocabulary(store, config);
  return {
    host,
    vocabulary,
    ledgerNumber,
    autoApprove,
    defaultQuota,
    unusedExpireDays,
    trustProxy,
    trustedProxies,
    clientAddressHeader,
    regionHeader,
    anonymousPerMinute,
    fileQuotaBytes: config.fileQuotaMb === null ? null : config.fileQuotaMb * 2 ** 20,
  };
}

/** Copies go into one folder, named by the time; two of one millisecond do not overwrite each other. */
function backupsIn(folder: string, binding: SqliteBinding, platform: Platform): MakeBackup {
  return async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const at = new Date(platform.now()).toISOString();
    const file = join(folder, `suyuan-${at.replaceAll(":", "-")}-${bytesToHex(platform.random(4))}.db`);
    await binding.backup(file);
    return { file, sizeBytes: statSync(file).size, at };
  };
}
