import { bytesToHex } from "@noble/hashes/utils.js";
import { parseCheckpoint } from "../../core/ledger/checkpoint.ts";
import { parseNote } from "../../core/ledger/note.ts";
import type { Service } from "../service.ts";
import { rightEdge } from "./log.ts";

/** One thing that a service needs in order to take requests. */
export interface ReadinessCheck {
  name: string;
  /** Undefined where it holds; otherwise what is wrong, without anything that only the operator may know. */
  problem(): Promise<string | undefined>;
}

const LAST_CHECK = "lastReadinessCheck";

/** The checks of `/readyz`: the store takes a write, the log's end agrees with its checkpoint, no damage is known, witnesses cosign, the clock is trusted. */
export function readinessChecks(service: Service): ReadinessCheck[] {
  return [
    { name: "store", problem: () => storeProblem(service) },
    { name: "log", problem: () => Promise.resolve(logProblem(service)) },
    { name: "integrity", problem: () => Promise.resolve(integrityProblem(service)) },
    { name: "witnesses", problem: () => Promise.resolve(witnessProblem(service)) },
    { name: "clock", problem: () => clockProblem(service) },
  ];
}

/** Writes one row and waits for the disk: an empty transaction succeeds on a full disk. */
async function storeProblem({ writer }: Service): Promise<string | undefined> {
  try {
    await writer.submit((tx) => tx.store.service.setMeta(LAST_CHECK, new Date(tx.nowMs).toISOString()));
    return undefined;
  } catch {
    return "the store takes no writes: check the disk (space, health) and the operator's log";
  }
}

/** Compares the newest checkpoint with the root of the stored tree hashes. */
function logProblem({ store, platform }: Service): string | undefined {
  return store.reading(() => {
    const size = store.ledger.size();
    const checkpoint = store.ledger.checkpoint();
    if (checkpoint?.size !== size)
      return `the log has ${size} records, and its newest checkpoint ${checkpoint?.size ?? "is missing"}`;
    const signed = parseCheckpoint(parseNote(checkpoint.note).text).root;
    const stored = rightEdge(store, platform.sha256, size).root();
    if (bytesToHex(signed) !== bytesToHex(stored))
      return `the stored hashes of ${size} records do not lead to the root of the checkpoint: run an audit`;
    return undefined;
  });
}

/** Reads of files, proofs and the sweep note damage; which places is for the operator. */
function integrityProblem({ integrity }: Service): string | undefined {
  return integrity.status().ok ? undefined : "stored data is damaged: the operator's log names the places";
}

/** Without a quorum a service is ready only where its settings say that it goes on. */
function witnessProblem({ publisher }: Service): string | undefined {
  const refusal = publisher.refusal();
  return refusal === undefined ? undefined : `records are refused: ${refusal}`;
}

/** The clock's state is that of a group of writes; where none can be written, the check of the store says so. */
async function clockProblem({ writer }: Service): Promise<string | undefined> {
  const refusal = await writer.submit((tx) => tx.clockRefusal).catch(() => undefined);
  return refusal === undefined ? undefined : `records are refused: ${refusal}`;
}
