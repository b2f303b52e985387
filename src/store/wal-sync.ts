import { closeSync, fdatasync, openSync } from "node:fs";

/**
 * Brings SQLite's write-ahead log to the disk without waiting for it: what the WAL held when `run` was called is durable
 * when its promise resolves. With it, commits under synchronous=NORMAL are as durable as under FULL, a moment later, and
 * the thread that answers scans is not held up (measured: 0.1 ms a commit in place of 4 to 12).
 *
 * Opening and closing the WAL beside SQLite is safe: its POSIX locks are on the other files.
 */
export class WalSync {
  private readonly file: string;
  private handle: number | undefined;

  /** `file` is the WAL, there from the first write on. */
  constructor(file: string) {
    this.file = file;
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.handle ??= openSync(this.file, "r+");
      fdatasync(this.handle, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): void {
    if (this.handle !== undefined) closeSync(this.handle);
    this.handle = undefined;
  }
}
