import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { suyuan } from "../cli/process.ts";
import { expectStatus } from "../http/actors.ts";
import { at, issue, type Issued, openTrade, positions, tell, told, type Trade } from "../http/trade.ts";
import { makeHarness, START_MS } from "../harness.ts";
import { acceptClock } from "../../src/node/clock-decision.ts";
import { sscc } from "../world.ts";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

let folder: string;
let t: Trade;
let batch: Issued;
let complaints: string[];
beforeEach(async () => {
  complaints = [];
  vi.spyOn(console, "error").mockImplementation((...said) => void complaints.push(said.join(" ")));
  folder = mkdtempSync(join(tmpdir(), "suyuan-clock-"));
  t = await openTrade(makeHarness({}, folder));
  batch = await issue(t, 20);
  await told(t, t.maker, { kind: "commissioning", at: at(0), subjects: [{ batch: batch.id }] });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await t.h.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const packing = (item: number, when = at(1)) => ({
  id: `packing-${item}`,
  kind: "packing",
  at: when,
  subjects: [positions(batch, item)],
  into: sscc(item),
});

/** Only the clock jumps: no time passes. */
function jump(ms: number): void {
  t.h.clock.monotonicMs ??= t.h.clock.nowMs;
  t.h.clock.nowMs += ms;
}

describe("a clock that says next year for a moment", () => {
  it("makes no record, and dates none later", async () => {
    const { ledger } = t.h.service.store;
    const size = ledger.size();
    jump(YEAR_MS);
    const refused = expectStatus(await tell(t, t.maker, packing(0), { "Idempotency-Key": "pack-0" }), 503);
    expect(refused).toMatchObject({ type: "/problems/unavailable" });
    expect(refused.detail).toMatch(/the clock says 2027-11-01.*365 days ahead/);
    expect(ledger.size()).toBe(size);
    expect(complaints).toEqual([
      expect.stringMatching(
        new RegExp(`^suyuan: the clock says 2027.*refused.*suyuan clock accept --data ${folder}$`),
      ),
    ]);
    jump(-YEAR_MS);
    const again = await tell(t, t.maker, packing(0), { "Idempotency-Key": "pack-0" });
    expect(expectStatus(again, 201).events[0].recorded).toMatch(/^2026-11-01T/);
    const ahead = packing(1, new Date(START_MS + 200 * DAY_MS).toISOString());
    expect(expectStatus(await tell(t, t.maker, ahead), 400).detail).toContain("lies in the future");
  });

  it("is still refused after a kill and a start", async () => {
    jump(YEAR_MS);
    expectStatus(await tell(t, t.maker, packing(0)), 503);
    await t.h.dispose();
    const { nowMs } = t.h.clock;
    t.h = makeHarness({}, folder);
    t.h.clock.monotonicMs = t.h.clock.nowMs;
    t.h.clock.nowMs = nowMs + DAY_MS;
    const refused = expectStatus(await tell(t, t.maker, packing(0)), 503);
    expect(refused.detail).toContain("it was refused from 2027-11-01");
    t.h.clock.nowMs = START_MS;
    expectStatus(await tell(t, t.maker, packing(0)), 201);
  });

  it("is taken once the operator accepts it, while the service runs", async () => {
    jump(YEAR_MS);
    expectStatus(await tell(t, t.maker, packing(0)), 503);
    acceptClock(folder, t.h.clock.nowMs);
    expect(expectStatus(await tell(t, t.maker, packing(0)), 201).events[0].recorded).toMatch(/^2027-11-01T/);
    expect(complaints.at(-1)).toMatch(/accepted by the operator$/);
    // The clock was wrong after all: records cannot go back in time, but events ahead of it are refused.
    jump(-YEAR_MS);
    expectStatus(await tell(t, t.maker, packing(1)), 503);
    acceptClock(folder, t.h.clock.nowMs);
    expect(expectStatus(await tell(t, t.maker, packing(1)), 201).events[0].recorded).toMatch(/^2027-11-01T/);
    const ahead = packing(2, new Date(START_MS + 200 * DAY_MS).toISOString());
    expect(expectStatus(await tell(t, t.maker, ahead), 400).detail).toContain("lies in the future");
  });
});

describe("a clock of 1970", () => {
  it("makes no record, while scans and reads are answered", async () => {
    jump(-START_MS);
    expect(expectStatus(await tell(t, t.maker, packing(0)), 503).detail).toContain("1970-01-01");
    expectStatus(await t.h.call("GET", "/v1/log"), 200);
    expectStatus(await t.h.call("GET", `/v1/scan/${batch.codes[0]}`), 200);
  });
});

describe("suyuan clock accept", () => {
  it("needs a data folder with a store", async () => {
    const { code, stderr } = await suyuan(["clock", "accept", "--data", join(folder, "none")]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("there is no store in") as string,
    });
    expect((await suyuan(["clock", "deny", "--data", folder])).code).toBe(2);
    const accepted = await suyuan(["clock", "accept", "--data", folder]);
    expect(accepted).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("Accepted: it is 20") as string,
    });
  });
});
