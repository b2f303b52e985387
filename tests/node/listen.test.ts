import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { configFrom } from "../../src/node/config.ts";
import { descriptorAdvice, lacksDescriptors } from "../../src/node/descriptors.ts";
import { isHost } from "../../src/node/host-header.ts";
import { rateLimitedReport } from "../../src/node/rate-limited-report.ts";
import { type Running, startService } from "../../src/node/serve.ts";

let running: Running | undefined;
let folder: string | undefined;
afterEach(async () => {
  await running?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  running = folder = undefined;
});

async function serve(settings: Record<string, string>): Promise<Running> {
  folder = mkdtempSync(join(tmpdir(), "suyuan-listen-"));
  running = await startService(configFrom({ SUYUAN_DATA: folder, SUYUAN_PORT: "0", ...settings }));
  return running;
}

it("a metrics address answers metrics and health without a key, and nothing else", async () => {
  const { url, metricsUrl } = await serve({ SUYUAN_METRICS_ADDRESS: "127.0.0.1:0" });
  await fetch(`${url}/v1/scan/45VFV6GS11R19J3B`);
  await fetch(`${url}/v1/log`);
  const answer = await fetch(`${metricsUrl}/metrics`);
  expect(answer.headers.get("content-type")).toBe(
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  const lines = (await answer.text()).split("\n");
  for (const line of [
    'suyuan_requests_total{route="/v1/log",status="2xx"} 1',
    'suyuan_scans_total{verdict="unknown"} 1',
    "suyuan_log_records 0",
    "suyuan_writes_waiting 0",
  ])
    expect(lines).toContain(line);
  expect(lines.join("\n")).toMatch(/^suyuan_commit_sync_seconds_bucket\{le="\+Inf"\} \d+$/m);
  // A metric is described once, and every sample belongs to a described one.
  const names = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ")[2] ?? "");
  expect(new Set(names).size).toBe(names.length);
  for (const line of lines.filter((one) => one !== "" && !one.startsWith("#")))
    expect(
      names.some((name) => line.startsWith(name)),
      line,
    ).toBe(true);
  expect((await fetch(`${metricsUrl}/readyz`)).status).toBe(200);
  expect((await fetch(`${metricsUrl}/v1/log`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`)).status).toBe(401);
});

it.each(["9100", "127.0.0.1", "127.0.0.1:65536", "http://h:1"])(
  "SUYUAN_METRICS_ADDRESS %s is refused",
  (text) => {
    expect(() => configFrom({ SUYUAN_METRICS_ADDRESS: text })).toThrow(/SUYUAN_METRICS_ADDRESS/);
  },
);

it("connections beyond the limit are closed, with one line, and the others are answered", async () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { url } = await serve({ SUYUAN_MAX_CONNECTIONS: "3" });
  const { port } = new URL(url);
  const sockets: Socket[] = [];
  let closed = 0;
  for (let i = 0; i < 10; i++) {
    const socket = connect({ port: Number(port), host: "127.0.0.1" });
    socket.on("error", () => undefined).on("close", () => (closed += 1));
    sockets.push(socket.resume());
  }
  await expect.poll(() => closed).toBe(7);
  const lines = printed.mock.calls.map(String);
  printed.mockRestore();
  expect(lines).toEqual([
    "suyuan: a connection was closed at once: 3 are open, the most that SUYUAN_MAX_CONNECTIONS allows",
  ]);
  for (const socket of sockets) socket.destroy();
  await expect
    .poll(() =>
      fetch(`${url}/healthz`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
});

it("a line that repeats is printed once in 10 seconds, with its number", () => {
  const printed: string[] = [];
  let nowMs = 0;
  const report = rateLimitedReport(
    (times) => `${times} times`,
    (line) => printed.push(line),
    () => nowMs,
  );
  for (; nowMs < 25_000; nowMs += 1000) report();
  expect(printed).toEqual(["1 times", "10 times", "10 times"]);
});

it("an error for want of descriptors is told from others, also behind a cause", () => {
  const lacking = Object.assign(new Error("too many open files"), { code: "EMFILE" });
  expect(lacksDescriptors(lacking)).toBe(true);
  expect(lacksDescriptors(new Error("a write failed", { cause: lacking }))).toBe(true);
  expect(lacksDescriptors(new Error("a write failed"))).toBe(false);
  expect(lacksDescriptors(Object.assign(new Error("no"), { code: "SQLITE_CANTOPEN" }))).toBe(false);
  expect(descriptorAdvice()).toMatch(
    /^the process has no file descriptor left.*: raise its limit \(ulimit -n/,
  );
});

it.each<[string, boolean]>([
  ["trace.example.org", true],
  ["trace.example.org.", true],
  ["Trace.Example.ORG:443", true],
  ["my_container:8080", true],
  ["127.0.0.1:80", true],
  ["[::1]:8080", true],
  ["h:0", true],
  ["", false],
  ["h:", false],
  ["h:65536", false],
  ["h:123456", false],
  ["h h", false],
  ["h/x", false],
  ["u@h", false],
  ["h,i", false],
  ["..", false],
  ["a..b", false],
  ["1.2.3.4.5", false],
  ["256.1.1.1", false],
  ["127.1", false],
  ["0x7f.0.0.1", false],
  ["[::1", false],
  ["[::g]", false],
  [`${"a".repeat(300)}.org`, false],
])("the Host %j is a host: %s", (text, right) => {
  expect(isHost(text)).toBe(right);
  expect(isHost(text)).toBe(right);
});
