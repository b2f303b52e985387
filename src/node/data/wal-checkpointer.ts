import { Worker } from "node:worker_threads";
import type { Database, Statement } from "better-sqlite3";
import { workerUrl } from "../worker-url.ts";

/** A pass starts after this many new frames (4 KiB pages) in the WAL: SQLite's own default. */
const PASS_FRAMES = 1000;
/** Beyond this many frames, 64 MiB, SQLite checkpoints within a commit and restarts the WAL. */
const MOST_FRAMES = 16_384;
/** The longest wait for a pass when the store is closed. */
const CLOSING_MS = 10_000;

const RESTING = 0;
const AT_WORK = 1;

/** The message to the thread: the database, and the word that it sets to 0 and notifies at the end of the pass. */
export interface Pass {
  file: string;
  state: Int32Array;
}

/**
 * Runs SQLite's checkpoints, which copy the write-ahead log into the database, in a thread. Within a commit a checkpoint
 * would block the process for two syncs (measured: 20 to 200 ms).
 *
 * A pass is a passive checkpoint: it blocks neither readers nor commits, and later frames wait for the next pass. The WAL
 * restarts at the first commit after all of it was copied. If commits leave no such moment, SQLite's own checkpoint at
 * `MOST_FRAMES` copies only the frames since the last pass.
 */
export class WalCheckpointer {
  private readonly file: string;
  private readonly frames: Statement<[], { log: number }>;
  private readonly state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private worker: Worker | undefined;
  /** Frames in the WAL at the start of the last pass. */
  private passed = 0;
  private afterPass: (() => void) | undefined;

  constructor(sqlite: Database, file: string) {
    this.file = file;
    sqlite.pragma(`wal_autocheckpoint = ${MOST_FRAMES}`);
    this.frames = sqlite.prepare("PRAGMA wal_checkpoint(NOOP)");
  }

  /** Call after a commit: starts a pass if one is due. */
  committed(): void {
    if (this.atWork || this.afterPass !== undefined) return;
    const frames = this.framesOfWal();
    if (frames < this.passed) this.passed = 0;
    if (frames - this.passed < PASS_FRAMES) return;
    this.passed = frames;
    Atomics.store(this.state, 0, AT_WORK);
    this.worker ??= this.newWorker();
    this.worker.postMessage({ file: this.file, state: this.state } satisfies Pass);
  }

  /** Runs work that needs the checkpoint lock: now, or after the current pass. */
  whenResting(work: () => void): void {
    if (this.atWork) this.afterPass = work;
    else work();
  }

  /** Waits for the pass under way. To be called before the database is closed. */
  close(): void {
    this.afterPass = undefined;
    Atomics.wait(this.state, 0, AT_WORK, CLOSING_MS);
    void this.worker?.terminate();
    this.worker = undefined;
  }

  /** Throws nothing: what was committed must not look as if it had failed. */
  private framesOfWal(): number {
    try {
      return this.frames.get()?.log ?? 0;
    } catch {
      return 0;
    }
  }

  private get atWork(): boolean {
    return Atomics.load(this.state, 0) === AT_WORK;
  }

  private newWorker(): Worker {
    const worker = new Worker(workerUrl("wal-checkpoint-worker", import.meta.url));
    const over = (): void => {
      if (this.atWork) return;
      const work = this.afterPass;
      this.afterPass = undefined;
      work?.();
      // What was committed meanwhile may be enough for another.
      this.committed();
    };
    worker.on("message", over);
    // The thread is gone with what it threw: the next pass has another, and till then there is SQLite's own.
    worker.on("error", () => {
      this.worker = undefined;
      Atomics.store(this.state, 0, RESTING);
      over();
    });
    worker.unref();
    return worker;
  }
}
