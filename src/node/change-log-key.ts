import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  formatSignerKey,
  formatVerifierKey,
  parseSignerKey,
  type SignerKey,
} from "../core/ledger/note-key.ts";
import { configFrom } from "./config.ts";
import { nodeSignerFromSeed } from "./ed25519.ts";
import { openService } from "./open.ts";
import { isIssued, isRetired, recordIssued, recordRetired } from "../services/ledger/change-log-key.ts";
import { logKeys } from "../services/ledger/log-key.ts";
import type { LogIdentity } from "../platform.ts";
import type { Caller } from "../services/caller.ts";
import type { Service } from "../services/service.ts";
import { StoreRefused } from "../store/binding.ts";
import { DataFolder } from "./data/folder.ts";

/** The log's public keys, newest last, and the index of the record of a change; null where nothing was changed. */
export interface LogKeys {
  origin: string;
  vkeys: string[];
  record: number | null;
}

const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "command line" };

/**
 * The log's public keys, from the key file alone: it needs no lock, so a service may have the folder open.
 * @throws StoreRefused where there is no store, or its log key is missing or damaged
 */
export function showLogKeys(data: string): LogKeys {
  requireStore(data);
  const folder = new DataFolder(data);
  const file = folder.keyFile("log.key");
  const keys = folder.logKeys().map((skey) => signerKeyIn(skey, file));
  const [newest] = keys.slice(-1);
  if (newest === undefined)
    throw new StoreRefused(`the log's key is missing: put ${file} back from the backup`);
  const other = keys.find(({ name }) => name !== newest.name);
  if (other !== undefined)
    throw new StoreRefused(
      `${file} has keys of two logs, ${other.name} and ${newest.name}: restore the file`,
    );
  return viewOf({ origin: newest.name, signers: keys.map(({ seed }) => nodeSignerFromSeed(seed)) }, null);
}

/**
 * Makes a second key of the same name: from now on both sign, and a record names the new one. A rotation that was
 * interrupted is completed by the next one.
 * @throws StoreRefused where there are two keys already, or a service has the folder open
 */
export async function rotateLogKey(data: string): Promise<LogKeys> {
  await withService(data, (service) => {
    const folder = new DataFolder(data);
    const skeys = folder.logKeys();
    if (skeys.length > 1 && isIssued(service))
      throw new StoreRefused(
        "the log has two keys already: retire the older one first, once everybody who verifies has the newer one",
      );
    const { platform, identity } = service;
    const seed = platform.random(32);
    // The key comes before its record: a record of a key that was never written would name a key that cannot sign.
    if (skeys.length === 1)
      folder.replaceLogKeys([...skeys, formatSignerKey({ name: identity.origin, seed })]);
    return Promise.resolve();
  });
  return withService(data, async (service) => {
    const record = await recordIssued(service, OPERATOR);
    return viewOf(service.identity, record);
  });
}

/**
 * Removes the older of two keys, after a record says so. A retirement that was interrupted is completed by the next one.
 * @throws StoreRefused where there is only one key, or a service has the folder open
 */
export async function retireLogKey(data: string): Promise<LogKeys> {
  const record = await withService(data, async (service) => {
    const folder = new DataFolder(data);
    const skeys = folder.logKeys();
    if (skeys.length < 2 || !isIssued(service))
      throw new StoreRefused(
        "the log has only one key: rotate it first, and retire the older one once everybody who verifies has the newer one",
      );
    const index = isRetired(service) ? null : await recordRetired(service, OPERATOR);
    folder.replaceLogKeys(skeys.slice(1));
    return index;
  });
  return withService(data, ({ identity }) => Promise.resolve(viewOf(identity, record)));
}

function viewOf(identity: LogIdentity, record: number | null): LogKeys {
  return { origin: identity.origin, vkeys: logKeys(identity).map((key) => formatVerifierKey(key)), record };
}

function signerKeyIn(skey: string, file: string): SignerKey {
  try {
    return parseSignerKey(skey);
  } catch (error) {
    throw new StoreRefused(`${file} has no signing key: ${(error as Error).message}`, { cause: error });
  }
}

async function withService<T>(data: string, work: (service: Service) => Promise<T>): Promise<T> {
  requireStore(data);
  const opened = openService(configFrom({ SUYUAN_DATA: data }));
  try {
    return await work(opened.service);
  } finally {
    await opened.close();
  }
}

function requireStore(data: string): void {
  if (!existsSync(join(data, "suyuan.db"))) throw new StoreRefused(`there is no store in ${data}`);
}
