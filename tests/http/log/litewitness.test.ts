import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatVerifierKey, parseVerifierKey } from "../../../src/core/ledger/note-key.ts";
import { formatPolicy, openCosigned, parsePolicy } from "../../../src/core/ledger/policy.ts";
import { parseTlogProof } from "../../../src/core/ledger/tlog-proof.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { type Harness, makeHarness } from "../../harness.ts";

/** FiloSottile's witness, in Debian's package torchwood; it signs with a key that an ssh-agent holds. */
const TOOLS = ["litewitness", "witnessctl", "ssh-keygen", "ssh-agent", "ssh-add"];
const missing = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);
if (missing.length > 0) console.warn(`litewitness is not tried: ${missing.join(", ")} not installed`);

let folder: string;
let harness: Harness;
const children: ChildProcess[] = [];

/** A port that is free now. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** Starts a program; resolves with its first output that matches. */
function started(
  program: string,
  args: string[],
  pattern: RegExp,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const child = spawn(program, args, { env });
  children.push(child);
  let text = "";
  return new Promise((found, fail) => {
    const hear = (part: Buffer): void => {
      text += part.toString();
      const match = pattern.exec(text);
      if (match) found(match[1] ?? match[0]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => fail(new Error(`${program} ended with ${code}: ${text}`)));
  });
}

const settings = (policy: string) => ({
  SUYUAN_WITNESS_POLICY: policy,
  SUYUAN_WITNESS_EVERY_SECONDS: "0",
  SUYUAN_WITHOUT_QUORUM: "stop",
});

describe.runIf(missing.length === 0)("litewitness", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "suyuan-litewitness-"));
    const data = join(folder, "data");
    // Makes the log's key first: the witness must know it before the service asks for a cosignature.
    const before = makeHarness({}, data);
    const key = logKey(before.service);
    const { operatorKey } = before;
    await before.dispose();
    const [agent, db, port] = [join(folder, "agent"), join(folder, "witness.db"), await freePort()];
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
    await started("ssh-agent", ["-D", "-a", agent], /SSH_AUTH_SOCK/);
    const env = { ...process.env, SSH_AUTH_SOCK: agent };
    execFileSync("ssh-add", ["-q", join(folder, "key")], { env });
    const print = execFileSync("ssh-keygen", ["-lf", join(folder, "key.pub")])
      .toString()
      .split(" ")[1]!;
    const log = ["-db", db, "-origin", key.name];
    execFileSync("witnessctl", ["add-log", ...log]);
    execFileSync("witnessctl", ["add-key", ...log, "-key", formatVerifierKey(key)]);
    const name = "witness.example.org/lite";
    const args = ["-db", db, "-name", name, "-key", print, "-ssh-agent", agent];
    const vkey = await started(
      "litewitness",
      [...args, "-listen", `127.0.0.1:${port}`],
      /(witness\.example\.org\/lite\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+)/,
      env,
    );
    const witness = { name: "lite", key: parseVerifierKey(vkey), url: `http://127.0.0.1:${port}` };
    const policy = join(folder, "policy");
    writeFileSync(policy, formatPolicy({ logs: [], witnesses: [witness], groups: [], quorum: "lite" }));
    harness = makeHarness(settings(policy), data);
    harness.operatorKey = operatorKey;
  });
  afterAll(async () => {
    await harness.dispose();
    for (const child of children) {
      child.removeAllListeners("exit");
      child.kill();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("cosigns our log as it grows, and our receipts verify under a policy that requires it", async () => {
    const policy = parsePolicy((await harness.call("GET", "/log/policy")).text);
    for (let grown = 0; grown < 5; grown++) {
      const made = await harness.call("POST", "/v1/organisations", {
        key: harness.operatorKey,
        body: {
          role: "assessor",
          names: { en: "A laboratory" },
          identity: { scheme: "national", value: `LAB-${grown}` },
          country: "NZ",
        },
      });
      expect(made.status, made.text).toBe(201);
      const index = Number(/\d+$/.exec(made.headers.get("Suyuan-Record")!)![0]);
      const receipt = await harness.call("GET", `/v1/records/${index}/receipt`);
      expect(receipt.status, receipt.text).toBe(200);
      const { satisfied, checkpoint } = openCosigned(policy, parseTlogProof(receipt.text).checkpoint);
      expect(satisfied).toBe(true);
      expect(checkpoint.size).toBeGreaterThan(index);
    }
    const { witnesses } = (await harness.call("GET", "/v1/log")).json;
    expect(witnesses).toEqual([{ name: "lite", cosignedSize: expect.any(Number), problem: null }]);
  });
});
