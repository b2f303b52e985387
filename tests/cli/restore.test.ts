import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBackup } from "../../src/node/make-backup.ts";
import { rotateLogKey } from "../../src/node/change-log-key.ts";
import { splitItemKey } from "../../src/core/code/serial.ts";
import { parseCheckpoint } from "../../src/core/ledger/checkpoint.ts";
import { parseNote } from "../../src/core/ledger/note.ts";
import { decodeRecord, type LedgerRecord } from "../../src/core/ledger/record.ts";
import { restore, type Restored } from "../../src/node/restore.ts";
import { issueBatch } from "../../src/services/codes/issue-batch.ts";
import type { BatchRow } from "../../src/store/batches.ts";
import { StoreRefused } from "../../src/store/binding.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { approve, expectStatus, oneRecord, orderOf } from "../http/actors.ts";
import { at, issue, type Issued, openTrade, otherGoods, told, type Trade } from "../http/trade.ts";
import { suyuan, temporaryFolder, withoutProgress } from "./process.ts";

const PASSPHRASE = "correct horse battery staple";
const ORIGIN = "trace.example.org/log";

const work = temporaryFolder();
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Asked {
  keys?: string | undefined;
  newest?: string;
  force?: boolean;
  passphrase?: string;
}

let folders = 0;
const freshFolder = (): string => join(work, `data-${++folders}`);

function restoreFrom(from: string, data: string, asked: Asked = {}): Promise<Restored> {
  const { keys, newest, force = false, passphrase = PASSPHRASE } = asked;
  return restore({ from, data, keys, newest, force, passphrase: () => Promise.resolve(passphrase) });
}

/** Why a restore is refused; nothing of it stays. */
async function refusal(from: string, asked: Asked = {}): Promise<string> {
  const data = freshFolder();
  const error = await restoreFrom(from, data, asked).then(
    () => new Error("it was restored"),
    (refused: Error) => refused,
  );
  expect(error, error.stack).toBeInstanceOf(StoreRefused);
  expect(existsSync(data)).toBe(false);
  return error.message;
}

function newestOf(folder: string): string {
  return readFileSync(join(folder, "checkpoint"), "utf8");
}

function recordAt({ service }: Harness, index: number): LedgerRecord {
  return decodeRecord(service.store.ledger.record(index)!.bytes);
}

async function codesOf(t: Trade, id: string): Promise<string[]> {
  const { text } = await t.h.call("GET", `/v1/batches/${id}/codes?format=text`, { key: t.maker.key });
  return text.trim().split("\n");
}

async function ordered(t: Trade, quantity: number): Promise<string> {
  const body = orderOf(t.cream, { quantity, lot: `L${quantity}` });
  const { id } = expectStatus(await t.h.call("POST", "/v1/batches", { key: t.maker.key, body }), 201);
  await approve(t.h, t.officer, `/v1/batches/${id}`);
  return id;
}

/** The batch of each code, or the verdict of its scan if it has none. */
async function scanned({ h }: Trade, codes: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const code of codes) {
    const { verdict, batch } = expectStatus(await h.call("GET", `/v1/scan/${code}`), 200);
    found.push(batch?.id ?? verdict);
  }
  return found;
}

/** One bit in the middle. */
function flip(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = bytes[middle]! ^ 1;
  writeFileSync(file, bytes);
}

const times = (n: number, what: string): string[] => Array.from({ length: n }, () => what);

