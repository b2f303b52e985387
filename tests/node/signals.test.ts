import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { start, startService, temporaryFolder } from "../cli/process.ts";
import { call, prepareGoods } from "../faults/client.ts";
import { mountMemory } from "../faults/mount.ts";

const folders: string[] = [];
afterAll(() => folders.forEach((one) => rmSync(one, { recursive: true, force: true })));

function folder(): string {
  const made = temporaryFolder();
  folders.push(made);
  return made;
}

it.each(["SIGHUP", "SIGINT", "SIGTERM"] as const)("%s closes the service cleanly", async (signal) => {
  const service = await startService(folder());
  service.child.kill(signal);
  const { code, stdout, stderr } = await service.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/Closing; a second signal ends it at once\.\n$/);
  const wal = join(service.folder, "suyuan.db-wal");
  expect(existsSync(wal) ? statSync(wal).size : 0).toBe(0);
});

it.each(["cli/main.ts", "../bin/suyuan.cjs"])("SIGUSR1 opens no debugger in %s", async (entry) => {
  const data = folder();
  const started = start(entry, ["serve"], { SUYUAN_DATA: data, SUYUAN_PORT: "0" });
  const [, url = ""] = await started.wrote(/listening at (http:\S+)/);
  started.child.kill("SIGUSR1");
  // Node would say so within some milliseconds; an answer shows that the process lives.
  for (let asked = 0; asked < 5; asked++) {
    await pause(50);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }
  started.child.kill("SIGTERM");
  const { code, stderr } = await started.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

const mounted = mountMemory(24 * 1024 * 1024);
if (mounted === undefined) console.log("Skipped: SIGTERM on a full disk; this process may not mount.");
afterAll(() => mounted?.unmount());

describe.runIf(mounted !== undefined)("on a full disk", () => {
  it("readiness says which check fails, and SIGTERM ends in words", async () => {
    const path = mounted?.path ?? "";
    const environment = { SUYUAN_AUTO_APPROVE: "true", SUYUAN_ANONYMOUS_PER_MINUTE: "0" };
    const service = await startService(join(path, "data"), environment);
    onTestFinished(async () => {
      service.child.kill("SIGKILL");
      await service.ended;
    });
    const { batch, maker } = await prepareGoods(service.url, service.operatorKey);
    const listed = await call(service.url, "GET", `/v1/batches/${batch}/codes?format=text`, { key: maker });
    const codes = listed.text.split("\n").slice(0, 50);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    fill(path);
    // Further scans wait in memory for the disk.
    await expect
      .poll(
        async () => {
          for (const code of codes) await fetch(`${service.url}/v1/scan/${code}`);
          return service.stderr();
        },
        { timeout: 20_000 },
      )
      .toMatch(/^scans wait to be stored: /m);
    const ready = async (): Promise<unknown> => (await fetch(`${service.url}/readyz`)).json();
    await expect.poll(ready, { interval: 500, timeout: 20_000 }).toMatchObject({
      ready: false,
      checks: { store: { ok: false, problem: /takes no writes/ }, log: { ok: true } },
    });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    const { code, stderr } = await service.stop();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^suyuan: closing failed \(.*full.*\)\. Every acknowledged write is stored/m);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});

/** Writes until nothing more fits. */
function fill(path: string): void {
  for (let size = 2 ** 20, n = 0; size >= 512; n++)
    try {
      writeFileSync(join(path, `ballast-${n}`), Buffer.alloc(size));
    } catch {
      size /= 2;
    }
}
