import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { blocksOf, type Run } from "./code-generator.ts";

// Linux has a priority for each thread, elsewhere it is the process's. Scans come first: long work takes what they leave.
if (process.platform === "linux") giveWay();

function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Where a sandbox forbids even that, the work is done all the same.
  }
}

/** A worker thread of the code generator: receives a run and returns the roots of its blocks. */
parentPort?.on("message", (run: Run) => parentPort?.postMessage(blocksOf(run)));
