import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, expect, it } from "vitest";
import { makeBackup } from "../../src/node/make-backup.ts";
import { StoreRefused } from "../../src/store/binding.ts";
import { openSqlite, openSqliteCopy } from "../../src/node/data/sqlite.ts";
import { openStore } from "../../src/store/store.ts";

const folder = mkdtempSync(join(tmpdir(), "suyuan-migrations-"));
const file = join(folder, "suyuan.db");
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = Buffer.alloc(32, 7);

/** A store as it was before chains had a table of names. */
function olderStore(): void {
  const binding = openSqlite(folder);
  const store = openStore(binding);
  store.transact(() => {
    store.ledger.addChain("batch:bat_one", HEAD);
    store.ledger.addNodeChain(`node:${"ab".repeat(32)}`, HEAD);
    store.ledger.addChain(`unit:${"cd".repeat(32)}`);
  });
  binding.close();
  const sqlite = new Sqlite(file);
  sqlite.exec('CREATE UNIQUE INDEX chain_of ON chain ("of"); CREATE INDEX node_chain ON node (chain);');
  sqlite.exec("DROP TABLE chain_name");
  sqlite.exec(
    "DELETE FROM __drizzle_migrations WHERE created_at = (SELECT max(created_at) FROM __drizzle_migrations)",
  );
  sqlite.close();
}

it("a store of an older version is brought to this one, with what it has", async () => {
  olderStore();
  const copy = join(folder, "copy.db");
  copyFileSync(file, copy);
  expect(() => openSqliteCopy(copy)).toThrow(StoreRefused);
  const backup = makeBackup(folder, join(folder, "backup"), undefined);
  await expect(backup).rejects.toThrow(`an older version of Suyuan wrote ${file}:`);
  expect(() => openSqliteCopy(copy)).toThrow(/an older version of Suyuan wrote/);
  const binding = openSqlite(folder);
  const { ledger } = openStore(binding);
  expect(ledger.chain("batch:bat_one")).toEqual({ id: 1, of: "batch:bat_one", length: 1, head: HEAD });
  expect(ledger.chain(`unit:${"cd".repeat(32)}`)?.id).toBe(3);
  expect(ledger.chain(`node:${"ab".repeat(32)}`)).toBeUndefined();
  expect(ledger.chainById(2)?.of).toBe(`node:${"ab".repeat(32)}`);
  binding.close();
  openSqliteCopy(file).close();
});
