import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeBackup } from "../../src/node/make-backup.ts";
import { makeHarness } from "../harness.ts";
import { issue, openTrade } from "../http/trade.ts";
import { start, temporaryFolder } from "./process.ts";

/** A kill at once catches the restore before its end, unless this process is stopped for longer than the restore takes. */
const MOST_TRIES = 20;
const INCOMPLETE = /was not completed/;

const work = temporaryFolder();
const data = join(work, "data");
const backup = join(work, "backup");
const newest = join(work, "newest");
let folders = 0;
beforeAll(async () => {
  mkdirSync(data);
  const t = await openTrade(makeHarness({}, data));
  await issue(t, 20);
  await makeBackup(data, backup, undefined);
  await t.h.close();
  writeFileSync(newest, readFileSync(join(data, "checkpoint")));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Starts a restore, kills it so long after its first file, and opens the folder. @returns the epoch, or the refusal */
async function killedAfter(delayMs: number): Promise<string> {
  const folder = join(work, `restored-${++folders}`);
  const options = ["--data", folder, "--keys", join(data, "keys"), "--checkpoint", newest];
  const { child, ended } = start("cli/main.ts", ["restore", backup, ...options]);
  while (!existsSync(join(folder, "restoring")) && child.exitCode === null) await sleep(1);
  await sleep(delayMs);
  child.kill("SIGKILL");
  await ended;
  try {
    const h = makeHarness({}, folder);
    await h.close();
    return `epoch ${h.service.keyring.newest.epoch}`;
  } catch (error) {
    return (error as Error).message;
  }
}

it("serves no restore that was killed, at any moment of it", async () => {
  let first = await killedAfter(0);
  for (let tries = 1; tries < MOST_TRIES && !INCOMPLETE.test(first); tries++) first = await killedAfter(0);
  expect(first).toMatch(INCOMPLETE);
  for (const delayMs of [20, 40, 80, 160, 320])
    expect(await killedAfter(delayMs)).toMatch(/was not completed|^epoch 1$/);
});
