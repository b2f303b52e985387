import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

const CHUNK_BYTES = 1024 * 1024;

/**
 * Flushes SQLite's write-ahead log to disk without blocking the thread. The bytes that the WAL had when `run` was called
 * are durable when its promise resolves. Commits under synchronous=NORMAL then are as durable as under FULL, a moment
 * later, and the thread that answers scans is not blocked (measured: 0.1 ms a commit instead of 4 to 12).
 *
 * After a failed sync a later success proves nothing: the kernel reports a failure once to each open file, and then marks
 * the lost pages as written. So there is one sync at a time, and after a failure the whole WAL is written again before the
 * next sync may succeed. A WAL that another process left needs `rewrite` first, for the same reason.
 *
 * Opening and closing the WAL beside SQLite is safe, since SQLite's POSIX locks are on other files. SQLite restarts the
 * WAL only after all of it is in the database and synced, and it syncs the new header.
 */
export class WalSync {
  private readonly file: string;
  private readonly exclusively: (work: () => void) => void;
  private handle: number | undefined;
  private current: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  /** True while part of the WAL may be missing on disk although the kernel marks it as written. */
  private doubtful = false;

  /**
   * @param file the WAL, which exists from the first write on
   * @param exclusively runs its work while no write to the database runs
   */
  constructor(file: string, exclusively: (work: () => void) => void) {
    this.file = file;
    this.exclusively = exclusively;
  }

  /** Calls during a sync share the next one. */
  run(): Promise<void> {
    this.next ??= this.afterThis();
    return this.next;
  }

  /** Reads the whole WAL, writes the same bytes again and flushes them to disk. @throws where the disk fails */
  rewrite(): void {
    this.doubtful = true;
    this.exclusively(() => {
      const handle = this.open();
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const { size } = fstatSync(handle);
      for (let at = 0; at < size;) {
        const length = readSync(handle, chunk, 0, Math.min(CHUNK_BYTES, size - at), at);
        if (length === 0) break;
        for (let from = 0; from < length;) from += writeSync(handle, chunk, from, length - from, at + from);
        at += length;
      }
      fdatasyncSync(handle);
    });
    this.doubtful = false;
  }

  /** Call after the last `run`. */
  close(): void {
    // Closing the handle during a sync would give its number to another file.
    void this.current
      .catch(() => undefined)
      .finally(() => {
        if (this.handle !== undefined) closeSync(this.handle);
        this.handle = undefined;
      });
  }

  private async afterThis(): Promise<void> {
    await this.current.catch(() => undefined);
    const sync = this.sync();
    this.current = sync;
    this.next = undefined;
    return sync;
  }

  private async sync(): Promise<void> {
    if (this.doubtful) return this.rewrite();
    const handle = this.open();
    await new Promise<void>((resolve, reject) => {
      fdatasync(handle, (error) => {
        if (error === null) return resolve();
        this.doubtful = true;
        reject(error);
      });
    });
  }

  private open(): number {
    return (this.handle ??= openSync(this.file, "r+"));
  }
}
