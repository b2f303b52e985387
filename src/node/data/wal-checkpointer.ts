import { Worker } from "node:worker_threads";
import type { Database, Statement } from "better-sqlite3";
import { workerUrl } from "../worker-url.ts";

/** A pass is begun when so many frames (4 KiB pages) came to the WAL since the last: SQLite's own default. */
const PASS_FRAMES = 1000;
/** Past so many, 64 MiB, SQLite does within a commit what is left to do, and the WAL begins anew. */
const MOST_FRAMES = 16_384;
/** How long a pass is waited for when the store is closed. */
const CLOSING_MS = 10_000;

const RESTING = 0;
const AT_WORK = 1;

/** What a pass is told: the database, and where to note, and wake whoever waits for it, that it is over (0). */
export interface Pass {
  file: string;
  state: Int32Array;
}

/**
 * Carries the write-ahead log over into the database (SQLite calls it a checkpoint) in a thread of its own. Within a
 * commit it would wait for the disk twice, and whatever the process serves with it (measured: 20 to 200 ms).
 *
 * A pass is a passive checkpoint: it holds up neither readers nor commits, and those that come meanwhile wait for the next
 * one. The WAL begins anew at the first commit that finds all of it carried over. Where commits leave no such moment, SQLite's
 * own checkpoint at `MOST_FRAMES` has only the frames since the last pass to carry.
 */
export class WalCheckpointer {
  private readonly file: string;
  private readonly frames: Statement<[], { log: number }>;
  private readonly state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private worker: Worker | undefined;
  /** Frames that the WAL had when the last pass began. */
  private passed = 0;
  private afterPass: (() => void) | undefined;

  constructor(sqlite: Database, file: string) {
    this.file = file;
    sqlite.pragma(`wal_autocheckpoint = ${MOST_FRAMES}`);
    this.frames = sqlite.prepare("PRAGMA wal_checkpoint(NOOP)");
  }

  /** To be called after a commit: begins a pass where one is due. */
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

  /** Runs work that needs the checkpoint lock: now, or when the pass under way is over. */
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
