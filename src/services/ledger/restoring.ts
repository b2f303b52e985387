import { bytesToHex } from "@noble/hashes/utils.js";
import type { Checkpoint } from "../../core/ledger/checkpoint.ts";
import { formatVerifierKey } from "../../core/ledger/note-key.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import type { PublicFields } from "../../core/ledger/record.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { logKey } from "./log-key.ts";
import { administrationDraft } from "./statement.ts";

/** The result of restoring a backup. */
export interface Restoring {
  /** The number of records in the backup. */
  copy: Checkpoint;
  /** The newest known checkpoint of the log; undefined for none. */
  newest: Checkpoint | undefined;
}

/**
 * Records that the store was restored, as its first new record: on the ledger's chain, and on the chains of both logs where
 * a new log started. The record names the epoch of new codes.
 * @returns the record's index in the log
 */
export async function recordRestoring(
  service: Service,
  caller: Caller,
  { copy, newest }: Restoring,
): Promise<number> {
  const { origin } = service.identity;
  return service.writer.submit((tx) => {
    const draft = administrationDraft(
      {
        kind: "restoring",
        caller,
        atMs: tx.nowMs,
        subject: { ledger: origin },
        chains: [...new Set([copy.origin, origin])].map((one) => namedChain("ledger", one)),
        public: {
          from: tree(copy),
          newest: newest === undefined ? null : tree(newest),
          epoch: service.keyring.newest.epoch,
          logKey: formatVerifierKey(logKey(service)),
        },
      },
      service.platform,
    );
    return tx.append(draft).index;
  });
}

function tree({ origin, size, root }: Checkpoint): PublicFields {
  return { origin, size, root: bytesToHex(root) };
}
