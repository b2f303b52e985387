import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoReport } from "../../src/cli/demo/story.ts";
import { type Ended, start, suyuan, temporaryFolder } from "./process.ts";

/** The real demo, whole: half a minute on two cores, more where other tests run beside it. */
const DEMO_TIMEOUT_MS = 240_000;

describe("demo --once", () => {
  let folder: string;
  let ended: Ended;
  let report: DemoReport;

  beforeAll(async () => {
    folder = temporaryFolder();
    const file = join(folder, "report.json");
    ended = await start("cli/main.ts", ["demo", "--once", "--port", "0", "--report", file], {
      TMPDIR: folder,
    }).ended;
    if (ended.code !== 0) throw new Error(ended.stderr + ended.stdout);
    report = JSON.parse(readFileSync(file, "utf8")) as DemoReport;
  }, DEMO_TIMEOUT_MS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("reports its figures", () => {
    expect(Object.keys(report)).toEqual([
      "codes",
      "batches",
      "events",
      "scans",
      "verdicts",
      "audit",
      "tampered",
      "seconds",
    ]);
    expect(report.codes).toBeGreaterThanOrEqual(100_000);
    expect(report.batches).toBe(11);
    expect(report.events).toBeGreaterThan(9000);
    expect(report.scans).toBeGreaterThan(4000);
    expect(report.audit.ok).toBe(true);
    expect(report.audit.records).toBeGreaterThan(report.events);
    expect(report.audit.chains).toBeGreaterThan(report.audit.records);
    expect(report.tampered).toEqual({ detected: true, at: expect.stringMatching(/^record \d+$/) as string });
    expect(report.seconds).toBeGreaterThan(0);
  });

  it("met every verdict, and each scan had one", () => {
    const verdicts = Object.values(report.verdicts);
    expect(Object.keys(report.verdicts)).toHaveLength(7);
    expect(Math.min(...verdicts)).toBeGreaterThan(0);
    expect(verdicts.reduce((sum, count) => sum + count, 0)).toBe(report.scans);
  });

  it("tells a story that fits a screen and a half, with a QR", () => {
    const lines = ended.stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThan(90);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(ended.stdout).toMatch(/[█▀▄]{10}/);
    expect(ended.stdout).toMatch(/HTTPS:\/\/LOCALHOST:\d+\/01\/09520001000010\/21\/[0-9A-Z]{16}/);
    expect(ended.stdout).toContain(`${report.codes.toLocaleString("en")} codes in 11 batches`);
  });

  it("leaves nothing behind", () => {
    expect(readdirSync(folder)).toEqual(["report.json"]);
    expect(ended.stdout).not.toContain("Still serving");
  });
});

it("refuses a port in use, and a folder that has a store", async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  const refused = await suyuan(["demo", "--port", String(port)]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`port ${port} is in use`);
  server.close();
});
