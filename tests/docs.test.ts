import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupCode } from "../src/core/code/alphabet.ts";
import { formatVerifierKey } from "../src/core/ledger/note-key.ts";
import { codeOf } from "../src/services/custody/trace.ts";
import { logKey } from "../src/services/ledger/log-key.ts";
import { start } from "./cli/process.ts";
import { GO } from "./foreign/go.ts";
import { type Harness, makeHarness } from "./harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "./world.ts";

const ROOT = resolve(import.meta.dirname, "..");
const missing = ["bash", "curl", "jq", "sha256sum"].filter((tool) => spawnSync("which", [tool]).status !== 0);
if (missing.length > 0) console.log(`skipped: the pages' commands (${missing.join(", ")} not installed)`);

let harness: Harness;
let server: Server;
let url: string;
let code: string;
/** Where the commands are run: the project's folder as far as they use it, and empty otherwise. */
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-docs-"));
  for (const name of ["package.json", "node_modules", "src", "tests"])
    symlinkSync(join(ROOT, name), join(folder, name));
  // The pages' service runs where `npm run demo` starts one.
  harness = makeHarness({ SUYUAN_HOST: "localhost:8080" });
  const { service } = harness;
  const owner = await addOrganisation(service, "ent_owner", "Owner");
  const batch = await issueBatch(service, owner, "bat_one", 1000);
  await report(service, owner, [
    { kind: "commissioning", at: "2026-10-01T08:00:00Z", subjects: [{ batch: "bat_one" }] },
    {
      kind: "packing",
      at: "2026-10-02T08:00:00Z",
      subjects: [{ batch: "bat_one", first: 0, last: 23 }],
      into: sscc(1),
    },
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

/** The blocks of commands of a page. */
function blocksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, "docs", page), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
}

/** Runs commands one after the other, with a variable of theirs set to what it is here. @returns what they wrote */
async function run(blocks: string[], variables: Record<string, string>): Promise<string> {
  let script = blocks.join("\n");
  for (const [name, value] of Object.entries(variables)) {
    const set = new RegExp(`^${name}=\\S+`, "m");
    expect(script).toMatch(set);
    script = script.replace(set, `${name}=${value}`);
  }
  // A compiler may be where no PATH leads.
  const PATH = GO === undefined ? process.env["PATH"] : `${process.env["PATH"]}:${dirname(GO)}`;
  const env = { ...process.env, PATH, HOME: folder, GOCACHE: join(homedir(), ".cache/go-build") };
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (out += part));
  const status = await new Promise((ended) => child.once("close", ended));
  expect(status, out).toBe(0);
  return out;
}

describe.runIf(missing.length === 0)("the commands of", () => {
  it("docs/verify.md verify a code, a receipt and the whole log", async () => {
    const blocks = blocksOf("verify.md").filter((block) => GO !== undefined || !block.includes("go build"));
    const out = await run(blocks, { S: url, C: code });
    const size = harness.service.store.ledger.size();
    expect(out.match(/^VERIFIED/gm)).toHaveLength(4);
    expect(out).toContain("COMPLETE: the log");
    expect(out).toContain(`OK localhost:8080/log: ${size} records, read from the beginning`);
    expect(out).toContain("OK record");
    if (GO !== undefined) expect(out).toContain(`OK size=${size} root=`);
    // Lengths as the log has them, then as the bundle says.
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
    const out = await run(
      blocksOf("witnesses.md").filter((block) => block.includes("$W/add-checkpoint")),
      { S: url, W: address },
    );
    expect(out.match(/^— witness\.example\.org \S+$/gm)).toHaveLength(2);
    expect(out).toContain(harness.service.store.ledger.checkpoint()!.note);
    witness.child.kill("SIGTERM");
    expect((await witness.ended).code).toBe(0);
  });
});
