import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type * as Fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openSqlite } from "../../../src/node/data/sqlite.ts";
import { WalSync } from "../../../src/node/data/wal-sync.ts";
import { temporaryFolder } from "../../cli/process.ts";

/** A disk whose syncs end on demand, with the operations on it in order. */
const disk = vi.hoisted(() => ({
  done: [] as string[],
  waiting: [] as ((error: Error | null) => void)[],
  refuses: false,
}));

vi.mock("node:fs", async (load) => {
  const fs = await load<typeof Fs>();
  return {
    ...fs,
    fdatasync: (_: number, ended: (error: Error | null) => void) => {
      disk.done.push("sync");
      disk.waiting.push(ended);
    },
    fdatasyncSync: (handle: number) => {
      if (disk.refuses) throw new Error("EIO");
      fs.fdatasyncSync(handle);
      disk.done.push("synced at once");
    },
    writeSync: (handle: number, bytes: Uint8Array, from: number, length: number, at: number) => {
      // Short writes, as a disk may do them.
      const written = fs.writeSync(handle, bytes, from, Math.min(length, 700_001), at);
      disk.done.push(`wrote ${at}+${written}`);
      return written;
    },
    closeSync: (handle: number) => {
      disk.done.push("closed");
      fs.closeSync(handle);
    },
  };
});

const BYTES = 2_500_000;
const REWRITTEN = [
  "locked",
  "wrote 0+700001",
  "wrote 700001+348575",
  "wrote 1048576+700001",
  "wrote 1748577+348575",
  "wrote 2097152+402848",
  "synced at once",
  "unlocked",
];

let folder: string;
let file: string;
let walSync: WalSync;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, "wal");
  writeFileSync(
    file,
    Uint8Array.from({ length: BYTES }, (_, i) => i % 251),
  );
  disk.done = [];
  disk.waiting = [];
  disk.refuses = false;
  walSync = new WalSync(file, (work) => {
    disk.done.push("locked");
    try {
      work();
    } finally {
      disk.done.push("unlocked");
    }
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs everything that can run without the disk. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Ends the sync under way. */
async function end(error: Error | null): Promise<void> {
  await turn();
  expect(disk.waiting).toHaveLength(1);
  disk.waiting.pop()?.(error);
  await turn();
}

const outcomeOf = (promise: Promise<void>) =>
  promise.then(
    () => "durable",
    (error: Error) => error.message,
  );

describe("the write-ahead log is synced to disk", () => {
  it("one sync at a time; calls made during a sync share the next one", async () => {
    const told: string[] = [];
    const ask = (name: string) => void walSync.run().then(() => told.push(name));
    ask("a");
    await turn();
    ask("b");
    ask("c");
    await turn();
    expect(disk.done).toEqual(["sync"]);
    await end(null);
    expect(told).toEqual(["a"]);
    expect(disk.done).toEqual(["sync", "sync"]);
    await end(null);
    expect(told).toEqual(["a", "b", "c"]);
    await turn();
    expect(disk.done).toEqual(["sync", "sync"]);
  });

  it("by rewriting all of it after a failed sync, since a second sync would prove nothing", async () => {
    const before = readFileSync(file);
    const first = outcomeOf(walSync.run());
    await turn();
    // The kernel reports a failure once: a call made meanwhile must not trust the next sync.
    const second = outcomeOf(walSync.run());
    await end(new Error("EIO"));
    expect(await first).toBe("EIO");
    expect(await second).toBe("durable");
    expect(disk.done).toEqual(["sync", ...REWRITTEN]);
    expect(readFileSync(file).equals(before)).toBe(true);
    const third = outcomeOf(walSync.run());
    await end(null);
    expect(await third).toBe("durable");
    expect(disk.done).toEqual(["sync", ...REWRITTEN, "sync"]);
  });

  it("only once that rewrite succeeded, after any number of tries", async () => {
    const first = outcomeOf(walSync.run());
    await end(new Error("EIO"));
    expect(await first).toBe("EIO");
    disk.refuses = true;
    expect(await outcomeOf(walSync.run())).toBe("EIO");
    expect(await outcomeOf(walSync.run())).toBe("EIO");
    disk.refuses = false;
    expect(await outcomeOf(walSync.run())).toBe("durable");
    expect(disk.done.filter((what) => what === "sync")).toHaveLength(1);
    expect(disk.done.slice(-REWRITTEN.length)).toEqual(REWRITTEN);
  });

  it("when it is opened, before any record of a killed process is shown", () => {
    const [served, left] = [join(folder, "served"), join(folder, "left")];
    const binding = openSqlite(served);
    // As after a kill: with a WAL that was not emptied.
    cpSync(served, left, { recursive: true });
    const { size } = statSync(join(left, "suyuan.db-wal"));
    expect(size).toBeGreaterThan(0);
    binding.close();
    disk.done = [];
    openSqlite(left).close();
    expect(disk.done[0]).toBe(`wrote 0+${Math.min(size, 700_001)}`);
    expect(disk.done).toContain("synced at once");
  });

  it("and closed only once no sync is running", async () => {
    const last = outcomeOf(walSync.run());
    await turn();
    walSync.close();
    await turn();
    expect(disk.done).toEqual(["sync"]);
    await end(null);
    expect(await last).toBe("durable");
    expect(disk.done).toEqual(["sync", "closed"]);
  });
});
