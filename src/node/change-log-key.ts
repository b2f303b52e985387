import { existsSync } from "node:fs";
import { join } from "node:path";
import { formatSignerKey, formatVerifierKey } from "../core/ledger/note-key.ts";
import { configFrom } from "./config.ts";
import { openService } from "./open.ts";
import { isIssued, isRetired, recordIssued, recordRetired } from "../services/ledger/change-log-key.ts";
import { logKeys } from "../services/ledger/log-key.ts";
import type { Service } from "../services/service.ts";
import type { Caller } from "../services/caller.ts";
import { StoreRefused } from "../store/binding.ts";
import { DataFolder } from "./data/folder.ts";

/** The log's public keys after a change, newest last, and the record of it; null where nothing was changed. */
export interface LogKeys {
  origin: string;
  vkeys: string[];
  record: number | null;
}

const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "command line" };

/** The log's public keys. @throws StoreRefused */
export function showLogKeys(data: string): Promise<LogKeys> {
  return withService(data, (service) => Promise.resolve(viewOf(service, null)));
}

/**
 * Makes the log a second key of the same name: from now on both sign, and a record names it. One that was cut off is
 * completed by the next.
 * @throws StoreRefused where there are two keys already
 */
export async function rotateLogKey(data: string): Promise<LogKeys> {
  await withService(data, (service) => {
    const folder = new DataFolder(data);
    const skeys = folder.logKeys();
    if (skeys.length > 1 && isIssued(service))
      throw new StoreRefused(
        "the log has two keys: retire the older one first, when all who verify have the newer",
      );
    const { platform, identity } = service;
    const seed = platform.random(32);
    // The key before the record: a log whose record names a key that was never written could not be signed with it.
    if (skeys.length === 1)
      folder.replaceLogKeys([...skeys, formatSignerKey({ name: identity.origin, seed })]);
    return Promise.resolve();
  });
  return withService(data, async (service) => viewOf(service, await recordIssued(service, OPERATOR)));
}

/**
 * Takes the older of two keys away, after a record has said so. One that was cut off is completed by the next.
 * @throws StoreRefused where there is one key only
 */
export async function retireLogKey(data: string): Promise<LogKeys> {
  const record = await withService(data, async (service) => {
    const folder = new DataFolder(data);
    const skeys = folder.logKeys();
    if (skeys.length < 2 || !isIssued(service))
      throw new StoreRefused(
        "the log has one key only: make the next one first, and let all who verify have it",
      );
    const index = isRetired(service) ? null : await recordRetired(service, OPERATOR);
    folder.replaceLogKeys(skeys.slice(1));
    return index;
  });
  return withService(data, (service) => Promise.resolve(viewOf(service, record)));
}

function viewOf({ identity }: Service, record: number | null): LogKeys {
  return { origin: identity.origin, vkeys: logKeys(identity).map((key) => formatVerifierKey(key)), record };
}

async function withService<T>(data: string, work: (service: Service) => Promise<T>): Promise<T> {
  if (!existsSync(join(data, "suyuan.db"))) throw new StoreRefused(`there is no store in ${data}`);
  const opened = openService(configFrom({ SUYUAN_DATA: data }));
  try {
    return await work(opened.service);
  } finally {
    await opened.close();
  }
}
