// JavaScript: a thread that takes types off first needs 17 MB more for it.
import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import Sqlite from "better-sqlite3";

// Nobody waits for a pass: whatever else wants this processor goes first. Elsewhere this would be the whole process's.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

/**
 * The thread of the checkpointer (wal-checkpointer.ts). Between passes it has nothing open.
 * @param {import("./wal-checkpointer.ts").Pass} pass
 */
function carryOver({ file, state }) {
  try {
    const sqlite = new Sqlite(file, { fileMustExist: true });
    try {
      sqlite.pragma("wal_checkpoint(PASSIVE)");
    } finally {
      sqlite.close();
    }
  } catch {
    // What was not carried over is still in the WAL, and the next pass begins there.
  } finally {
    Atomics.store(state, 0, 0);
    Atomics.notify(state, 0);
    parentPort?.postMessage("over");
  }
}

parentPort?.on("message", carryOver);
