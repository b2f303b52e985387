import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqlite } from "../../../src/node/data/sqlite.ts";
import { StoreFailed, StoreRefused } from "../../../src/store/binding.ts";
import { openStore } from "../../../src/store/store.ts";
import { start, type Started } from "../../cli/process.ts";

const REFUSED = /another process \(\d+\) is serving the data folder .*, although its lock\.db is gone/;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "suyuan-owner-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const loseLock = (): void => rmSync(join(folder, "lock.db"), { force: true });

async function serve(): Promise<Started> {
  const service = start("cli/main.ts", ["serve"], { SUYUAN_DATA: folder, SUYUAN_PORT: "0" });
  await service.wrote(/listening/);
  return service;
}

/** The row that names the owner, changed by a test. */
function changeOwner(change: Record<string, unknown>): void {
  const sqlite = new Sqlite(join(folder, "suyuan.db"));
  const row = sqlite.prepare(`SELECT value FROM meta WHERE "key" = 'owner'`).pluck().get() as string;
  const owner = { ...(JSON.parse(row) as object), ...change };
  sqlite.prepare(`UPDATE meta SET value = ? WHERE "key" = 'owner'`).run(JSON.stringify(owner));
  sqlite.close();
}

describe.skipIf(process.platform !== "linux")("a second start, after lock.db was deleted", () => {
  it("is refused while the first process runs, and allowed once it was killed", async () => {
    const first = await serve();
    loseLock();
    const second = start("cli/main.ts", ["serve"], { SUYUAN_DATA: folder, SUYUAN_PORT: "0" });
    const { code, stderr } = await second.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(REFUSED);
    expect(() => openSqlite(folder)).toThrow(StoreRefused);
    first.child.kill("SIGKILL");
    await first.ended;
    loseLock();
    openSqlite(folder).close();
  });

  it("is refused inside one process, until the first store is closed", () => {
    const first = openSqlite(folder);
    loseLock();
    expect(() => openSqlite(folder)).toThrow(REFUSED);
    first.close();
    openSqlite(folder).close();
  });

  it("is allowed where another process has the number of the one that ended", () => {
    const first = openSqlite(folder);
    changeOwner({ pid: 1, started: "0" });
    loseLock();
    openSqlite(folder).close();
    expect(() => first.close()).not.toThrow();
  });

  it("on a copy of the folder is allowed: the copy is nobody's", () => {
    const first = openSqlite(folder);
    const copy = mkdtempSync(join(tmpdir(), "suyuan-owner-copy-"));
    first.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    copyFileSync(join(folder, "suyuan.db"), join(copy, "suyuan.db"));
    expect(() => openSqlite(copy).close()).not.toThrow();
    first.close();
    rmSync(copy, { recursive: true });
  });
});

describe("a process whose database another one took over unseen", () => {
  it("writes nothing more, whichever way it writes", async () => {
    const first = openSqlite(folder);
    const store = openStore(first);
    store.transact(() => store.service.setMeta("origin", "first"));
    // As a process in another container would: this one cannot see whether the first still runs.
    changeOwner({ boot: "another machine", pid: 7 });
    loseLock();
    const second = openSqlite(folder);
    const taken = /another process took over the database .* Stop one of the two/;
    const write = (): void => store.service.setMeta("origin", "both");
    expect(() => store.transact(write)).toThrow(taken);
    expect(() => store.transactSoon(write)).toThrow(StoreFailed);
    const other = openStore(second);
    await other.transactSoon(() => other.service.setMeta("ledgerNumber", "2"));
    expect([store.service.meta("origin"), store.service.meta("ledgerNumber")]).toEqual(["first", "2"]);
    first.close();
    other.transact(() => other.service.setMeta("origin", "second"));
    other.close();
  });
});
