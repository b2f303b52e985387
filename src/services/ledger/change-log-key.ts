import { namedChain } from "../../core/ledger/chain.ts";
import { formatVerifierKey } from "../../core/ledger/note-key.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { logKeys } from "./log-key.ts";
import { administrationDraft } from "./statement.ts";

/** Facts in the store: the newest log key that a record names, and the last one that a record retires. */
const ISSUED = "logKeyIssued";
const RETIRED = "logKeyRetired";

/** Whether a record names the newest key. */
export function isIssued({ store, identity }: Service): boolean {
  return store.service.meta(ISSUED) === newestOf(logKeysOf(identity));
}

/** Whether a record retires the older key. */
export function isRetired({ store, identity }: Service): boolean {
  return store.service.meta(RETIRED) === logKeysOf(identity)[0];
}

/**
 * Records the newest key of the log, in a log that both keys sign: readers who trust the old key can trust the new one.
 * @returns the record's index in the log
 */
export function recordIssued(service: Service, caller: Caller): Promise<number> {
  const key = newestOf(logKeysOf(service.identity));
  return record(service, caller, "issuing_log_key", key, ISSUED);
}

/** Records that the older key is retired. @returns the record's index in the log */
export function recordRetired(service: Service, caller: Caller): Promise<number> {
  const [key = ""] = logKeysOf(service.identity);
  return record(service, caller, "retiring_log_key", key, RETIRED);
}

function record(service: Service, caller: Caller, kind: string, key: string, fact: string): Promise<number> {
  const { origin } = service.identity;
  return service.writer.submit((tx) => {
    tx.store.service.setMeta(fact, key);
    const draft = administrationDraft(
      {
        kind,
        caller,
        atMs: tx.nowMs,
        subject: { ledger: origin },
        chains: [namedChain("ledger", origin)],
        public: { logKey: key },
      },
      service.platform,
    );
    return tx.append(draft).index;
  });
}

function logKeysOf(identity: Service["identity"]): string[] {
  return logKeys(identity).map((key) => formatVerifierKey(key));
}

function newestOf(keys: readonly string[]): string {
  return keys.at(-1) as string;
}
