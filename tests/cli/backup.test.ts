import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Decrypter } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBackup } from "../../src/node/make-backup.ts";
import { bytesToHex } from "@noble/hashes/utils.js";
import { parseCheckpoint } from "../../src/core/ledger/checkpoint.ts";
import { parseNote } from "../../src/core/ledger/note.ts";
import { restore } from "../../src/node/restore.ts";
import { StoreRefused } from "../../src/store/binding.ts";
import { openSqliteCopy } from "../../src/node/data/sqlite.ts";
import { openStore } from "../../src/store/store.ts";
import { makeHarness } from "../harness.ts";
import { oneRecord } from "../http/actors.ts";
import { type Service, startService, suyuan, temporaryFolder } from "./process.ts";

const PASSPHRASE = "correct horse battery staple";
const work = temporaryFolder();
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** An approved filing is recorded with its approval. */
const RECORDS_A_FILING = 2;

/** The records of a closed store, in order. */
function recordsIn(file: string): string[] {
  const binding = openSqliteCopy(file);
  try {
    return openStore(binding)
      .ledger.records(0, Number.MAX_SAFE_INTEGER)
      .map(({ bytes }) => bytesToHex(bytes));
  } finally {
    binding.close();
  }
}

describe("a backup of a live store", () => {
  const CLIENTS = 8;
  const COPIES = 4;
  /** Ends the test if the copies never do. */
  const MOST_FILINGS = 20_000;
  let service: Service;
  let acknowledged = 0;

  beforeAll(async () => {
    service = await startService(undefined, {
      SUYUAN_ANONYMOUS_PER_MINUTE: "0",
      SUYUAN_AUTO_APPROVE: "true",
    });
  });
  afterAll(() => rmSync(service.folder, { recursive: true, force: true }));

  /** Files enterprises one after the other until it is stopped. */
  async function client(n: number, isStopped: () => boolean): Promise<void> {
    for (let i = 0; !isStopped(); i++) {
      expect(i).toBeLessThan(MOST_FILINGS);
      const identity = { scheme: "national", value: `NZ-${n}-${i}` };
      const body = JSON.stringify({ names: { en: `Dairy ${n} ${i}` }, identity, country: "NZ" });
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(`${service.url}/v1/enterprises`, { method: "POST", headers, body });
      expect(answer.status).toBe(201);
      acknowledged += 1;
    }
  }

  it("taken under writes is exactly a prefix of the log, and restores to it", async () => {
    let stopped = false;
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n, () => stopped)));
    const copies: { target: string; before: number; size: number }[] = [];
    try {
      while (copies.length < COPIES) {
        // Each copy lies between two writes, on a slow machine too.
        const earlier = acknowledged;
        await expect.poll(() => acknowledged).toBeGreaterThan(earlier);
        const target = join(work, `live-${copies.length}`);
        const before = acknowledged * RECORDS_A_FILING;
        const { size } = await makeBackup(service.folder, target, undefined);
        copies.push({ target, before, size });
      }
      const last = acknowledged;
      await expect.poll(() => acknowledged).toBeGreaterThan(last + CLIENTS);
    } finally {
      stopped = true;
      await clients;
      await service.stop();
    }
    const all = recordsIn(join(service.folder, "suyuan.db"));
    expect(all).toHaveLength(acknowledged * RECORDS_A_FILING);
    const newest = readFileSync(join(service.folder, "checkpoint"), "utf8");
    for (const { target, before, size } of copies) {
      // It has every filing that was acknowledged before the backup started.
      expect(size).toBeGreaterThanOrEqual(before);
      const there = recordsIn(join(target, "suyuan.db"));
      expect(there).toEqual(all.slice(0, size));
      expect(parseCheckpoint(parseNote(readFileSync(join(target, "checkpoint"), "utf8")).text).size).toBe(
        size,
      );
    }
    const { target, size } = copies[0]!;
    expect(size).toBeLessThan(all.length);
    const keys = join(service.folder, "keys");
    const data = join(work, "from-live");
    const request = {
      from: target,
      keys,
      data,
      passphrase: () => Promise.reject(new Error("not asked for")),
    };
    const restored = await restore({ ...request, newest, force: true });
    expect(restored).toMatchObject({ size, lost: all.length - size, newLog: size < all.length });
    const found = recordsIn(join(data, "suyuan.db"));
    expect(found.slice(0, -1)).toEqual(all.slice(0, size));
  });
});

