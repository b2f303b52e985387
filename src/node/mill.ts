import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { leavesMany, pinsMany, sealMany } from "./bulk-codes.ts";
import { packedLevels } from "../core/ledger/merkle.ts";
import type { CodeMill } from "../platform.ts";
import { workerUrl } from "./worker-url.ts";

/** A run of codes whose blocks' roots are asked for. */
export interface Run {
  keys: Parameters<CodeMill["blocks"]>[0];
  first: number;
  count: number;
}

interface Job {
  run: Run;
  done(blocks: Uint8Array): void;
  failed(error: unknown): void;
}

/** Up to so many codes are worked out where they are asked for: handing them over would take longer. */
const FEW = 1024;
/** Whole blocks, few enough for the processor's cache. */
const SLICE = 4096;
const BLOCK_LEVELS = 8;
const HASH_BYTES = 32;
/** Threads that were not asked for anything for so long end, and give their memory back. */
const IDLE_MS = 5000;

/** Codes, leaves and PINs with Node's AES and SHA-256; blocks in threads, one a processor, that come when asked for. */
export const nodeMill: CodeMill = {
  codes: sealMany,
  leaves: leavesMany,
  pins: pinsMany,
  blocks: (keys, first, count) =>
    count <= FEW
      ? Promise.resolve(blocksOf({ keys, first, count }))
      : new Promise((done, failed) => take({ run: { keys, first, count }, done, failed })),
};

/** The roots of each 256 leaves of a run. */
export function blocksOf({ keys, first, count }: Run): Uint8Array {
  const blocks = new Uint8Array(Math.ceil(count / 2 ** BLOCK_LEVELS) * HASH_BYTES);
  let filled = 0;
  for (let done = 0; done < count; done += SLICE) {
    const codes = sealMany(keys, first + done, Math.min(SLICE, count - done));
    const roots = packedLevels(leavesMany(keys, first + done, codes), BLOCK_LEVELS);
    blocks.set(roots, filled);
    filled += roots.length;
  }
  return blocks;
}

const waiting: Job[] = [];
const idle = new Map<Worker, NodeJS.Timeout>();
let workers = 0;

function take(job: Job): void {
  waiting.push(job);
  const [worker] = idle.keys();
  if (worker !== undefined) goOn(worker);
  else if (workers < availableParallelism()) goOn(newWorker());
}

function newWorker(): Worker {
  workers += 1;
  const worker = new Worker(workerUrl("mill-worker", import.meta.url));
  worker.once("exit", () => {
    workers -= 1;
    idle.delete(worker);
  });
  return worker;
}

/** Gives a thread the next run, or lets it rest. Only a thread at work keeps the process from ending. */
function goOn(worker: Worker): void {
  clearTimeout(idle.get(worker));
  idle.delete(worker);
  const job = waiting.shift();
  if (job === undefined) {
    worker.unref();
    idle.set(worker, setTimeout(() => void worker.terminate(), IDLE_MS).unref());
    return;
  }
  worker.ref();
  const failed = (error: unknown): void => {
    job.failed(error);
    // The thread is gone with what it threw; whatever waits needs another.
    if (waiting.length > 0) goOn(newWorker());
  };
  worker.once("error", failed);
  worker.once("message", (blocks: Uint8Array) => {
    worker.off("error", failed);
    job.done(blocks);
    goOn(worker);
  });
  worker.postMessage(job.run);
}
