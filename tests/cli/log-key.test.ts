import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { retireLogKey, rotateLogKey, showLogKeys } from "../../src/node/change-log-key.ts";
import { parseCheckpoint } from "../../src/core/ledger/checkpoint.ts";
import { openNote } from "../../src/core/ledger/note.ts";
import { formatSignerKey, parseSignerKey, parseVerifierKey } from "../../src/core/ledger/note-key.ts";
import { decodeRecord } from "../../src/core/ledger/record.ts";
import { StoreRefused } from "../../src/store/binding.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { expectStatus, oneRecord } from "../http/actors.ts";
import { suyuan, temporaryFolder } from "./process.ts";

const work = temporaryFolder();
afterAll(() => rmSync(work, { recursive: true, force: true }));
let folders = 0;

/** A closed data folder with a log of one record. */
async function closedStore(): Promise<string> {
  const data = join(work, String(++folders));
  const h = makeHarness({}, data);
  await oneRecord(h);
  await h.close();
  return data;
}

async function withService<T>(data: string, use: (h: Harness) => Promise<T>): Promise<T> {
  const h = makeHarness({}, data);
  try {
    return await use(h);
  } finally {
    await h.close();
  }
}

/** Whether a checkpoint is valid under these keys. */
function trusted(note: string, ...vkeys: string[]): boolean {
  try {
    openNote(
      note,
      vkeys.map((vkey) => parseVerifierKey(vkey)),
    );
    return true;
  } catch {
    return false;
  }
}

const checkpointOf = async (h: Harness): Promise<string> => (await h.call("GET", "/log/checkpoint")).text;
const vkeysOf = async (h: Harness): Promise<string> => (await h.call("GET", "/log/vkey")).text;