describe("a backup", () => {
  const data = join(work, "idle");
  const target = join(work, "backup");

  beforeAll(async () => {
    const h = makeHarness({}, data);
    await oneRecord(h);
    await h.close();
    await makeBackup(data, target, PASSPHRASE);
  });

  it("is a folder with four files, readable only by its owner", () => {
    expect(readdirSync(target).toSorted()).toEqual(["MANIFEST", "checkpoint", "keys.age", "suyuan.db"]);
    expect(statSync(target).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(target)) expect(statSync(join(target, name)).mode & 0o777).toBe(0o600);
    const manifest = JSON.parse(readFileSync(join(target, "MANIFEST"), "utf8"));
    expect(manifest).toMatchObject({ format: "suyuan/backup@1", origin: "trace.example.org/log", size: 1 });
    expect(Object.keys(manifest.files)).toEqual(["suyuan.db", "checkpoint", "keys.age"]);
  });

  it("has every key in the age format, encrypted with the passphrase", async () => {
    const sealed = new Uint8Array(readFileSync(join(target, "keys.age")));
    expect(Buffer.from(sealed).toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
    const decrypter = new Decrypter();
    decrypter.addPassphrase(PASSPHRASE);
    const keys = readdirSync(join(data, "keys")).toSorted();
    expect(keys).toEqual(["api-keys.key", "epoch-000.key", "log.key", "operator.key"]);
    const texts = keys.map((name) => [name, readFileSync(join(data, "keys", name), "utf8")]);
    expect(JSON.parse(await decrypter.decrypt(sealed, "text"))).toEqual(Object.fromEntries(texts));
    for (const [, text] of texts)
      for (const name of readdirSync(target))
        expect(readFileSync(join(target, name)).includes(text!.trim()), name).toBe(false);
  });

  it("never overwrites a folder", async () => {
    await expect(makeBackup(data, target, undefined)).rejects.toThrow(/exists already/);
    expect(existsSync(join(target, "keys.age"))).toBe(true);
  });

  it("makes the parents of its target, and takes them back where it fails", async () => {
    const deep = join(work, "made", "by", "backup");
    await makeBackup(data, deep, undefined);
    expect(readdirSync(deep)).toContain("MANIFEST");
    const mixed = join(work, "keyless");
    const h = makeHarness({}, mixed);
    await h.close();
    rmSync(join(mixed, "keys", "epoch-000.key"));
    await expect(makeBackup(mixed, join(work, "not", "made"), undefined)).rejects.toThrow(
      /epoch 0 is missing/,
    );
    expect(existsSync(join(work, "not"))).toBe(false);
  });

  it("fills an empty folder, also through a symbolic link", async () => {
    const empty = join(work, "empty");
    mkdirSync(empty);
    symlinkSync(empty, join(work, "link"));
    await makeBackup(data, join(work, "link"), undefined);
    expect(readdirSync(empty)).toContain("MANIFEST");
    expect(statSync(empty).mode & 0o777).toBe(0o700);
  });

  it.each<[string, () => string, RegExp]>([
    ["a file", () => join(target, "MANIFEST"), /MANIFEST exists already and is a file: name a folder/],
    [
      "below a file",
      () => join(target, "MANIFEST", "x"),
      /MANIFEST is a file, so .* cannot be made: name a folder elsewhere/,
    ],
    ["in use", () => target, /exists already and is not empty \(MANIFEST, .*overwrites nothing/],
    [
      "inside the data folder",
      () => join(data, "backups", "x"),
      /lies inside the data folder .*one lost disk/,
    ],
    ["the data folder", () => data, /exists already and is not empty/],
  ])("is refused where its target is %s", async (_, place, message) => {
    const refused = makeBackup(data, place(), undefined);
    await expect(refused).rejects.toThrow(StoreRefused);
    await expect(refused).rejects.toThrow(message);
    expect(readdirSync(work).filter((name) => name.includes(".part-"))).toEqual([]);
  });

  it("of a folder that is no store makes none, there neither", async () => {
    const nowhere = join(work, "nowhere");
    const refused = makeBackup(nowhere, join(work, "none"), undefined);
    await expect(refused).rejects.toThrow(StoreRefused);
    await expect(refused).rejects.toThrow(/there is no store in .*on another machine/);
    expect(existsSync(nowhere)).toBe(false);
    expect(readdirSync(work).filter((name) => name.startsWith("none"))).toEqual([]);
  });

  it("is not made if the keys are not those of the store", async () => {
    const mixed = join(work, "mixed");
    const h = makeHarness({}, mixed);
    await h.close();
    rmSync(join(mixed, "keys", "epoch-000.key"));
    await expect(makeBackup(mixed, join(work, "mixed-backup"), undefined)).rejects.toThrow(
      /the secret of epoch 0 is missing/,
    );
    expect(readdirSync(work).filter((name) => name.startsWith("mixed-backup"))).toEqual([]);
  });

  it.each([
    [{}, /a passphrase is missing/],
    [{ SUYUAN_PASSPHRASE: "eleven char" }, /at least 12 characters/],
  ])("by command refuses a missing or weak passphrase: %j", async (environment, message) => {
    const { code, stderr } = await suyuan(["backup", join(work, "weak"), "--data", data], environment);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(existsSync(join(work, "weak"))).toBe(false);
  });

  it("by command says that the keys are not in it", async () => {
    const bare = join(work, "bare");
    const { code, stdout } = await suyuan(["backup", bare, "--data", data, "--without-keys"]);
    expect(code).toBe(0);
    expect(stdout).toContain("The keys are not in it.");
    expect(existsSync(join(bare, "keys.age"))).toBe(false);
  });
});
