import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, relative } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupCode } from "../src/core/code/alphabet.ts";
import { formatVerifierKey } from "../src/core/ledger/note-key.ts";
import { codeOf } from "../src/services/custody/trace.ts";
import { logKey } from "../src/services/ledger/log-key.ts";
import { type Service, start, startService } from "./cli/process.ts";
import { GO } from "./foreign/go.ts";
import { type Harness, makeHarness, START_MS } from "./harness.ts";
import { blocksOf, missingTools, projectFolder, ROOT, runBlocks, withVariables } from "./shell.ts";
import { addOrganisation, issueBatch, report, sscc } from "./world.ts";

const TOOLS = missingTools.length === 0;

/** Every document of the project that a person reads. */
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...["docs", "examples", "bench", "fixtures"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md") && name !== "RESULTS.md")
      .map((name) => join(folder, name)),
  ),
];
const textOf = (document: string): string => readFileSync(join(ROOT, document), "utf8");

/** Documents whose `sh` blocks a test below runs. */
const RUN = ["README.md", "docs/api.md", "docs/operating.md", "docs/verify.md", "docs/witnesses.md"];

describe("documents", () => {
  it("run every block that is marked sh", () => {
    expect(documents.filter((document) => blocksOf(document).length > 0)).toEqual(RUN);
  });

  it.each(documents)("%s marks each block with its language", (document) => {
    const fences = [...textOf(document).matchAll(/^ *```(.*)$/gm)].map(([, language]) => language!);
    const opening = fences.filter((_, i) => i % 2 === 0);
    expect(fences.length % 2).toBe(0);
    for (const language of opening) expect(["sh", "bash", "text", "yaml", "nginx"]).toContain(language);
  });

  it.each(documents)("%s links to files and headings that exist", (document) => {
    const links = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(document, link));
    expect(broken).toEqual([]);
  });

  it.each(documents)("%s is in plain English", (document) => {
    const prose = textOf(document).replaceAll(/`[^`]*`/g, "");
    expect(prose.match(/\b(whoever|whom|wherever|told|tells?|anew|begun|at hand)\b/gi) ?? []).toEqual([]);
  });
});

function leadsSomewhere(document: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? document : relative(ROOT, join(ROOT, dirname(document), path));
  if (!existsSync(join(ROOT, target))) return false;
  if (heading === undefined || statSync(join(ROOT, target)).isDirectory()) return heading === undefined;
  return [...textOf(target).matchAll(/^#+ (.*)$/gm)].some(([, title]) => anchorOf(title!) === heading);
}

/** The anchor that a code host makes of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

describe("the messages that docs/operating.md explains", () => {
  const [, table = ""] = textOf("docs/operating.md").split("## Messages");
  const messages = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, message]) => message!);
  const source = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => readFileSync(join(ROOT, "src", name), "utf8"))
    .join("\n")
    // Texts that are joined over two lines.
    .replaceAll(/["`] \+\s*["`]/g, "");

  it("are a dozen", () => expect(messages.length).toBeGreaterThanOrEqual(12));

  it.each(messages)("%s", (message) => {
    const parts = message.split(/…|: |\b[NMW]\b/).map((part) => part.trim());
    const fixed = parts.filter((part) => part.length > 3);
    expect(fixed.length).toBeGreaterThan(0);
    expect(fixed.filter((part) => !source.includes(part))).toEqual([]);
  });
});

describe.runIf(TOOLS)("the commands of, as written, on a fresh service,", () => {
  let service: Service;
  let folder: string;
  beforeAll(async () => {
    folder = projectFolder();
    service = await startService();
  });
  afterAll(async () => {
    await service.stop();
    for (const path of [folder, service.folder]) rmSync(path, { recursive: true, force: true });
  });
  const environment = (): Record<string, string> => ({
    SUYUAN_URL: service.url,
    SUYUAN_DATA: service.folder,
  });

  it("README.md go from a filing to a verified journey", async () => {
    const out = await runBlocks(blocksOf("README.md"), folder, environment());
    expect(out).toContain("codes.csv: 1000 codes");
    expect(out.match(/record \d+: packing/g)).toHaveLength(3);
    expect(out).toContain("genuine: Infant formula, stage 3, lot L1, scanned 1 time(s)");
    expect(out).toMatch(/^VERIFIED against the log of trace\.example\.org\/log/m);
  }, 120_000);

  it("docs/api.md do every errand", async () => {
    const out = await runBlocks(blocksOf("docs/api.md"), folder, environment());
    for (const line of [
      "Kauri Dairy: approved",
      "goods: approved",
      '{"quota":2000000,"autoApprove":true}',
      "position,code,url",
      "Melamine: not detected",
      '{"verdict":"genuine","product":"Infant formula, stage 3","scans":1}',
      '[{"tier":"parties","name":"document/0","value":{"number":"BL-4711","type":"bol"}}]',
      "recall: active",
      '{"verdict":"recalled","advice":"Do not use. Return it to the shop."}',
      "recall: lifted",
      "revoked: true",
      '{"status":422,"title":"Idempotency-Key used before"}',
      '"type": "/problems/custody_contradiction"',
      '"rule": "not_holder"',
      '{"field":"colour"',
    ])
      expect(out).toContain(line);
    expect(out).toMatch(/^batch bat_\w+: ready$/m);
    expect(out).toMatch(/"codes":24}$/m);
    expect(out).toMatch(/^VERIFIED/m);
    expect(out).toMatch(/^{"ok":true,"records":\d+,"codes":1000,"breaks":\[\]}$/m);
    // The repeated shipment names the records of the first.
    const first = [...out.matchAll(/^record (\d+): /gm)].slice(0, 5).map(([, index]) => Number(index));
    expect(out).toContain(`\n${JSON.stringify(first)}\n`);
    // Paging: the last call of the list ends at the exporter's first event.
    expect(out.match(new RegExp(`^record ${first[0]}: commissioning$`, "gm"))).toHaveLength(2);
  }, 120_000);
});

describe.runIf(TOOLS)("the commands of docs/operating.md", () => {
  const passphrase = { SUYUAN_PASSPHRASE: "correct horse battery staple" };
  let folder: string;
  let service: Service;
  beforeAll(async () => {
    folder = projectFolder();
    service = await startService(join(folder, "store"));
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the blocks that hold these texts, after the one that sets the variables. */
  async function run(...texts: string[]): Promise<string> {
    const blocks = blocksOf("docs/operating.md");
    const chosen = texts.map((text) => blocks.find((block) => block.includes(text))!);
    const variables = { D: join(folder, "store"), B: join(folder, "backup") };
    const [script] = withVariables([blocks[0]!, ...chosen], variables);
    return runBlocks([script!], folder, { ...passphrase, SUYUAN_URL: service.url });
  }

  async function recordSomething(): Promise<void> {
    const body = {
      role: "authority",
      names: { en: "A" },
      identity: { scheme: "national", value: "1" },
      country: "NZ",
    };
    const answer = await fetch(`${service.url}/v1/organisations`, {
      method: "POST",
      headers: { Authorization: `Bearer ${service.operatorKey}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
  }

  it("are ten blocks, each of which is run below", () => {
    expect(blocksOf("docs/operating.md")).toHaveLength(10);
  });

  it("accept the clock of a service that runs", async () => {
    expect(await run("clock accept")).toMatch(/^Accepted: it is 20/m);
  });

  it("back up a store in use, audit the copy, and restore it", async () => {
    await recordSomething();
    const audited = await run('backup "$B"', "audit --copy");
    expect(readdirSync(join(folder, "backup")).sort()).toEqual([
      "MANIFEST",
      "checkpoint",
      "keys.age",
      "suyuan.db",
    ]);
    expect(audited).toMatch(/^SOUND: /m);
    await service.stop();
    await run('--data "$D-new"', '--data "$D-bare"');
    for (const made of ["store-new", "store-bare"])
      expect(existsSync(join(folder, made, "keys/epoch-001.key"))).toBe(true);
  }, 120_000);

  it("restore a backup that lost records under another name of the log", async () => {
    const { operatorKey } = service;
    // An approved filing is a record that the backup does not have.
    const settings = { SUYUAN_AUTO_APPROVE: "true" };
    service = { ...(await startService(join(folder, "store"), settings)), operatorKey };
    const body = { names: { en: "B" }, identity: { scheme: "national", value: "2" }, country: "NZ" };
    const headers = { "Content-Type": "application/json" };
    const filed = await fetch(`${service.url}/v1/enterprises`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(filed.status).toBe(201);
    await service.stop();
    await run("--force");
    const checkpoint = readFileSync(join(folder, "store-forced/checkpoint"), "utf8");
    expect(checkpoint).toMatch(/^trace\.example\.org\/log\/2\n/);
  }, 120_000);

  it("derive custody again", async () => {
    expect(await run("rebuild --data")).toMatch(/^Equal: \d+ rows follow from \d+ records, as stored\.$/m);
  }, 120_000);

  it("rotate and retire the log's key", async () => {
    const key = join(folder, "store/keys/log.key");
    const before = readFileSync(key, "utf8");
    await run("log-key rotate");
    const both = readFileSync(key, "utf8").trim().split("\n");
    expect(both).toHaveLength(2);
    await run("log-key retire");
    expect(readFileSync(key, "utf8").trim()).toBe(both[1]);
    expect(before.trim()).toBe(both[0]);
  }, 120_000);
});

describe.runIf(TOOLS)("the commands of", () => {
  let harness: Harness;
  let server: Server;
  let url: string;
  let code: string;
  let folder: string;

  beforeAll(async () => {
    folder = projectFolder();
    // The pages' service runs where `npm run demo` starts one.
    harness = makeHarness({ SUYUAN_HOST: "localhost:8080" });
    const { service } = harness;
    // The codes are ordered before anything happens to the goods.
    harness.clock.nowMs = Date.parse("2026-09-01T00:00:00Z");
    const owner = await addOrganisation(service, "ent_owner", "Owner");
    const batch = await issueBatch(service, owner, "bat_one", 1000);
    harness.clock.nowMs = START_MS;
    const subject = { batch: "bat_one", first: 0, last: 23 };
    await report(service, owner, [
      { kind: "commissioning", at: "2026-10-01T08:00:00Z", subjects: [{ batch: "bat_one" }] },
      { kind: "packing", at: "2026-10-02T08:00:00Z", subjects: [subject], into: sscc(1) },
    ]);
    code = groupCode(codeOf(service, batch.start + 7));
    server = serve({ fetch: harness.app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
    await new Promise((listening) => server.once("listening", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    await harness.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("docs/verify.md verify a code, a receipt and the whole log", async () => {
    const blocks = blocksOf("docs/verify.md").filter(
      (block) => GO !== undefined || !block.includes("go build"),
    );
    const out = await runBlocks(withVariables(blocks, { S: url, C: code }), folder);
    const size = harness.service.store.ledger.size();
    expect(out.match(/^VERIFIED/gm)).toHaveLength(4);
    expect(out).toContain("COMPLETE: the log");
    expect(out).toContain(`OK localhost:8080/log: ${size} records, read from the beginning`);
    expect(out).toContain("OK record");
    if (GO !== undefined) expect(out).toContain(`OK size=${size} root=`);
    // Lengths from the log, then from the bundle.
    const lengths = out.split("\n").filter((line) => /^\["(batch|node|unit):/.test(line));
    expect(lengths.length).toBeGreaterThan(4);
    expect(lengths.slice(0, lengths.length / 2)).toEqual(lengths.slice(lengths.length / 2));
  }, 120_000);

  it("docs/witnesses.md make a witness cosign, and read what it cosigned", async () => {
    const logs = join(folder, "logs.txt");
    writeFileSync(logs, `${formatVerifierKey(logKey(harness.service))}\n`);
    const data = join(folder, "witness");
    const args = ["--name", "witness.example.org", "--data", data, "--logs", logs, "--port", "0"];
    const witness = start("cli/main.ts", ["witness", ...args]);
    const [, address = ""] = await witness.wrote(/listening at (http:\S+),/);
    const blocks = blocksOf("docs/witnesses.md");
    const out = await runBlocks(withVariables(blocks, { S: url, W: address }), folder);
    expect(out.match(/^— witness\.example\.org \S+$/gm)).toHaveLength(2);
    expect(out).toContain(harness.service.store.ledger.checkpoint()!.note);
    witness.child.kill("SIGTERM");
    expect((await witness.ended).code).toBe(0);
  });
});
