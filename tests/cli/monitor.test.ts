import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatVerifierKey } from "../../src/core/ledger/note-key.ts";
import { parseTilePath } from "../../src/core/ledger/tile.ts";
import { logKey } from "../../src/services/ledger/log-key.ts";
import { oneRecord } from "../http/actors.ts";
import { type Harness, makeHarness, START_MS } from "../harness.ts";
import { entriesOf, entry, KEY, LyingLog, ORIGIN } from "../core/ledger/lying-log.ts";
import { addOrganisation, issueBatch, report, sscc } from "../world.ts";
import { type Ended, start, suyuan, temporaryFolder } from "./process.ts";

let harness: Harness;
let server: Server;
let url: string;
let folder: string;
let state: string;
let vkey: string;
/** Answers requests at `url`. */
let answer: (request: Request) => Response | Promise<Response>;

/** Uncompressed, so that a changed byte is a byte of the log. */
const honest = (request: Request): Response | Promise<Response> =>
  harness.app.fetch(new Request(request.url));

beforeAll(async () => {
  harness = makeHarness();
  folder = temporaryFolder();
  const { service } = harness;
  // The codes are ordered before anything happens to the goods.
  harness.clock.nowMs = Date.parse("2026-02-01T00:00:00Z");
  // Two records each: a filing and its approval.
  await Promise.all(Array.from({ length: 135 }, (_, i) => addOrganisation(service, `ent_${i}`, "Somebody")));
  const owner = await addOrganisation(service, "ent_owner", "Owner");
  await issueBatch(service, owner, "bat_one", 1000);
  harness.clock.nowMs = START_MS;
  const subjects = [{ batch: "bat_one" }];
  await report(service, owner, [
    { kind: "commissioning", at: "2026-10-01T08:00:00Z", subjects },
    { kind: "packing", at: "2026-10-02T08:00:00Z", subjects, into: sscc(1) },
  ]);
  vkey = formatVerifierKey(logKey(service));
  server = serve({ fetch: (request) => answer(request), port: 0, hostname: "127.0.0.1" }) as Server;
  await new Promise((listening) => server.once("listening", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
});

beforeEach(() => {
  answer = honest;
  state = join(folder, `${Math.random()}.state`);
});

afterAll(async () => {
  server.close();
  await harness.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** One look with the state of this test. */
const look = (...more: string[]): Promise<Ended> =>
  suyuan(["monitor", url, "--key", vkey, "--state", state, "--once", ...more]);
const lookAtLie = (...more: string[]): Promise<Ended> =>
  suyuan(["monitor", url, "--key", formatVerifierKey(KEY), "--state", state, "--once", ...more]);

const size = (): number => harness.service.store.ledger.size();

/** Serves a log that the tests sign themselves. */
function serving(log: LyingLog): typeof answer {
  return (request) => {
    const path = new URL(request.url).pathname.slice("/log/".length);
    const tile = parseTilePath(path);
    const body = path === "checkpoint" ? log.checkpoint() : tile && log.tile(tile);
    return body === null ? new Response(null, { status: 404 }) : new Response(Buffer.from(body));
  };
}

describe("an honest log", () => {
  it("is read from the beginning, then from the kept state", async () => {
    const first = await look();
    expect(first.stdout).toContain(`OK ${ORIGIN}: ${size()} records, read from the beginning`);
    expect(first.code).toBe(0);
    expect(statSync(state).mode & 0o777).toBe(0o600);
    const before = size();
    await oneRecord(harness);
    const asked: string[] = [];
    answer = (request) => {
      asked.push(new URL(request.url).pathname);
      return honest(request);
    };
    const second = await look("--json");
    expect(JSON.parse(second.stdout)).toMatchObject({ ok: true, size: before + 1, from: before });
    expect(asked.filter((path) => path.includes("/entries/"))).toEqual([
      `/log/tile/entries/001.p/${before + 1 - 256}`,
    ]);
    const checkpoint = harness.service.store.ledger.checkpoint()!.note;
    expect(readFileSync(state, "utf8")).toContain(JSON.stringify(checkpoint));
    expect((await look()).stdout).toContain("0 new entries");
    expect(existsSync(`${state}.new`)).toBe(false);
  });

  it("has its chains' lengths shown, for chains named in a file or on stdin", async () => {
    const chains = join(folder, "chains");
    writeFileSync(chains, "batch:bat_one\n\nenterprise:ent_owner\r\nenterprise:ent_nobody\n");
    const { stdout, code } = await look("--chains", chains, "--json");
    expect(code).toBe(0);
    const { custody } = harness.service.store;
    const lengths = ["batch:bat_one", "enterprise:ent_owner", "enterprise:ent_nobody"].map((of) => {
      const key = custody.chainNamed(of);
      return { of, length: key === undefined ? 0 : custody.chains.length(key) };
    });
    expect(lengths.map(({ length }) => length > 0)).toEqual([true, true, false]);
    expect((JSON.parse(stdout) as { chains: unknown }).chains).toEqual(lengths);
    const piped = start("cli/main.ts", ["monitor", url, "--key", vkey, "--once", "--chains", "-"]);
    piped.child.stdin!.end("batch:bat_one\n");
    expect((await piped.ended).stdout).toMatch(new RegExp(`^ +${lengths[0]!.length} {2}batch:bat_one$`, "m"));
  });

  it("is followed through an outage, until it fails", async () => {
    answer = () => new Response(null, { status: 503 });
    const following = start("cli/main.ts", ["monitor", url, "--key", vkey, "--state", state, "--every", "1"]);
    await expect.poll(() => following.stderr()).toContain("answered 503");
    answer = honest;
    await following.wrote(/read from the beginning/);
    const before = size();
    await oneRecord(harness);
    await following.wrote(new RegExp(`continues the ${before} kept; 1 new entry`));
    answer = serving(new LyingLog(entriesOf(3)));
    const { code, stdout } = await following.ended;
    expect(stdout).toContain("WRONG SIGNATURE");
    expect(code).toBe(1);
  });
});

describe("a log that serves something damaged", () => {
  const paths = [
    "checkpoint",
    "tile/0/000",
    "tile/0/001.p/",
    "tile/1/000.p/1",
    "tile/entries/000",
    "tile/entries/001.p/",
  ];

  it.each(paths)("is refused with one byte of %s changed, and the state is kept", async (path) => {
    answer = async (request) => {
      const response = await honest(request);
      if (!new URL(request.url).pathname.startsWith(`/log/${path}`)) return response;
      const body = new Uint8Array(await response.arrayBuffer());
      body[Math.floor(body.length / 2)]! ^= 1;
      return new Response(body);
    };
    const { code, stdout } = await look();
    expect(stdout).toMatch(/^WRONG (SIGNATURE|TILE|ENTRY)/);
    expect(stdout).toMatch(/expected {2}.+\n +found {5}.+/);
    expect(code).toBe(1);
    expect(existsSync(state)).toBe(false);
  });

  it("is refused if its checkpoint is not UTF-8, in an unknown signer's line too", async () => {
    answer = async (request) => {
      const response = await honest(request);
      if (!request.url.endsWith("/checkpoint")) return response;
      const name = Buffer.concat([Buffer.from("— "), Buffer.of(0xff), Buffer.from(" AAAAAAAA\n")]);
      return new Response(Buffer.concat([Buffer.from(await response.arrayBuffer()), name]));
    };
    const { code, stderr } = await look();
    expect(stderr).toContain("not UTF-8");
    expect(code).toBe(1);
    expect(existsSync(state)).toBe(false);
  });
});

describe("a log that its own key signed otherwise", () => {
  beforeEach(async () => {
    answer = serving(new LyingLog(entriesOf(300)));
    await lookAtLie();
  });

  it.each([
    ["FORK", entriesOf(300).with(20, entry({ "batch:2": 6 }, 3))],
    ["ROLLBACK", entriesOf(299)],
    ["REWRITTEN", entriesOf(400).with(20, entry({ "batch:2": 6 }, 3))],
    ["BROKEN CHAIN", [...entriesOf(300), entry({ "batch:0": 99 })]],
    ["BROKEN CHAIN", [...entriesOf(300), entry({ "batch:0": 101 })]],
  ])("is reported as %s with both checkpoints, and the kept one stays", async (what, entries) => {
    const kept = readFileSync(state, "utf8");
    const lie = new LyingLog(entries);
    answer = serving(lie);
    const { code, stdout } = await lookAtLie();
    expect(stdout.startsWith(what)).toBe(true);
    expect(stdout).toContain(new LyingLog(entriesOf(300)).checkpoint());
    expect(stdout).toContain(lie.checkpoint());
    expect(code).toBe(1);
    expect(readFileSync(state, "utf8")).toBe(kept);
    const json = JSON.parse((await lookAtLie("--json")).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ ok: false, origin: ORIGIN, found: lie.checkpoint() });
  });
});

describe("a monitor called wrongly", () => {
  it.each([
    [["monitor"], "URL is missing"],
    [["monitor", "trace.example.org/log", "--key", "KEY"], "no http or https URL"],
    [["monitor", "http://127.0.0.1:9/log"], "--key is missing"],
    [["monitor", "http://127.0.0.1:9/log", "--key", "nonsense"], "no verifier key"],
    [
      ["monitor", "http://127.0.0.1:9/log", "--key", formatVerifierKey(KEY), "--every", "0"],
      "--every must be",
    ],
  ])("%j", async (args, message) => {
    // A caller's own API key is no log's key.
    const { code, stderr } = await suyuan(args, { SUYUAN_KEY: "sy_something" });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("refuses a line that names no chain", async () => {
    const chains = join(folder, "wrong-chains");
    writeFileSync(chains, "batch:bat_one\nnode:1234\n");
    const { code, stderr } = await look("--chains", chains);
    expect(stderr).toContain("node:1234 is no chain");
    expect(code).toBe(2);
  });

  it("fails if there is no log, and says so", async () => {
    answer = () => new Response(null, { status: 404 });
    const { code, stderr } = await look();
    expect(stderr).toContain("there is no log at");
    expect(code).toBe(1);
    const { stderr: unreachable } = await suyuan([
      "monitor",
      "http://127.0.0.1:9/log",
      "--key",
      vkey,
      "--once",
    ]);
    expect(unreachable).toContain("no answer from http://127.0.0.1:9/log/checkpoint");
  });

  it("ends with exit code 1 if the log failed, with its output closed too", async () => {
    answer = serving(new LyingLog(entriesOf(3)));
    const { child, ended } = start("cli/main.ts", ["monitor", url, "--key", vkey, "--once"]);
    child.stdout!.destroy();
    expect((await ended).code).toBe(1);
  });

  it("does not continue from a state that is damaged or of another log", async () => {
    await look();
    const whole = readFileSync(state, "utf8");
    const lines = whole.trimEnd().split("\n");
    const cases = [
      whole.slice(0, -1),
      `${lines.slice(0, -1).join("\n")}\n`,
      `${whole}${lines.at(-1)}\n`,
      whole.replace("suyuan/monitor@1", "suyuan/monitor@2"),
      whole.replace(/("checkpoint":"[^"]*?\\n)\d+/, "$11"),
      "",
    ];
    for (const text of cases) {
      expect(text).not.toBe(whole);
      writeFileSync(state, text);
      const { code, stderr } = await look();
      expect(stderr).toContain("cannot resume from");
      expect(code).toBe(1);
      expect(readFileSync(state, "utf8")).toBe(text);
    }
    writeFileSync(state, whole);
    expect((await lookAtLie()).stderr).toContain("cannot resume from");
    expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});
