import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { configFrom } from "../../src/node/config.ts";
import { type Running, startService } from "../../src/node/serve.ts";
import { type Batch, issueBatch } from "../scan/issue.ts";

/** The proxies of docs/operating.md, run as documented. Clients have addresses of their own in 127.0.0.0/8. */
const TRUSTED = { SUYUAN_TRUSTED_PROXIES: "127.0.0.1", SUYUAN_REGION_HEADER: "X-Suyuan-Region" };
const PER_MINUTE = 3;
const installed = (program: string): boolean => spawnSync(program, ["-v"]).status === 0;
for (const program of ["nginx", "haproxy"])
  if (!installed(program)) console.log(`skipped: tests behind a proxy (${program} is not installed)`);

let folder: string;
let running: Running;
let batch: Batch;
let proxies: ChildProcess[] = [];
let lines: string[] = [];

async function begin(environment: Record<string, string>): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), "suyuan-proxy-"));
  lines = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
  running = await startService(
    configFrom({
      SUYUAN_DATA: join(folder, "data"),
      SUYUAN_PORT: "0",
      SUYUAN_ANONYMOUS_PER_MINUTE: String(PER_MINUTE),
      ...environment,
    }),
  );
  batch = await issueBatch(running.opened.service, { withPin: true });
  await batch.set(0, 100, "active");
}

