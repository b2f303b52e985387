import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StoreRefused } from "../../src/store/binding.ts";
import { temporaryFolder } from "../cli/process.ts";
import { makeHarness } from "../harness.ts";
import { at, issue, openTrade, positions, told, type Trade } from "../http/trade.ts";
import { sscc } from "../world.ts";

const PAGE_BYTES = 4096;
const BEHIND = /has \d+ records, which are not the \d+ of its own signed checkpoint/;
const CODES = 600;

/** A closed data folder with some history, and a backup made halfway. */
const folder = temporaryFolder();
const data = join(folder, "data");
const backup = join(folder, "half.db");
beforeAll(async () => {
  mkdirSync(data);
  const t: Trade = await openTrade(makeHarness({}, data));
  const batch = await issue(t, CODES);
  await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: batch.id }] });
  await t.h.binding.backup(backup);
  for (let i = 0; i < 100; i++)
    await told(t, t.maker, { kind: "packing", at: at(1), subjects: [positions(batch, i)], into: sscc(i) });
  await t.h.dispose();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Why a copy of the folder is refused, after something was done to it. */
function refusalAfter(change: (database: string, copy: string) => void): string {
  const copy = join(folder, "copy");
  cpSync(data, copy, { recursive: true });
  try {
    change(join(copy, "suyuan.db"), copy);
    makeHarness({}, copy);
  } catch (error) {
    // Anything but this is shown to the operator with a stack.
    expect(error).toBeInstanceOf(StoreRefused);
    return (error as Error).message;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return "it was opened";
}

/** The ways in which a folder is damaged. */
const cutPages = (pages: number) => (file: string) =>
  truncateSync(file, statSync(file).size - pages * PAGE_BYTES);
const cutAt = (part: number) => (file: string) =>
  truncateSync(file, Math.floor(statSync(file).size * part) - 100);
const empty = (file: string): void => truncateSync(file, 0);
const remove = (file: string): void => rmSync(file);
const restoreOld = (file: string): void => copyFileSync(backup, file);
const smear = (file: string): void => writeFileSync(file, readFileSync(file).fill(0x5a, 0, PAGE_BYTES));
const withoutCheckpoint = (_: string, copy: string): void => rmSync(join(copy, "checkpoint"));
/** Somebody with the database and without the keys. */
const edit =
  (sql: string, also: (database: string, copy: string) => void = () => undefined) =>
  (file: string, copy: string): void => {
    const sqlite = new Sqlite(file);
    sqlite.exec(sql);
    sqlite.close();
    also(file, copy);
  };
const LAST = `"index" = (SELECT max("index") FROM record)`;
const addRecord = edit(
  `INSERT INTO record ("index", bytes, leaf) SELECT "index" + 1, bytes, leaf FROM record WHERE ${LAST}`,
);
const dropRecord = edit(`DELETE FROM record WHERE ${LAST}`, withoutCheckpoint);
const dropMiddle = edit(`DELETE FROM record WHERE "index" = (SELECT max("index") - 1 FROM record)`);
const editRecord = edit(`UPDATE record SET leaf = zeroblob(32) WHERE ${LAST}`, withoutCheckpoint);
const dropOwnCheckpoint = edit("DELETE FROM checkpoint");
const cutCheckpoint = (_: string, copy: string): void => truncateSync(join(copy, "checkpoint"), 40);
const blockCheckpoint = (_: string, copy: string): void => {
  rmSync(join(copy, "checkpoint"));
  mkdirSync(join(copy, "checkpoint"));
};

describe("a data folder is refused at the start", () => {
  it("but not if it was not changed", () => {
    const size = statSync(join(data, "suyuan.db")).size;
    expect(size % PAGE_BYTES).toBe(0);
    expect(size / PAGE_BYTES).toBeGreaterThan(50);
    expect(refusalAfter(() => undefined)).toBe("it was opened");
  });

  it.each([1, 2, 10, 40])("if the last %i pages of its database are missing", (pages) => {
    expect(refusalAfter(cutPages(pages))).toMatch(/suyuan\.db is damaged or incomplete .*restore a backup/);
  });

  it.each([0.1, 0.5, 0.9])("if its database ends in the middle of a page, at %f of it", (part) => {
    expect(refusalAfter(cutAt(part))).toMatch(/suyuan\.db is damaged or incomplete/);
  });

  it.each([
    ["its database is empty", empty, /was the database lost\?/],
    ["its database is gone", remove, /was the database lost\?/],
    [
      "its first page is overwritten",
      smear,
      /suyuan\.db is damaged or incomplete \(file is not a database\)/,
    ],
    [
      "an older copy of its database was put back",
      restoreOld,
      /the database has \d+ records, but \d+ were acknowledged .*: it is an old copy, or records were lost/,
    ],
    [
      "its last checkpoint is missing",
      withoutCheckpoint,
      /checkpoint is missing, so this database of \d+ records may be an old copy/,
    ],
    ["a record was added behind its back", addRecord, BEHIND],
    ["its last record was taken away", dropRecord, BEHIND],
    ["its last record was changed", editRecord, BEHIND],
    ["a record before that was taken away", dropMiddle, /the log was rewritten\. Put the newest copy/],
    [
      "its own checkpoint was taken away",
      dropOwnCheckpoint,
      /has \d+ records and no checkpoint: restore a backup/,
    ],
    [
      "its last checkpoint cannot be read",
      blockCheckpoint,
      /the last checkpoint, .*checkpoint, cannot be read: EISDIR/,
    ],
    [
      "its last checkpoint is cut short",
      cutCheckpoint,
      /checkpoint: no checkpoint that the log's key has signed/,
    ],
  ])("if %s", (_, change, message) => expect(refusalAfter(change)).toMatch(message));
});