describe("an old backup, restored by force", () => {
  const data = join(work, "old");
  const backup = join(work, "old-backup");
  const keys = join(data, "keys");
  let t: Trade;
  let kept: Issued;
  let half: string;
  let approved: string;
  let lost: Issued[];
  let keptCodes: string[];
  let halfCodes: string[];
  let approvedCodes: string[];
  let newest: string;
  let restored: Restored;
  let atBackup: (BatchRow | undefined)[];
  const after = freshFolder();

  beforeAll(async () => {
    mkdirSync(data);
    t = await openTrade(makeHarness({}, data));
    kept = await issue(t, 50, { lot: "KEPT" });
    await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: kept.id }] });
    // From here on nothing is issued by itself: one batch stays approved, the other stops midway.
    await t.h.service.issuer.stop();
    approved = await ordered(t, 70);
    half = await ordered(t, 5000);
    await issueBatch(t.h.service, half, () => false);
    atBackup = [half, approved].map((id) => t.h.service.store.batches.get(id));
    await makeBackup(data, backup, undefined);

    // The service continues: it issues all three and more, and all codes are printed.
    await t.h.close();
    t = { ...t, h: makeHarness({}, data) };
    await t.h.service.issuer.settled();
    lost = [await issue(t, 300, { lot: "LOST" }), await issue(t, 9, { lot: "LOST TOO" })];
    keptCodes = kept.codes;
    halfCodes = await codesOf(t, half);
    approvedCodes = await codesOf(t, approved);
    await t.h.close();
    newest = newestOf(data);

    restored = await restoreFrom(backup, after, { keys, newest, force: true });
    t = { ...t, h: makeHarness({}, after) };
    await t.h.service.issuer.settled();
  });
  afterAll(() => t.h.dispose());

  it("has one batch half issued and another only approved; later all codes were printed", () => {
    expect(atBackup).toMatchObject([
      { status: "issuing", root: null },
      { status: "approved", start: null },
    ]);
    expect(halfCodes).toHaveLength(5000);
    expect(approvedCodes).toHaveLength(70);
  });

  it("is refused without --force, with both sizes and the consequences", async () => {
    const size = parseCheckpoint(parseNote(newest).text).size;
    expect(await refusal(backup, { keys, newest })).toMatch(
      new RegExp(
        `the backup has ${restored.size} records, and the log had ${size}: .*codes ordered since are unknown`,
      ),
    );
  });

  it("starts a new log with another name, key and epoch, and records that", async () => {
    const newestTree = parseCheckpoint(parseNote(newest).text);
    expect(restored).toMatchObject({
      origin: `${ORIGIN}/2`,
      newLog: true,
      epoch: 1,
      lost: newestTree.size - restored.size,
    });
    const { statement, chains } = recordAt(t.h, restored.record);
    expect(restored.record).toBe(restored.size);
    expect(statement).toMatchObject({
      kind: "restoring",
      actor: { organisation: "operator" },
      subjects: [{ ledger: `${ORIGIN}/2` }],
      public: {
        from: { origin: ORIGIN, size: restored.size },
        newest: { origin: ORIGIN, size: newestTree.size },
        epoch: 1,
      },
    });
    expect(chains.map(({ of }) => of)).toEqual([`ledger:${ORIGIN}`, `ledger:${ORIGIN}/2`]);
    const log = expectStatus(await t.h.call("GET", "/v1/log"), 200);
    expect(log.vkey).toBe(statement.public["logKey"]);
    expect(log.vkey).toMatch(new RegExp(`^${ORIGIN}/2\\+`));
    const key = readFileSync(join(data, "keys", "log.key"), "utf8").trim();
    expect(log.checkpoint).not.toContain(key.split("+")[3]);
    expect(readFileSync(join(after, "keys", "log.key"), "utf8")).not.toContain(key);
  });

  it("serves the new log at a new path, for which no cache has tiles of the old log", async () => {
    for (const [prefix, caching] of [
      ["/log/2", "public, max-age=31536000, immutable"],
      ["/log", "no-cache"],
    ] as const) {
      const checkpoint = await t.h.call("GET", `${prefix}/checkpoint`);
      const { origin, size } = parseCheckpoint(parseNote(checkpoint.text).text);
      expect(origin).toBe(`${ORIGIN}/2`);
      const tile = await t.h.call("GET", `${prefix}/tile/entries/000.p/${size}`);
      expect(tile.status).toBe(200);
      expect(tile.headers.get("cache-control")).toBe(caching);
      expect((await t.h.call("GET", `${prefix}/vkey`)).text).toContain(`${ORIGIN}/2+`);
    }
    expect((await t.h.call("GET", "/log/3/checkpoint")).status).toBe(404);
  });

  it("never lets an issued code open to other goods", async () => {
    // Well past the serials that were handed out after the backup.
    const lostCodes = lost.flatMap(({ codes }) => codes);
    const others: Issued[] = [];
    const goods = await otherGoods(t, "9520001000034");
    for (let n = 0; n < 6; n++) others.push(await issue(t, 500, { product: goods, lot: `OTHER ${n}` }));
    const serials = others.flatMap(({ id }) => {
      const row = t.h.service.store.batches.get(id)!;
      const { epoch, serial } = splitItemKey(row.start!);
      expect(epoch).toBe(1);
      return Array.from({ length: 500 }, (_, i) => serial + i);
    });
    // Had they been sealed in the old epoch, they would be lost codes: the same serials come again.
    const lostSerials = lostCodes.map(
      (code) => t.h.service.keyring.decipher(code, (_, serial) => serial)!.serial,
    );
    expect(lostSerials.every((serial) => new Set(serials).has(serial))).toBe(true);

    expect(await scanned(t, lostCodes)).toEqual(times(309, "unknown"));
    // A batch approved without serials has others now; batches in the backup keep their goods.
    expect(await scanned(t, approvedCodes)).toEqual(times(70, "unknown"));
    expect(await scanned(t, keptCodes)).toEqual(times(50, kept.id));
    const some = halfCodes.filter((_, i) => i % 50 === 0);
    expect(await scanned(t, some)).toEqual(times(100, half));

    expect(await codesOf(t, half)).toEqual(halfCodes);
    const again = await codesOf(t, approved);
    expect(await scanned(t, again)).toEqual(times(70, approved));
    expect(again.filter((code) => approvedCodes.includes(code))).toEqual([]);
    const ever = new Set([...lostCodes, ...approvedCodes, ...keptCodes, ...halfCodes]);
    for (const { id, codes } of others) {
      expect(codes.filter((code) => ever.has(code))).toEqual([]);
      expect(await scanned(t, codes.slice(0, 5))).toEqual(times(5, id));
    }
  });

  it("is sound, and another restore by force gets the next name", async () => {
    const body = { scope: { ledger: true } };
    const audit = expectStatus(await t.h.call("POST", "/v1/audits", { key: t.officer.key, body }), 201);
    expect(audit).toMatchObject({ ok: true, breaks: [] });
    const later = newestOf(after);
    expect(await refusal(backup, { keys, newest: later })).toMatch(
      /no checkpoint that the log's key has signed/,
    );
    const third = await restoreFrom(backup, freshFolder(), { keys, newest: later, force: true });
    expect(third).toMatchObject({ origin: `${ORIGIN}/3`, lost: null, epoch: 1 });
  });
});

