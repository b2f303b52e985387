import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Service, start, startService, suyuan, temporaryFolder } from "./process.ts";

const folders: string[] = [];

function folder(): string {
  const made = temporaryFolder();
  folders.push(made);
  return made;
}

/** How a start on a folder ended that must not succeed. */
async function startOn(data: string, environment: Record<string, string> = {}) {
  const { code, stdout, stderr } = await start("cli/main.ts", ["serve"], {
    SUYUAN_DATA: data,
    SUYUAN_PORT: "0",
    SUYUAN_HOST: "trace.example.org",
    ...environment,
  }).ended;
  return { code, stdout, message: stderr, lines: stderr.trim().split("\n").length };
}

/** One clear line, no stack, exit code 1. */
function refusal(message: RegExp) {
  const silent = expect.not.stringContaining("listening") as string;
  return { code: 1, stdout: silent, message: expect.stringMatching(message) as string, lines: 1 };
}

/** A data folder after a first start, closed again. */
async function usedFolder(): Promise<{ data: string; service: Service }> {
  const data = folder();
  const service = await startService(data);
  await service.stop();
  return { data, service };
}

afterAll(() => folders.forEach((one) => rmSync(one, { recursive: true, force: true })));

describe("the first start", () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(folder());
  });
  afterAll(() => service.stop());

  it("shows the operator's key once, and what to back up", () => {
    const text = service.stdout();
    expect(text.match(/sy_[A-Za-z0-9_-]{32}/g)).toEqual([service.operatorKey]);
    for (const file of ["keys/epoch-000.key", "keys/log.key", "suyuan.db"])
      expect(text).toContain(join(service.folder, file));
  });

  it("stores keys in files that only their owner can read", () => {
    for (const name of ["epoch-000.key", "log.key", "operator.key", "api-keys.key"])
      expect(statSync(join(service.folder, "keys", name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(service.folder).mode & 0o077).toBe(0);
    expect(statSync(join(service.folder, "keys")).mode & 0o777).toBe(0o700);
  });

  it("makes an operator key that works", async () => {
    const headers = { Authorization: `Bearer ${service.operatorKey}` };
    const answer = await fetch(`${service.url}/v1/keys`, { headers });
    expect(answer.status).toBe(200);
    const { items } = (await answer.json()) as { items: { role: string }[] };
    expect(items.map(({ role }) => role)).toEqual(["operator"]);
  });

  it("shows the log's public key to everybody", async () => {
    const log = (await (await fetch(`${service.url}/v1/log`)).json()) as Record<string, unknown>;
    expect(log).toEqual({
      origin: "trace.example.org/log",
      vkey: expect.stringMatching(/^trace\.example\.org\/log\+[0-9a-f]{8}\+/) as string,
      size: 0,
      checkpoint: expect.stringMatching(/^trace\.example\.org\/log\n0\n/) as string,
      witnesses: [],
    });
  });

  it("does not let a second process use its folder", async () => {
    expect(await startOn(service.folder)).toEqual(refusal(/another process is serving the data folder/));
    const answer = await fetch(`${service.url}/v1/log`);
    expect(answer.status).toBe(200);
  });
});

