import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqlite, type SqliteBinding } from "../../../src/node/data/sqlite.ts";
import { temporaryFolder } from "../../cli/process.ts";

/** Each row takes a separate page, and some more for the tree above. */
const PAGE = new Uint8Array(4000);
/** More frames than start a pass. */
const MANY = 1200;

let folder: string;
let file: string;
let binding: SqliteBinding;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, "suyuan.db");
  binding = openSqlite(folder);
  binding.transact(() => binding.prepare?.("CREATE TABLE page (n INTEGER PRIMARY KEY, bytes BLOB)").run());
});
afterEach(() => {
  binding.close();
  rmSync(folder, { recursive: true });
});

let next = 0;
function addPages(count: number): Promise<void> {
  const add = binding.prepare?.("INSERT INTO page VALUES (?, ?)");
  return binding.transactSoon(() => {
    for (let i = 0; i < count; i++) add?.run(next++, PAGE);
  });
}

/** Frames in the WAL, and how many of them are in the database, as another connection sees them. */
function frames(): { log: number; checkpointed: number } {
  const other = new Sqlite(file);
  try {
    return other
      .prepare<[], { log: number; checkpointed: number }>("PRAGMA wal_checkpoint(NOOP)")
      .get() as never;
  } finally {
    other.close();
  }
}

const copied = (): number => frames().checkpointed;
const uncopied = (): number => frames().log - frames().checkpointed;
const walBytes = (): number => statSync(`${file}-wal`).size;

const pages = (): number => {
  const other = new Sqlite(file, { readonly: true });
  try {
    return other.prepare("SELECT count(*) FROM page WHERE length(bytes) = 4000").pluck().get() as number;
  } finally {
    other.close();
  }
};

describe("the write-ahead log", () => {
  it("is not copied after small commits, and is copied after many frames, with no commit waiting for it", async () => {
    const before = pages();
    await addPages(10);
    expect(frames()).toMatchObject({ checkpointed: 0 });
    await addPages(MANY);
    // The commit returned with no frame copied: the thread copies them all.
    await expect.poll(copied).toBeGreaterThan(MANY);
    await expect.poll(uncopied).toBe(0);
    expect(pages() - before).toBe(10 + MANY);
    // The database has every frame, so the next commit starts the log from its beginning.
    const { size } = statSync(`${file}-wal`);
    await addPages(1);
    expect(frames().log).toBeLessThan(10);
    expect(walBytes()).toBe(size);
  });

  it("is copied as far as the oldest reader allows, and further once it ends", async () => {
    await addPages(1);
    const reader = new Sqlite(file, { readonly: true });
    reader.exec("BEGIN");
    const seen = reader.prepare("SELECT count(*) FROM page").pluck().get() as number;
    await addPages(MANY);
    await addPages(MANY);
    await expect.poll(() => frames().log).toBeGreaterThan(2 * MANY);
    expect(reader.prepare("SELECT count(*) FROM page").pluck().get()).toBe(seen);
    expect(frames().checkpointed).toBeLessThan(MANY);
    reader.close();
    await addPages(MANY);
    await expect.poll(copied).toBeGreaterThan(3 * MANY);
  });

  it("is emptied after an erasure, once the running pass ends", async () => {
    await addPages(MANY);
    binding.purge?.();
    await expect.poll(walBytes).toBe(0);
    expect(pages()).toBe(MANY);
    await addPages(MANY);
    await expect.poll(copied).toBeGreaterThan(MANY);
    binding.purge?.();
    await expect.poll(walBytes).toBe(0);
  });

  it("is in the database entirely when the store is closed during a pass", async () => {
    await addPages(MANY);
    binding.close();
    expect(statSync(file).size).toBeGreaterThan(MANY * 4096);
    binding = openSqlite(folder);
    expect(pages()).toBe(MANY);
  });
});