describe("a backup of all there is", () => {
  const data = join(work, "whole");
  const backup = join(work, "whole-backup");
  const keys = join(data, "keys");
  let t: Trade;
  let batch: Issued;
  let size: number;

  beforeAll(async () => {
    mkdirSync(data);
    t = await openTrade(makeHarness({}, data));
    batch = await issue(t, 20);
    size = t.h.service.store.ledger.size();
    await makeBackup(data, backup, PASSPHRASE);
    await t.h.close();
  });

  it("continues the same log, in a new epoch", async () => {
    const after = freshFolder();
    const key = readFileSync(join(data, "keys", "log.key"), "utf8");
    const restored = await restoreFrom(backup, after, { newest: newestOf(data) });
    expect(restored).toEqual({ origin: ORIGIN, size, lost: 0, newLog: false, epoch: 1, record: size });
    expect(readFileSync(join(after, "keys", "log.key"), "utf8")).toBe(key);
    expect(readdirSync(after).toSorted()).toEqual(["checkpoint", "keys", "suyuan.db"]);
    expect(statSync(join(after, "keys", "epoch-001.key")).mode & 0o777).toBe(0o600);
    const h = makeHarness({}, after);
    expect(recordAt(h, size).statement).toMatchObject({
      kind: "restoring",
      public: { from: { origin: ORIGIN, size }, newest: { origin: ORIGIN, size }, epoch: 1 },
    });
    expect(recordAt(h, size).chains.map(({ of }) => of)).toEqual([`ledger:${ORIGIN}`]);
    expect(await scanned({ ...t, h }, batch.codes)).toEqual(times(20, batch.id));
    await h.close();
  });

  it("reports its progress up to the end", async () => {
    const seen: number[][] = [];
    await restore({
      from: backup,
      data: freshFolder(),
      keys,
      newest: newestOf(data),
      force: false,
      passphrase: () => Promise.reject(new Error("not asked for")),
      progress: (done, total) => void seen.push([done, total]),
    });
    const totals = new Set(seen.map(([, total]) => total));
    expect(totals.size).toBe(1);
    expect(seen.at(-1)).toEqual([seen[0]![1], seen[0]![1]]);
  });

  it.each<[string, () => string, RegExp]>([
    ["a file", () => join(backup, "MANIFEST"), /MANIFEST exists already and is a file/],
    [
      "below a file",
      () => join(keys, "log.key", "x"),
      /log\.key is a file, so .* cannot be made: name a folder elsewhere/,
    ],
    ["inside the backup", () => join(backup, "data"), /lies inside the backup/],
  ])("is refused where its target is %s", async (_, place, message) => {
    await expect(restoreFrom(backup, place(), { keys, newest: newestOf(data) })).rejects.toThrow(message);
    expect(readdirSync(backup)).toHaveLength(4);
  });

  it("continues the log if the checkpoint is older", async () => {
    const newest = readFileSync(join(backup, "checkpoint"), "utf8");
    const first = freshFolder();
    await restoreFrom(backup, first, { keys, newest });
    const second = join(work, "second-backup");
    await makeBackup(first, second, undefined);
    expect(await restoreFrom(second, freshFolder(), { keys: join(first, "keys"), newest })).toMatchObject({
      newLog: false,
      epoch: 2,
    });
  });

  it("continues the log with keys that are newer than the backup", async () => {
    const first = freshFolder();
    const newest = newestOf(data);
    await restoreFrom(backup, first, { keys, newest });
    await rotateLogKey(first);
    expect(
      readFileSync(join(first, "keys", "log.key"), "utf8")
        .trim()
        .split("\n"),
    ).toHaveLength(2);
    const after = freshFolder();
    const restored = await restoreFrom(backup, after, { keys: join(first, "keys"), newest });
    // Epoch 1 has codes out that this copy knows nothing of.
    expect(restored).toMatchObject({ origin: ORIGIN, newLog: false, epoch: 2 });
    const h = makeHarness({}, after);
    expect(await scanned({ ...t, h }, batch.codes)).toEqual(times(20, batch.id));
    await h.close();
  });

  it("is refused if the checkpoint is of another history, with --force too", async () => {
    // Both continue the same backup: two histories, signed by one key.
    const [one, other] = [freshFolder(), freshFolder()];
    await restoreFrom(backup, one, { keys, newest: newestOf(data) });
    await restoreFrom(backup, other, { keys, newest: newestOf(data) });
    const copy = join(work, "one-backup");
    await makeBackup(one, copy, undefined);
    for (const force of [false, true])
      expect(await refusal(copy, { keys: join(one, "keys"), newest: newestOf(other), force })).toMatch(
        /the first \d+ records of the backup are not those of the checkpoint: .*another history/,
      );
  });

  it("is refused without a checkpoint, with advice on where to find it", async () => {
    expect(await refusal(backup)).toMatch(
      /--checkpoint takes the newest there is: .*\/log\/checkpoint.*--force/,
    );
  });

  it("is refused with a checkpoint that the log did not sign", async () => {
    const foreign = newestOf(data).replace(ORIGIN, "other.example.org/log");
    const unsigned = newestOf(data).replace(/\n(\d+)\n/, (_, n: string) => `\n${Number(n) + 1}\n`);
    for (const newest of [foreign, unsigned, "nothing\n"])
      for (const force of [false, true])
        expect(await refusal(backup, { keys, newest, force })).toMatch(
          /no checkpoint that the log's key has signed/,
        );
  });

  it("without its keys is restored with keys stored elsewhere", async () => {
    const bare = join(work, "bare-backup");
    await makeBackup(data, bare, undefined);
    expect(readdirSync(bare).toSorted()).toEqual(["MANIFEST", "checkpoint", "suyuan.db"]);
    const newest = newestOf(data);
    expect(await refusal(bare, { newest })).toMatch(/made without its secrets: .*--keys/);
    for (const apart of [keys, join(backup, "keys.age")])
      expect(await restoreFrom(bare, freshFolder(), { newest, keys: apart })).toMatchObject({
        newLog: false,
      });
    expect(await restoreFrom(join(bare, "suyuan.db"), freshFolder(), { newest, keys })).toMatchObject({
      origin: ORIGIN,
      size,
    });
    expect(await refusal(join(bare, "suyuan.db"), { newest })).toMatch(/without its secrets: .*--keys/);
    expect(await refusal(bare, { newest, keys: join(work, "nowhere") })).toMatch(/there are no keys at/);
  });

  it("is refused with another log's keys", async () => {
    const other = makeHarness({}, freshFolder());
    await other.close();
    expect(await refusal(backup, { newest: newestOf(data), keys: join(other.folder, "keys") })).toMatch(
      /is not that of epoch 0|no checkpoint that the log's key has signed/,
    );
  });

  it("is never restored into a folder that is not empty", async () => {
    const after = freshFolder();
    mkdirSync(after);
    writeFileSync(join(after, "letter"), "");
    await expect(restoreFrom(backup, after, { newest: newestOf(data) })).rejects.toThrow(
      /is not empty \(letter\)/,
    );
    expect(readdirSync(after)).toEqual(["letter"]);
  });

  it("that stopped while files were moved into place is not served", async () => {
    const after = freshFolder();
    await restoreFrom(backup, after, { keys, newest: newestOf(data) });
    mkdirSync(join(after, "restoring"));
    renameSync(join(after, "suyuan.db"), join(after, "restoring", "suyuan.db"));
    expect(() => makeHarness({}, after)).toThrow(/a restore into .* was not completed/);
    renameSync(join(after, "restoring", "suyuan.db"), join(after, "suyuan.db"));
    expect(() => makeHarness({}, after)).toThrow(/a restore into .* was not completed/);
  });

  it("opens only with its passphrase", async () => {
    expect(await refusal(backup, { newest: newestOf(data), passphrase: "another passphrase" })).toMatch(
      /the passphrase does not open the keys/,
    );
  });

  const FILES = ["suyuan.db", "checkpoint", "keys.age", "MANIFEST"] as const;
  it.each(
    FILES.flatMap((name) => [
      [`${name} with one bit changed`, name, flip] as const,
      [`${name} cut short`, name, (file: string) => truncateSync(file, statSync(file).size - 1)] as const,
      [`${name} gone`, name, (file: string) => rmSync(file)] as const,
    ]),
  )("is refused with %s", async (_, name, change) => {
    const copy = join(work, "tampered");
    cpSync(backup, copy, { recursive: true });
    change(join(copy, name));
    // The last brace of the manifest can go with its newline only.
    if (name === "MANIFEST" && existsSync(join(copy, name))) truncateSync(join(copy, name), 300);
    expect(await refusal(copy, { newest: newestOf(data), force: true })).toMatch(
      /is not what was backed up|is missing|no MANIFEST|no manifest/,
    );
    rmSync(copy, { recursive: true });
  });

  it("is refused with a file that does not belong to it", async () => {
    const copy = join(work, "crowded");
    cpSync(backup, copy, { recursive: true });
    copyFileSync(join(copy, "checkpoint"), join(copy, "suyuan.db-wal"));
    expect(await refusal(copy, { newest: newestOf(data) })).toMatch(
      /suyuan\.db-wal is no part of the backup/,
    );
  });

  it("is refused with a changed record, even if every digest fits", async () => {
    const copy = join(work, "forged.db");
    const bytes = readFileSync(join(backup, "suyuan.db"));
    const kind = bytes.indexOf('"kind":"issuing"');
    expect(kind).toBeGreaterThan(0);
    bytes.write("isSuing", kind + 8);
    writeFileSync(copy, bytes);
    expect(await refusal(copy, { newest: newestOf(data), keys })).toMatch(
      /forged\.db is not what was signed: leaf, at record \d+/,
    );
  });
});