describe("the log's key", () => {
  it("is rotated: both keys sign, a record names the new one, then the old one is retired", async () => {
    const data = await closedStore();
    const [old] = showLogKeys(data).vkeys as [string];
    const rotated = await rotateLogKey(data);
    const fresh = rotated.vkeys[1] as string;
    expect(rotated).toEqual({ origin: "trace.example.org/log", vkeys: [old, fresh], record: 1 });
    expect(parseVerifierKey(fresh).name).toBe(parseVerifierKey(old).name);
    expect(parseVerifierKey(fresh).keyId).not.toBe(parseVerifierKey(old).keyId);

    await withService(data, async (h) => {
      const { statement, chains } = decodeRecord(h.service.store.ledger.record(1)!.bytes);
      expect(statement).toMatchObject({ kind: "issuing_log_key", public: { logKey: fresh } });
      expect(chains.map(({ of }) => of)).toEqual(["ledger:trace.example.org/log"]);
      await oneRecord(h);
      const checkpoint = await checkpointOf(h);
      expect(parseCheckpoint(openNote(checkpoint, [parseVerifierKey(old)]).text).size).toBe(3);
      expect(
        openNote(
          checkpoint,
          [old, fresh].map((vkey) => parseVerifierKey(vkey)),
        ).verified,
      ).toHaveLength(2);
      expect(trusted(checkpoint, fresh)).toBe(true);
      expect(await vkeysOf(h)).toBe(`${old}\n${fresh}\n`);
      expect(expectStatus(await h.call("GET", "/v1/log"), 200).vkey).toBe(fresh);
      const policy = (await h.call("GET", "/log/policy")).text;
      expect(policy).toBe(`log ${old}\nlog ${fresh}\nquorum none\n`);
    });
    await expect(rotateLogKey(data)).rejects.toThrow(/the log has two keys/);

    const retired = await retireLogKey(data);
    expect(retired).toEqual({ origin: "trace.example.org/log", vkeys: [fresh], record: 3 });
    await withService(data, async (h) => {
      const { statement } = decodeRecord(h.service.store.ledger.record(3)!.bytes);
      expect(statement).toMatchObject({ kind: "retiring_log_key", public: { logKey: old } });
      await oneRecord(h);
      const checkpoint = await checkpointOf(h);
      expect(trusted(checkpoint, old)).toBe(false);
      expect(trusted(checkpoint, fresh)).toBe(true);
      expect(await vkeysOf(h)).toBe(`${fresh}\n`);
      const key = h.operatorKey || readFileSync(join(data, "keys", "operator.key"), "utf8").trim();
      const body = { scope: { ledger: true } };
      expect(expectStatus(await h.call("POST", "/v1/audits", { key, body }), 201).ok).toBe(true);
    });
    await expect(retireLogKey(data)).rejects.toThrow(/the log has only one key/);
  });

  it("can be rotated and retired repeatedly", async () => {
    const data = await closedStore();
    const seen = new Set(showLogKeys(data).vkeys);
    for (let n = 0; n < 3; n++) {
      for (const vkey of (await rotateLogKey(data)).vkeys) seen.add(vkey);
      await retireLogKey(data);
    }
    expect(seen.size).toBe(4);
  });

  it("signs already if its rotation stopped before its record, and the next rotation completes it", async () => {
    const data = await closedStore();
    const file = join(data, "keys", "log.key");
    const skey = readFileSync(file, "utf8").trim();
    const fresh = formatSignerKey({ name: parseSignerKey(skey).name, seed: new Uint8Array(32).fill(7) });
    writeFileSync(file, `${skey}\n${fresh}\n`);
    await withService(data, async (h) => {
      const vkeys = (await vkeysOf(h)).trim().split("\n");
      expect(vkeys).toHaveLength(2);
      for (const vkey of vkeys) expect(trusted(await checkpointOf(h), vkey)).toBe(true);
    });
    await expect(retireLogKey(data)).rejects.toThrow(/the log has only one key/);
    const { vkeys, record } = await rotateLogKey(data);
    expect(record).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(`${skey}\n${fresh}\n`);
    expect(vkeys).toHaveLength(2);
  });

  it("is removed by the next retirement if the first stopped after its record, without another record", async () => {
    const data = await closedStore();
    const { vkeys } = await rotateLogKey(data);
    const file = join(data, "keys", "log.key");
    const both = readFileSync(file, "utf8");
    expect((await retireLogKey(data)).record).toBe(2);
    writeFileSync(file, both);
    expect(await retireLogKey(data)).toMatchObject({ vkeys: [vkeys[1]], record: null });
  });

  it("of another log is refused", async () => {
    const data = await closedStore();
    const file = join(data, "keys", "log.key");
    const other = formatSignerKey({ name: "other.example.org/log", seed: new Uint8Array(32).fill(7) });
    const copy = `${data}-copy`;
    cpSync(data, copy, { recursive: true });
    writeFileSync(join(copy, "keys", "log.key"), `${readFileSync(file, "utf8")}${other}\n`);
    expect(() => makeHarness({}, copy)).toThrow(StoreRefused);
    expect(() => makeHarness({}, copy)).toThrow(/is of other\.example\.org\/log, but this log is/);
  });

  it("is shown while a service has the folder open", async () => {
    const data = await closedStore();
    await withService(data, async (h) => {
      const { vkeys, record } = showLogKeys(data);
      expect(`${vkeys.join("\n")}\n`).toBe(await vkeysOf(h));
      expect(record).toBeNull();
      await expect(rotateLogKey(data)).rejects.toThrow(/another process is serving the data folder/);
    });
  });

  it("is not shown where its file is missing, damaged or of two logs", async () => {
    const data = await closedStore();
    const file = join(data, "keys", "log.key");
    const skey = readFileSync(file, "utf8");
    const other = formatSignerKey({ name: "other.example.org/log", seed: new Uint8Array(32).fill(7) });
    writeFileSync(file, `${skey}${other}\n`);
    expect(() => showLogKeys(data)).toThrow(/has keys of two logs/);
    writeFileSync(file, "nonsense\n");
    expect(() => showLogKeys(data)).toThrow(/log\.key has no signing key/);
    rmSync(file);
    expect(() => showLogKeys(data)).toThrow(/the log's key is missing: put .*log\.key back/);
  });

  it("is shown and changed by command", async () => {
    const data = await closedStore();
    const shown = await suyuan(["log-key", "show", "--data", data]);
    expect(shown.stdout).toMatch(/^trace\.example\.org\/log\+[0-9a-f]{8}\+\S+\n$/);
    const rotated = await suyuan(["log-key", "rotate", "--data", data]);
    expect(rotated.stdout).toContain(shown.stdout);
    expect(rotated.stdout).toMatch(/^Recorded in record 1 of trace\.example\.org\/log\.\n/);
    const nowhere = await suyuan(["log-key", "show", "--data", join(work, "nowhere")]);
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there is no store in") as string,
    });
  });
});
