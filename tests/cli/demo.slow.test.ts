import { exec } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoReport } from "../../src/cli/demo/story.ts";
import { type Ended, start, type Started, temporaryFolder } from "./process.ts";

/** The whole demo takes some 15 s on two quiet cores, and several times that where other tests run beside it. */
const DEMO_TIMEOUT_MS = 240_000;

interface Shown {
  what: string;
  command: string;
}

/** The commands that the demo printed: lines of four spaces and more below a line of two. */
function commandsIn(text: string): Shown[] {
  return [...text.matchAll(/^ {2}(\S.*):\n((?: {4,}.*\n)+)/gm)].map(([, what = "", command = ""]) => ({
    what,
    command,
  }));
}

function shell(command: string, cwd: string): Promise<Ended> {
  return new Promise((settle) =>
    exec(command, { cwd, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      settle({ code: error === null ? 0 : (error.code ?? null), stdout, stderr }),
    ),
  );
}

async function run(shown: Shown[], what: RegExp, cwd: string): Promise<string> {
  const found = shown.filter((one) => what.test(one.what));
  expect(found, `commands of ${what}`).toHaveLength(1);
  const { code, stdout, stderr } = await shell((found[0] as Shown).command, cwd);
  expect(code, `${found[0]?.command}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

const verdictAt = async (url: string): Promise<string> => {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  return ((await response.json()) as { verdict: string }).verdict;
};

describe("demo", () => {
  let folder: string;
  let started: Started;
  let url: string;
  let early: { docs: number; home: number; stdout: string };
  let report: DemoReport;
  let shown: Shown[];

  beforeAll(async () => {
    folder = temporaryFolder();
    const file = join(folder, "report.json");
    const environment = { TMPDIR: folder, SUYUAN_PORT: "0", SUYUAN_WITNESS_POLICY: "/nowhere" };
    started = start("cli/main.ts", ["demo", "--report", file], environment);
    url = (await started.wrote(/listening at (http:\S+)/))[1] as string;
    await started.wrote(/^2\. /m);
    const [docs, home] = await Promise.all([fetch(`${url}/docs`), fetch(url)]);
    early = { docs: docs.status, home: home.status, stdout: started.stdout() };
    await started.wrote(/Still serving/);
    report = JSON.parse(readFileSync(file, "utf8")) as DemoReport;
    shown = commandsIn(started.stdout());
  }, DEMO_TIMEOUT_MS);

  afterAll(() => {
    started.child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  function page(what: string): string {
    return new RegExp(`^ {2}(http://\\S+) +${what}$`, "m").exec(started.stdout())?.[1] as string;
  }

  it("serves pages before the story has ended", () => {
    expect(early).toMatchObject({ docs: 200, home: 200 });
    expect(early.stdout).not.toContain("The whole story took");
  });

  it("says which settings do not apply", () => {
    expect(started.stderr()).toContain("SUYUAN_WITNESS_POLICY does not apply");
    expect(started.stderr()).not.toContain("SUYUAN_PORT");
  });

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

  it("prints a story of at most 90 lines, a whole of at most 140, with a QR symbol", () => {
    const stdout = started.stdout();
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(140);
    expect(lines.findIndex((line) => line.startsWith("The whole story took"))).toBeLessThanOrEqual(90);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).toMatch(/[█▀▄]{10}/);
    expect(stdout).toMatch(/HTTPS:\/\/LOCALHOST:\d+\/01\/09520001000010\/21\/[0-9A-Z]{16}/);
    expect(stdout).toContain(`${report.codes.toLocaleString("en")} codes in 11 batches`);
    expect(stdout).not.toContain("\u001B");
  });

  it("prints pages that show their verdict", async () => {
    expect(await verdictAt(page("a genuine tin"))).toBe("genuine");
    expect(await verdictAt(page("a recalled one"))).toBe("recalled");
    expect(await verdictAt(page("a suspicious one"))).toBe("suspicious");
    expect(await verdictAt(page("one not activated"))).toBe("not_activated");
    expect(await verdictAt(page("a forged code"))).toBe("unknown");
    expect((await fetch(page("the API reference"))).status).toBe(200);
  });

  it("prints eight commands, and no other line starts one", () => {
    expect(shown).toHaveLength(8);
    const starts = started.stdout().match(/^ {4}(curl|\/\S+ \/\S+main\.ts)/gm);
    expect(starts).toHaveLength(8);
  });

  it("the exporter's commands work as printed", async () => {
    const batches = JSON.parse(await run(shown, /^List its batches/, folder)) as { items: { lot: string }[] };
    expect(batches.items.map(({ lot }) => lot)).toEqual(["WC-3071"]);
    expect(await run(shown, /^Order 500 more codes/, folder)).toContain("500 codes of bat_");
  });

  it("the importer's commands work as printed, the report also twice", async () => {
    const traced = await run(shown, /^Trace a tin/, folder);
    expect(traced).toContain("White Cloud infant formula");
    const arrived = await run(shown, /^Report that the pallet/, folder);
    expect(JSON.parse(arrived)).toMatchObject({ events: [{ kind: "accepting" }] });
    expect(await run(shown, /^Report that the pallet/, folder)).toBe(arrived);
    expect(await run(shown, /^Trace a tin/, folder)).not.toBe(traced);
  });

  it("the officer's commands work as printed", async () => {
    expect(await run(shown, /^Audit the whole ledger/, folder)).toMatch(/^SOUND/);
    const recalls = JSON.parse(await run(shown, /^List the recalls/, folder)) as { items: unknown[] };
    expect(recalls.items).toHaveLength(1);
  });

  it("the commands for anybody work as printed", async () => {
    expect(await run(shown, /^Scan a label/, folder)).toMatch(/^GENUINE/);
    expect(await run(shown, /^Check the bundle/, folder)).toMatch(/^VERIFIED/m);
  });

  it("ends at SIGINT with exit code 0 and leaves nothing behind", async () => {
    started.child.kill("SIGINT");
    expect((await started.ended).code).toBe(0);
    expect(readdirSync(folder)).toEqual(["report.json"]);
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe("demo interrupted during the story", () => {
  it.each([/^2\. /m, /one byte is changed/])(
    "after %s: exit code 130, nothing left behind",
    async (moment) => {
      const folder = temporaryFolder();
      const started = start("cli/main.ts", ["demo", "--port", "0"], { TMPDIR: folder });
      await started.wrote(moment);
      started.child.kill("SIGINT");
      const { code, stdout, stderr } = await started.ended;
      expect(code, stderr).toBe(130);
      expect(stderr).toContain("Interrupted before the story ended.");
      expect(stdout).not.toContain("Still serving");
      expect(readdirSync(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    },
    DEMO_TIMEOUT_MS,
  );
});

describe("demo --json", () => {
  it(
    "gives one document with figures, pages, keys and commands; it keeps the folder of SUYUAN_DATA",
    async () => {
      const folder = temporaryFolder();
      const environment = { SUYUAN_PORT: "0", SUYUAN_DATA: folder, SUYUAN_HOST: "trace.example.org" };
      const started = start("cli/main.ts", ["demo", "--json"], environment);
      await started.wrote(/^\}$/m);
      started.child.kill("SIGTERM");
      const { code, stdout } = await started.ended;
      expect(code).toBe(0);
      const document = JSON.parse(stdout) as DemoReport & {
        url: string;
        pages: { url: string }[];
        people: { role: string; key: string; try: Shown[] }[];
        anyone: Shown[];
      };
      expect(document.batches).toBe(11);
      expect(document.pages).toHaveLength(6);
      expect(document.people.map(({ role }) => role)).toEqual(["exporter", "importer", "customs officer"]);
      for (const { key, try: commands } of document.people) {
        expect(key).toMatch(/^sy_/);
        expect(commands.filter(({ command }) => command.includes(key))).toHaveLength(2);
      }
      expect(document.anyone[1]?.command).toContain("trace.example.org/log+");
      expect(readdirSync(folder)).toEqual(expect.arrayContaining(["suyuan.db", "bundle.json", "order.json"]));
      expect(readdirSync(folder)).not.toContain("changed.db");
      rmSync(folder, { recursive: true });
    },
    DEMO_TIMEOUT_MS,
  );
});

describe("demo --once", () => {
  it(
    "ends after the story and prints no keys",
    async () => {
      const folder = temporaryFolder();
      const { ended } = start("cli/main.ts", ["demo", "--once", "--port", "0"], { TMPDIR: folder });
      const { code, stdout, stderr } = await ended;
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/The whole story took [\d.]+ s\.\n$/);
      expect(stdout).not.toContain("sy_");
      expect(readdirSync(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    },
    DEMO_TIMEOUT_MS,
  );
});