describe("later starts", () => {
  it("end cleanly at SIGTERM and show no key again", async () => {
    const { data, service } = await usedFolder();
    expect((await service.ended).code).toBe(0);
    const again = await startService(data);
    expect(again.stdout()).not.toContain("sy_");
    expect(again.stdout()).not.toContain("First start");
    expect((await again.stop()).code).toBe(0);
  });

  it("end at once at a second signal", async () => {
    const service = await startService(folder());
    // A request that does not end holds the closing up.
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    socket.write(
      "POST /v1/enterprises HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n{",
    );
    await once(socket, "data");
    service.child.kill("SIGINT");
    await service.wrote(/Closing/);
    // Repeated, since the service takes a signal that follows at once for the first one, forwarded.
    const repeat = setInterval(() => service.child.kill("SIGINT"), 100);
    expect((await service.ended).code).toBe(130);
    clearInterval(repeat);
    socket.destroy();
  });

  it("refuse a wrong or a missing epoch secret", async () => {
    const { data } = await usedFolder();
    const file = join(data, "keys", "epoch-000.key");
    writeFileSync(file, `${"ab".repeat(32)}\n`);
    expect(await startOn(data)).toEqual(refusal(/is not that of epoch 0: codes would open to other goods/));
    writeFileSync(file, "not hex\n");
    expect(await startOn(data)).toEqual(refusal(/must hold 64 hexadecimal digits/));
    rmSync(file);
    expect(await startOn(data)).toEqual(refusal(/the secret of epoch 0 is missing/));
  });

  it("refuse a log key that is missing, broken or of another log", async () => {
    const { data } = await usedFolder();
    const other = await usedFolder();
    const file = join(data, "keys", "log.key");
    copyFileSync(join(other.data, "keys", "log.key"), file);
    expect(await startOn(data)).toEqual(
      refusal(/the store in .*: no checkpoint that the log's key has signed/),
    );
    writeFileSync(file, "PRIVATE+KEY+what\n");
    expect(await startOn(data)).toEqual(refusal(/holds no signing key/));
    rmSync(file);
    expect(await startOn(data)).toEqual(refusal(/the log's key is missing/));
  });

  it("refuse a folder that a newer version wrote", async () => {
    const { data } = await usedFolder();
    const sqlite = new Sqlite(join(data, "suyuan.db"));
    sqlite
      .prepare("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 9999999999999)")
      .run();
    sqlite.close();
    expect(await startOn(data)).toEqual(refusal(/a newer version of Suyuan wrote/));
  });

  it("refuse a database that is older than the last checkpoint", async () => {
    const { data } = await usedFolder();
    const old = join(folder(), "old.db");
    copyFileSync(join(data, "suyuan.db"), old);
    const service = await startService(data, { SUYUAN_AUTO_APPROVE: "true" });
    const body = JSON.stringify({
      names: { en: "Example" },
      identity: { scheme: "national", value: "NZ-1" },
      country: "NZ",
    });
    const headers = { "Content-Type": "application/json" };
    const filed = await fetch(`${service.url}/v1/enterprises`, { method: "POST", body, headers });
    expect(filed.status).toBe(201);
    await service.stop();
    copyFileSync(old, join(data, "suyuan.db"));
    expect(await startOn(data)).toEqual(refusal(/it is an old copy, or records were lost/));
  });

  it("refuse a changed checkpoint", async () => {
    const data = folder();
    const service = await startService(data);
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${service.operatorKey}` };
    const body = JSON.stringify({ label: "second" });
    expect((await fetch(`${service.url}/v1/keys`, { method: "POST", body, headers })).status).toBe(201);
    await service.stop();
    expect(existsSync(join(data, "checkpoint"))).toBe(true);
    appendFileSync(join(data, "checkpoint"), "x");
    expect(await startOn(data)).toEqual(refusal(/checkpoint: no checkpoint that the log's key has signed/));
  });
});

describe("a start is refused, with the reason, for", () => {
  it("a port that is in use", async () => {
    const server: Server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as { port: number };
    const data = folder();
    const refused = await startOn(data, { SUYUAN_PORT: String(port) });
    expect(refused.code).toBe(1);
    expect(refused.message).toContain(`127.0.0.1:${port} is in use`);
    // The first start's key was shown nevertheless: it is made only once.
    expect(refused.stdout).toMatch(/sy_/);
    server.close();
  });

  it.each([
    ["SUYUAN_PORT", "eighty"],
    ["SUYUAN_HOST", "https://example.org/"],
    ["SUYUAN_AUTO_APPROVE", "perhaps"],
    ["SUYUAN_LEDGER_NUMBER", "256"],
  ])("a wrong %s", async (name, value) => {
    const data = join(folder(), "never");
    expect(await startOn(data, { [name]: value })).toEqual(refusal(new RegExp(name)));
    expect(existsSync(data)).toBe(false);
  });

  it("a data folder that is a file", async () => {
    const data = join(folder(), "file");
    writeFileSync(data, "");
    expect(await startOn(data)).toEqual(refusal(/EEXIST|ENOTDIR|file/));
  });

  it("a store that is no database", async () => {
    const data = folder();
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, "suyuan.db"), "this is no database, whatever its name says".repeat(100));
    expect(await startOn(data)).toEqual(refusal(/not a database/));
  });
});

describe("suyuan serve", () => {
  it("takes its settings as options, and prints JSON if asked", async () => {
    const data = folder();
    const args = ["serve", "--data", data, "--port", "0", "--host", "trace.example.org", "--json"];
    const started = start("cli/main.ts", args);
    await started.wrote(/"url"/);
    const lines = started
      .stdout()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toEqual({
      firstStart: {
        operatorKey: readFileSync(join(data, "keys", "operator.key"), "utf8").trim(),
        backUp: ["keys/epoch-000.key", "keys/log.key", "suyuan.db"].map((file) => join(data, file)),
      },
    });
    expect(lines[1]).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string, data });
    started.child.kill("SIGINT");
    expect((await started.ended).code).toBe(0);
  });

  it("names the port that it really got in codes' links, where no host is set", async () => {
    const started = start("cli/main.ts", ["serve", "--data", folder(), "--port", "0"], { SUYUAN_HOST: "" });
    const [, port = ""] = await started.wrote(/listening at http:\/\/127\.0\.0\.1:(\d+)/);
    expect(started.stdout()).toContain(`Codes' links name the host localhost:${port}: `);
    started.child.kill("SIGTERM");
    expect((await started.ended).code).toBe(0);
  });

  it("names everything that is wrong before it makes a folder", async () => {
    const data = join(folder(), "never");
    const environment = { SUYUAN_PORT: "8e3", SUYUAN_TRUSTPROXY: "1", SUYUAN_AUTO_APPROVE: "maybe" };
    const { code, message } = await startOn(data, environment);
    expect(code).toBe(1);
    expect(message).toMatch(/^suyuan: 3 settings are wrong:\n( {2}SUYUAN_.*\n){3}$/);
    const policy = await startOn(data, { SUYUAN_WITNESS_POLICY: join(folder(), "none") });
    expect(policy).toEqual(refusal(/SUYUAN_WITNESS_POLICY/));
    expect(existsSync(data)).toBe(false);
  });

  it("refuses unknown options and arguments", async () => {
    expect((await suyuan(["serve", "--verbose"])).code).toBe(2);
    expect((await suyuan(["serve", "now"])).code).toBe(2);
  });
});