describe("the backup and restore commands", () => {
  it("back up, restore and say what they did", async () => {
    const data = join(work, "by-command");
    const h = makeHarness({}, data);
    await oneRecord(h);
    const [backup, after] = [join(work, "by-command-backup"), freshFolder()];
    const made = await suyuan(["backup", backup, "--data", data], { SUYUAN_PASSPHRASE: PASSPHRASE });
    expect(withoutProgress(made.stderr)).toBe("");
    expect(made.stdout).toMatch(/the log of trace\.example\.org\/log at 1 record\.\nThe keys are in it\./);
    await h.close();
    const file = join(work, "passphrase");
    writeFileSync(file, `${PASSPHRASE}\n`);
    const options = ["--data", after, "--checkpoint", join(data, "checkpoint"), "--passphrase-file", file];
    const done = await suyuan(["restore", backup, ...options]);
    expect(withoutProgress(done.stderr)).toBe("");
    expect(done.stdout).toMatch(
      /^PROVEN: 1 record,.*\nThe log of trace\.example\.org\/log continues\.\nNever serve its old folder again.*\n.*epoch 1/,
    );
    const audit = await suyuan(["audit", "--data", after]);
    expect(audit.stdout).toMatch(/^SOUND/);
  });

  it.each([
    [["restore"], "BACKUP is missing"],
    [["restore", "x"], "--data is missing"],
    [["backup"], "TARGET is missing"],
    [["backup", "x"], "--data is missing"],
    [["backup", "x", "--data", "y"], "a passphrase is missing"],
    [["log-key", "turn"], "takes show, rotate or retire"],
    [["log-key", "show"], "--data is missing"],
  ])("%j says what is wrong, with exit code 2", async (args, message) => {
    const { code, stderr } = await suyuan(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
