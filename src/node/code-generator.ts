import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { leavesMany, pinsMany, encipherMany } from "./bulk-codes.ts";
import { packedLevels } from "../core/ledger/merkle.ts";
import type { CodeGenerator } from "../platform.ts";
import { workerUrl } from "./worker-url.ts";

/** A run of codes, whose block roots are wanted. */
export interface Run {
  keys: Parameters<CodeGenerator["blocks"]>[0];
  first: number;
  count: number;
}

interface Job {
  run: Run;
  done(blocks: Uint8Array): void;
  failed(error: unknown): void;
}

/** Runs up to this size are computed in place: a hand-over to a thread would take longer. */
const FEW = 1024;
/** Codes per slice: whole blocks that fit the processor's cache. */
const SLICE = 4096;
const BLOCK_LEVELS = 8;
const HASH_BYTES = 32;
/** A thread without work for this long ends and frees its memory. */
const IDLE_MS = 5000;

/** Codes, leaves and PINs with Node's AES and SHA-256; blocks in threads started on demand, one per processor. */
export const nodeCodeGenerator: CodeGenerator = {
  codes: encipherMany,
  leaves: leavesMany,
  pins: pinsMany,
  blocks: (keys, first, count) =>
    count <= FEW
      ? Promise.resolve(blocksOf({ keys, first, count }))
      : new Promise((done, failed) => enqueue({ run: { keys, first, count }, done, failed })),
};

/** The roots of each 256 leaves of a run. */
export function blocksOf({ keys, first, count }: Run): Uint8Array {
  const blocks = new Uint8Array(Math.ceil(count / 2 ** BLOCK_LEVELS) * HASH_BYTES);
  let filled = 0;
  for (let done = 0; done < count; done += SLICE) {
    const codes = encipherMany(keys, first + done, Math.min(SLICE, count - done));
    const roots = packedLevels(leavesMany(keys, first + done, codes), BLOCK_LEVELS);
    blocks.set(roots, filled);
    filled += roots.length;
  }
  return blocks;
}

const waiting: Job[] = [];
const idle = new Map<Worker, NodeJS.Timeout>();
let workers = 0;

function enqueue(job: Job): void {
  waiting.push(job);
  const [worker] = idle.keys();
  if (worker !== undefined) assign(worker);
  else if (workers < availableParallelism()) assign(newWorker());
}

function newWorker(): Worker {
  workers += 1;
  const worker = new Worker(workerUrl("code-generator-worker", import.meta.url));
  worker.once("exit", () => {
    workers -= 1;
    idle.delete(worker);
  });
  return worker;
}

/** Assigns the next run to a thread, or leaves it idle. Only a busy thread keeps the process from ending. */
function assign(worker: Worker): void {
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
    // The error ended the thread: the next run needs another.
    if (waiting.length > 0) assign(newWorker());
  };
  worker.once("error", failed);
  worker.once("message", (blocks: Uint8Array) => {
    worker.off("error", failed);
    job.done(blocks);
    assign(worker);
  });
  worker.postMessage(job.run);
}
