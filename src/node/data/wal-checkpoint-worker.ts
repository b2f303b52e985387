import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import Sqlite from "better-sqlite3";
import type { Pass } from "./wal-checkpointer.ts";

// No request waits for a pass, so every other thread goes first. Other systems would lower the whole process.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

/** The checkpointer's thread (wal-checkpointer.ts). It opens nothing between passes. */
function checkpoint({ file, state }: Pass): void {
  try {
    const sqlite = new Sqlite(file, { fileMustExist: true });
    try {
      sqlite.pragma("wal_checkpoint(PASSIVE)");
    } finally {
      sqlite.close();
    }
  } catch {
    // The frames stay in the WAL, and the next pass starts there.
  } finally {
    Atomics.store(state, 0, 0);
    Atomics.notify(state, 0);
    parentPort?.postMessage("over");
  }
}

parentPort?.on("message", checkpoint);
