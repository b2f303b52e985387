import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Harness, makeHarness } from "../../harness.ts";
import { addOrganisation, issueBatch } from "../../world.ts";
import { encipherSerial } from "../../../src/core/code/cipher.ts";
import { splitItemKey } from "../../../src/core/code/serial.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const NODE = resolve(ROOT, "node_modules/.bin/node");
const SCANS = 300;
/** Holds the write lock from its start until its input ends. */
const HOLDER = `
  const sqlite = new (require("better-sqlite3"))(process.argv[1]);
  sqlite.exec("BEGIN IMMEDIATE");
  console.log("locked");
  process.stdin.resume().on("end", () => { sqlite.exec("ROLLBACK"); sqlite.close(); });`;

let h: Harness;
let holder: ChildProcess | undefined;
beforeEach(() => (h = makeHarness()));
afterEach(async () => {
  vi.restoreAllMocks();
  await release();
  await h.dispose();
});

async function lock(): Promise<void> {
  holder = spawn(NODE, ["-e", HOLDER, join(h.folder, "suyuan.db")], { cwd: ROOT });
  await once(holder.stdout!, "data");
}

async function release(): Promise<void> {
  if (holder === undefined) return;
  const ended = once(holder, "close");
  holder.stdin!.end();
  await ended;
  holder = undefined;
}

async function anyCode(): Promise<string> {
  const maker = await addOrganisation(h.service, "ent_1", "Kauri Dairy");
  const { start } = await issueBatch(h.service, maker, "bat_1", SCANS);
  const { epoch, serial } = splitItemKey(start);
  return encipherSerial(h.service.keyring.keysOf(epoch), serial);
}

/** Scans, with pauses in which the scan log tries to store them. Returns how many were answered. */
async function scanned(code: string): Promise<number> {
  let answered = 0;
  for (let i = 0; i < SCANS; i++) {
    const { status, json } = await h.call("GET", `/v1/scan/${code}`);
    if (status === 200 && json.verdict !== undefined) answered += 1;
    if (i % 100 === 0) await new Promise((later) => setTimeout(later, 60));
  }
  return answered;
}

describe("while another process holds the database's write lock", () => {
  it("scans are answered, and a write waits for the lock without holding the thread", async () => {
    const code = await anyCode();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await lock();
    let written = false;
    const write = h.service.writer
      .submit((tx) => tx.store.service.setMeta("test", "written"))
      .then(() => (written = true));
    expect(await scanned(code)).toBe(SCANS);
    expect(written).toBe(false);
    expect(h.service.scan.figures().log.waiting).toBe(SCANS);
    expect(h.service.scan.figures().log.lost).toBe(0);
    await release();
    await write;
    expect(h.service.store.service.meta("test")).toBe("written");
  });

  it("writes are refused after a bound, none of them having run, and are accepted once it is free", async () => {
    const code = await anyCode();
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await lock();
    let runs = 0;
    const write = () =>
      h.service.writer.submit(() => {
        runs += 1;
      });
    const first = write();
    // The writer finds the lock, and then its clock passes the bound.
    await new Promise((later) => setTimeout(later, 60));
    const clock = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => clock() + 6000);
    await expect(first).rejects.toMatchObject({ type: "unavailable" });
    await expect(first).rejects.toThrow(/another process has locked the database.*nothing was written/);
    expect(runs).toBe(0);
    expect(errors.mock.calls.flat().join()).toMatch(
      /writes were refused: another process holds the write lock/,
    );
    expect(await scanned(code)).toBe(SCANS);
    await release();
    await write();
    expect(runs).toBe(1);
  });
});
