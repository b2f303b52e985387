import { join } from "node:path";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { keyCheckValue } from "../core/code/keys.ts";
import { formatSignerKey } from "../core/ledger/note-key.ts";
import type { Platform } from "../platform.ts";
import { newApiKey } from "../services/filing/api-key.ts";
import { noteNewStore } from "../services/filing/record-standings.ts";
import type { Store } from "../store/store.ts";
import type { Config } from "./config.ts";
import type { DataFolder } from "./data/folder.ts";
import { chooseVocabulary, VOCABULARY } from "./vocabulary-setting.ts";

/** The secrets that a first start made. */
export interface FirstStart {
  /** The operator's API key, shown this once. */
  operatorKey: string;
  /** Files to back up: without them the codes and the log cannot continue. */
  backUp: string[];
}

/**
 * Makes the secrets and the first rows of a new store. A first start that was cut short resumes here.
 * @throws RangeError for a host that cannot be part of the vocabulary's base
 */
export function makeFirstStart(
  store: Store,
  folder: DataFolder,
  config: Config,
  platform: Platform,
): FirstStart {
  // Refuses before anything is made.
  const vocabulary = chooseVocabulary(config);
  const origin = `${config.host}/log`;
  const secret = platform.random(32);
  const operatorKey = newApiKey(platform, "operator", "operator", "operator", "made at the first start");
  folder.startFirst();
  // Secrets first: a database that names an epoch whose secret was never written could not be opened again.
  if (folder.logKeys().length === 0)
    folder.addLogKey(formatSignerKey({ name: origin, seed: platform.random(32) }));
  if (folder.epochSecret(0) === undefined) folder.addEpochSecret(0, bytesToHex(secret));
  const kept = hexToBytes(folder.epochSecret(0) as string);
  folder.addOperatorKey(operatorKey.secret);
  store.transact(() => {
    store.service.setMeta("origin", origin);
    store.service.setMeta("ledgerNumber", String(config.ledgerNumber));
    store.service.setMeta(VOCABULARY, vocabulary);
    noteNewStore(store);
    store.service.addEpoch(0, keyCheckValue(kept), platform.now());
    store.filing.addKey(operatorKey.row(platform.now()));
  });
  return {
    operatorKey: operatorKey.secret,
    backUp: [folder.keyFile("epoch-000.key"), folder.keyFile("log.key"), join(config.data, "suyuan.db")],
  };
}
