import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { migrate as drizzleMigrate } from "drizzle-orm/better-sqlite3/migrator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unitChain } from "../../src/core/ledger/chain.ts";
import { makeBackup } from "../../src/node/make-backup.ts";
import { readMigrations } from "../../src/node/data/migration-files.ts";
import { openSqlite, openSqliteCopy } from "../../src/node/data/sqlite.ts";
import { StoreRefused } from "../../src/store/binding.ts";
import { migrate, type Migration, newestMigration } from "../../src/store/migrations.ts";
import { openStore } from "../../src/store/store.ts";

const ALL = readMigrations();
const HEAD = Buffer.alloc(32, 7);
/** Units of an older store: the number of the chain, the id, and the salt. */
const UNITS: [chain: number, id: string, salt: Buffer][] = [
  [3, "sscc:1", Buffer.alloc(16, 1)],
  [7, "container:NSGU0000018", Buffer.alloc(16, 2)],
  // So many that each place of a name has each hex digit.
  ...Array.from({ length: 200 }, (_, n): [number, string, Buffer] => [
    10 + n,
    `sscc:${100 + n}`,
    Buffer.alloc(16, n),
  ]),
];
const nameOf = ([, id, salt]: (typeof UNITS)[number]): string => unitChain(salt, id);

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-migrations-"));
  file = join(folder, "suyuan.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Makes a store as versions until 0.1 did, with drizzle's own migrator and the first `count` migrations. */
function drizzleStore(count: number, work: (sqlite: Sqlite.Database) => void = () => undefined): void {
  const migrations = join(folder, "drizzle");
  mkdirSync(join(migrations, "meta"), { recursive: true });
  const entries = ALL.slice(0, count).map(({ tag, when }, idx) => ({
    idx,
    version: "6",
    when,
    tag,
    breakpoints: true,
  }));
  const journal = { version: "7", dialect: "sqlite", entries };
  writeFileSync(join(migrations, "meta", "_journal.json"), JSON.stringify(journal));
  for (const { tag, sql } of ALL.slice(0, count)) writeFileSync(join(migrations, `${tag}.sql`), sql);
  onFile((sqlite) => {
    drizzleMigrate(drizzle(sqlite), { migrationsFolder: migrations });
    work(sqlite);
  });
}

function onFile<T>(work: (sqlite: Sqlite.Database) => T): T {
  const sqlite = new Sqlite(file);
  try {
    return work(sqlite);
  } finally {
    sqlite.close();
  }
}

/** Migrates the file with the store's own function. */
function migrateWith(migrations: Migration[]): void {
  onFile((sqlite) =>
    migrate(
      {
        prepare: (sql) => sqlite.prepare(sql),
        exec: (sql) => void sqlite.exec(sql),
        transact: (work) => sqlite.transaction(work).immediate(),
      },
      migrations,
    ),
  );
}

/** Every table and index, whatever the layout of its SQL, and drizzle's account of the migrations. */
function schemaAndAccount(): unknown {
  return onFile((sqlite) => {
    const objects = sqlite.prepare("SELECT name, sql FROM sqlite_master ORDER BY name").all() as {
      name: string;
      sql: string | null;
    }[];
    const account = "SELECT id, hash, created_at FROM __drizzle_migrations ORDER BY created_at";
    return {
      objects: objects.map(({ name, sql }) => [name, sql?.replace(/[\s"]/g, "")]),
      account: sqlite.prepare(account).all(),
    };
  });
}

/** A store as it was with the first `count` migrations, when chains and what was derived had a row for each. */
function olderStore(count = 1): void {
  drizzleStore(count, (sqlite) => {
    const add = sqlite.prepare('INSERT INTO chain (id, "of", length, head) VALUES (?, ?, ?, ?)');
    add.run(1, "batch:bat_one", 1, HEAD);
    add.run(2, `node:${"ab".repeat(32)}`, 1, HEAD);
    const addUnit = sqlite.prepare("INSERT INTO unit (chain, id, salt, latestWithin) VALUES (?, ?, ?, 99)");
    for (const unit of UNITS) {
      const [chain, id, salt] = unit;
      add.run(chain, nameOf(unit), chain === 3 ? 0 : 1, chain === 3 ? null : HEAD);
      addUnit.run(chain, id, salt);
    }
    sqlite.exec(`
      INSERT INTO batch (id, organisation, product, status, lot, mode, category, quantity, terms, start, spanLevel,
          chainLevels, issued, requestedAt)
        VALUES ('bat_one', 'ent_a', 'prd_1', 'ready', 'L', '0110', 'food', 10, '{}', 2048, 4, 5, 10, 1);
      INSERT INTO link VALUES (1, 0, 0, 5, 0, 0);
      INSERT INTO node VALUES (2048, 0, 2);
      INSERT INTO event ("index", kind, at, organisation, statement) VALUES (0, 'storing', 5, 'ent_a', 'st-0');
      INSERT INTO clearance VALUES (0, 7);
      INSERT INTO code_state VALUES (2048, 2050, 'sold')`);
  });
}

const newest = (): number | undefined =>
  onFile((sqlite) => newestMigration({ prepare: (sql) => sqlite.prepare(sql) }));

describe("a new store", () => {
  it("gets the same schema and account of migrations as from drizzle's migrator", () => {
    drizzleStore(ALL.length);
    const expected = schemaAndAccount();
    rmSync(file);
    migrateWith(ALL);
    expect(schemaAndAccount()).toEqual(expected);
    openSqlite(folder).close();
    expect(schemaAndAccount()).toEqual(expected);
  });
});

describe("a store of an older version", () => {
  it.each([1, 2, 3, 4])("is migrated when it is opened, with its units: after %i migrations", (count) => {
    olderStore(count);
    const store = openStore(openSqlite(folder));
    const { units } = store.custody;
    expect(units.count).toBe(209);
    expect(UNITS.map(([, id]) => units.find(id))).toEqual(
      UNITS.map((unit) => ({ number: unit[0], id: unit[1], salt: unit[2], of: nameOf(unit) })),
    );
    // The number of the name's first digits, by which it is found, is as of a unit that is added now.
    expect(UNITS.map((unit) => units.numberOf(nameOf(unit)))).toEqual(UNITS.map(([chain]) => chain));
    const tags = onFile((sqlite) => sqlite.prepare("SELECT tag FROM unit ORDER BY number").all());
    expect(tags).toEqual(UNITS.map((unit) => ({ tag: Number.parseInt(nameOf(unit).slice(5, 17), 16) })));
    expect(units.numberOf(`unit:${"cd".repeat(32)}`)).toBeUndefined();
    const [id, salt] = ["sscc:new", Buffer.alloc(16, 9)];
    expect(store.transact(() => units.add(id, salt, unitChain(salt, id))).number).toBe(210);
    store.close();
    openSqliteCopy(file).close();
  });

  it("has nothing that is derived once it is migrated: all records are to be applied again", () => {
    olderStore(4);
    const store = openStore(openSqlite(folder));
    const { custody } = store;
    expect(store.derivedThrough()).toBe(0);
    expect([
      custody.namedChains,
      custody.chains.numbersAfter(-1e9, 9),
      custody.chains.nodesIn(0, 9999),
    ]).toEqual([0, [], []]);
    expect([custody.states.states(0, 9999), custody.recorded.clearances()]).toEqual([[], []]);
    expect(custody.levelsOf(2048)).toBe(0);
    expect(store.batches.get("bat_one")).toMatchObject({ id: "bat_one", start: 2048, issued: 10 });
    expect(Object.keys(store.batches.get("bat_one")!)).not.toContain("chainLevels");
    store.close();
  });

  it("keeps its files, with the name of who stored them, and counts them", () => {
    drizzleStore(2, (sqlite) => {
      const add = sqlite.prepare("INSERT INTO file VALUES (?, 'text/plain', ?, ?, ?, ?, 7)");
      add.run("d1", "one.txt", "lab_1", 3, Buffer.from("one"));
      add.run("d2", "three.txt", "lab_1", 5, Buffer.from("three"));
    });
    const store = openStore(openSqlite(folder));
    const { service } = store;
    expect(service.file("d2")).toEqual({ digest: "d2", sizeBytes: 5, bytes: Buffer.from("three") });
    expect(service.fileUploads("d1")).toEqual([
      { digest: "d1", organisation: "lab_1", mediaType: "text/plain", name: "one.txt", at: 7 },
    ]);
    expect(service.fileUsage("lab_1")).toBe(8);
    store.close();
  });

  it("is refused where it is only read: as a copy and for a backup", async () => {
    olderStore();
    const copy = join(folder, "copy.db");
    copyFileSync(file, copy);
    expect(() => openSqliteCopy(copy)).toThrow(StoreRefused);
    expect(() => openSqliteCopy(copy)).toThrow(/an older version of Suyuan wrote/);
    const backup = makeBackup(folder, join(folder, "backup"), undefined);
    await expect(backup).rejects.toThrow(`an older version of Suyuan wrote ${file}:`);
  });
});

describe("a store from before filings waited outside the log", () => {
  it("keeps its organisations, keys and anonymous answers, and takes a second filing of a number", () => {
    drizzleStore(2, (sqlite) => {
      sqlite.exec(`
        INSERT INTO organisation (id, role, status, scheme, number, country, filing, filedAt)
          VALUES ('ent_a', 'enterprise', 'requested', 'lei', 'L-1', 'NZ', '{}', 1);
        INSERT INTO api_key (id, hash, role, organisation, label, createdAt)
          VALUES ('key_a', 'hash', 'enterprise', 'ent_a', 'till', 1);
        INSERT INTO idempotency (owner, "key", requestDigest, first, count, body, at)
          VALUES ('anonymous', 'one', 'd1', 0, 1, '{}', 1), ('key_a', 'one', 'd2', 1, 1, '{}', 1)`);
    });
    const store = openStore(openSqlite(folder));
    const { filing, service } = store;
    expect(filing.keyByHash("hash")).toMatchObject({ id: "key_a", repeatableUntil: null });
    expect(service.answer("anonymous d1", "one")?.requestDigest).toBe("d1");
    expect(service.answer("key_a", "one")?.requestDigest).toBe("d2");
    // Its filing is in the log already: nothing waits with it.
    expect(filing.waitingCount("ent_a")).toBe(0);
    const { role, status, scheme, number, country, province, filing: filed } = filing.organisation("ent_a")!;
    const again = { role, status, scheme, number, country, province, filing: filed, id: "ent_b", filedAt: 2 };
    store.transact(() => filing.addOrganisation(again));
    expect(filing.numberApplicants("lei", "L-1", 9).map(({ id }) => id)).toEqual(["ent_a", "ent_b"]);
    store.close();
  });

  it("is migrated whole or not at all where the migration is interrupted", () => {
    drizzleStore(2);
    const [foundation, names, waiting, ...later] = ALL as [Migration, Migration, Migration];
    const cut = { ...waiting, sql: `${waiting.sql}; INSERT INTO no_such_table VALUES (1)` };
    expect(() => migrateWith([foundation, names, cut, ...later])).toThrow(/no such table/);
    const made = onFile((sqlite) =>
      sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'waiting_record'").get(),
    );
    expect(made).toBeUndefined();
    openStore(openSqlite(folder)).close();
    expect(newest()).toBe(ALL.at(-1)?.when);
  });
});

describe("an interrupted migration", () => {
  const [first, ...rest] = ALL as [Migration, ...Migration[]];
  const broken: Migration = {
    tag: "0009_broken",
    when: first.when + 1,
    sql: "CREATE TABLE half (a); INSERT INTO no_such_table VALUES (1);",
  };

  it("keeps the migrations before, nothing of its own, and continues the next time", () => {
    expect(() => migrateWith([first, broken, ...rest])).toThrow(/no such table/);
    expect(newest()).toBe(first.when);
    const half = onFile((sqlite) => sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'half'").get());
    expect(half).toBeUndefined();
    migrateWith(ALL);
    expect(newest()).toBe(ALL.at(-1)?.when);
    openStore(openSqlite(folder)).close();
  });

  it("continues when only drizzle's table was made", () => {
    drizzleStore(0);
    expect(newest()).toBeUndefined();
    openStore(openSqlite(folder)).close();
    expect(newest()).toBe(ALL.at(-1)?.when);
  });
});

describe("the list of migrations", () => {
  it("is refused out of order, before anything is written", () => {
    expect(() => migrateWith(ALL.slice(0, 2).toReversed())).toThrow(
      new RangeError(
        `migration ${ALL[0]?.tag} must be later than ${ALL[1]?.tag}: check drizzle/meta/_journal.json`,
      ),
    );
    expect(newest()).toBeUndefined();
  });
});