afterEach(async () => {
  for (const proxy of proxies) {
    const ended = new Promise((resolve) => proxy.once("exit", resolve));
    proxy.kill("SIGTERM");
    await ended;
  }
  proxies = [];
  await running.close();
  rmSync(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
});

/** The block of docs/operating.md that has a line. */
function documented(line: string): string {
  const text = readFileSync(join(import.meta.dirname, "../../docs/operating.md"), "utf8");
  const blocks = [...text.matchAll(/^```[a-z]+\n(.*?)^```$/gms)].map(([, block]) => block ?? "");
  return blocks.find((block) => block.split("\n").includes(line)) ?? "";
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Starts a proxy; resolves once it listens. */
async function start(program: string, args: string[], port: number): Promise<number> {
  const proxy = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  proxy.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
  proxies.push(proxy);
  await expect
    .poll(() => {
      if (proxy.exitCode !== null) throw new Error(`${program} ended: ${complaints}`);
      return new Promise((open) => {
        const socket = connect({ port, host: "127.0.0.1" }, () => open(true));
        socket.on("error", () => open(false)).on("connect", () => socket.destroy());
      });
    })
    .toBe(true);
  return port;
}

/** The nginx of the documentation, without TLS. @param backend the port that it passes requests to */
async function nginx(backend: number): Promise<number> {
  const port = await freePort();
  const place = join(folder, `nginx-${port}`);
  mkdirSync(place);
  const site = documented("upstream suyuan {")
    .replace("listen 443 ssl;", `listen 127.0.0.1:${port};`)
    .replace("127.0.0.1:8080", `127.0.0.1:${backend}`)
    .replace("203.0.113.0/24 NZ;", "127.0.0.2/32 NZ; 127.0.0.3/32 CN-GD;");
  expect(site).toContain(`127.0.0.1:${backend}`);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${place}/${name};`)
    .join("\n");
  const user = process.getuid?.() === 0 ? "user root;" : "";
  writeFileSync(
    join(place, "nginx.conf"),
    `${user}\ndaemon off;\nworker_processes 1;\npid ${place}/pid;\nevents {}\nhttp {\naccess_log off;\n${paths}\n${site}}\n`,
  );
  return start("nginx", ["-p", place, "-c", join(place, "nginx.conf"), "-e", join(place, "log")], port);
}

/** The HAProxy of the documentation, without TLS. */
async function haproxy(backend: number): Promise<number> {
  const port = await freePort();
  const map = join(folder, "regions.map");
  writeFileSync(map, "127.0.0.2/32 NZ\n127.0.0.3/32 CN-GD\n");
  const file = join(folder, `haproxy-${port}.cfg`);
  const site = documented("frontend trace")
    .replace(/bind :443.*/, `bind 127.0.0.1:${port}`)
    .replace("127.0.0.1:8080", `127.0.0.1:${backend}`)
    .replace("/etc/haproxy/regions.map", map);
  expect(site).toContain(`127.0.0.1:${backend}`);
  writeFileSync(file, site);
  return start("haproxy", ["-db", "-f", file], port);
}

interface Sent {
  status: number;
  text: string;
}

/** Sends a request from an address of the loopback network. */
function ask(
  port: number,
  client: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Sent> {
  return new Promise((answered, failed) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        localAddress: client,
        path,
        method: body === undefined ? "GET" : "POST",
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        agent: false,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => answered({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on("error", failed).end(body);
  });
}

const servicePort = (): number => Number(new URL(running.url).port);
const tryPin = async (port: number, client: string, headers: Record<string, string> = {}): Promise<number> =>
  (await ask(port, client, `/v1/scan/${batch.code(1)}/pin`, headers, '{"pin":"12"}')).status;
const regionSeen = async (port: number, client: string, n: number, headers: Record<string, string> = {}) =>
  JSON.parse((await ask(port, client, `/v1/scan/${batch.code(n)}`, headers)).text).scans.first.region;

/** What a client may write to look like others. */
const forged = (n: number): Record<string, string> => ({
  "x-forwarded-for": `203.0.113.${n}`,
  forwarded: `for=203.0.113.${n}`,
  "cf-connecting-ip": `203.0.113.${n}`,
  "x-real-ip": `203.0.113.${n}`,
});

/** Which of six tries each of two clients is refused for its allowance, whatever it writes into headers. */
async function refusedTries(port: number): Promise<Record<string, boolean[]>> {
  const refused: Record<string, boolean[]> = {};
  for (const client of ["127.0.0.2", "127.0.0.3"]) {
    refused[client] = [];
    for (let n = 0; n < 6; n++) refused[client].push((await tryPin(port, client, forged(n))) === 429);
  }
  return refused;
}

const AN_ALLOWANCE = [false, false, false, true, true, true];
const APART = { "127.0.0.2": AN_ALLOWANCE, "127.0.0.3": AN_ALLOWANCE };

/** The regions of an honest client, of two that name another region, and of one that asks past the proxy. */
async function regionsSeen(port: number): Promise<string[]> {
  const lie = { "x-suyuan-region": "US", "cf-ipcountry": "FR" };
  return [
    await regionSeen(port, "127.0.0.2", 10),
    await regionSeen(port, "127.0.0.3", 11, lie),
    await regionSeen(port, "127.0.0.4", 12, lie),
    await regionSeen(servicePort(), "127.0.0.5", 13, lie),
  ];
}

const REGIONS = ["NZ", "CN-GD", "unknown", "unknown"];

describe.skipIf(!installed("nginx"))("behind nginx", () => {
  it("each client has an allowance, whatever headers it sends, and the region that nginx names", async () => {
    await begin(TRUSTED);
    const port = await nginx(servicePort());
    expect(await refusedTries(port)).toEqual(APART);
    expect(lines).toEqual([]);
    expect(await regionsSeen(port)).toEqual(REGIONS);
  });

  it("that is not trusted, all share one allowance, and one line says so", async () => {
    await begin({});
    const port = await nginx(servicePort());
    for (const client of ["127.0.0.2", "127.0.0.3", "127.0.0.4"])
      expect(await tryPin(port, client)).not.toBe(429);
    expect(await tryPin(port, "127.0.0.5")).toBe(429);
    expect(await regionSeen(port, "127.0.0.2", 10)).toBe("unknown");
    expect(lines).toEqual([
      expect.stringMatching(
        /^suyuan: 127\.0\.0\.1 sent x-forwarded-for .* one allowance of 3 writes .* SUYUAN_TRUSTED_PROXIES$/,
      ),
    ]);
  });

  it("labels scanned by ten networks have a caution, on the page and in JSON", async () => {
    await begin(TRUSTED);
    const port = await nginx(servicePort());
    const path = `/T/${batch.code(20)}`;
    for (let n = 1; n <= 12; n++)
      await ask(port, `127.1.${n}.1`, path, { accept: n % 2 === 0 ? "application/json" : "text/html" });
    const json = JSON.parse((await ask(port, "127.1.1.2", path, { accept: "application/json" })).text);
    expect(json).toMatchObject({ verdict: "genuine", cautions: [{ kind: "scanned_widely", networks: 12 }] });
    expect((await ask(port, "127.1.1.2", path, { "accept-language": "en" })).text).toContain("12 networks");
  });
});

describe.skipIf(!installed("haproxy"))("behind HAProxy", () => {
  it("each client has an allowance, whatever headers it sends, and the region that HAProxy names", async () => {
    await begin(TRUSTED);
    const port = await haproxy(servicePort());
    expect(await refusedTries(port)).toEqual(APART);
    expect(lines).toEqual([]);
    expect(await regionsSeen(port)).toEqual(REGIONS);
  });

  it.skipIf(!installed("nginx"))("and behind nginx, the client is the one that HAProxy saw", async () => {
    await begin(TRUSTED);
    expect(await refusedTries(await haproxy(await nginx(servicePort())))).toEqual(APART);
  });
});
