import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Service, startService, temporaryFolder } from "../cli/process.ts";
import { audit, call, type Goods, listed, packing, prepareGoods, type Receipt, send } from "./client.ts";

const ENVIRONMENT = { SUYUAN_AUTO_APPROVE: "true", SUYUAN_ANONYMOUS_PER_MINUTE: "0" };
/** The system calls of a commit: the database's log, its checkpoint, and the checkpoint file outside it. */
const CALLS = ["pwrite64", "fdatasync", "fsync", "write", "openat", "rename"] as const;
const ERRORS = ["EIO", "ENOSPC"] as const;
/** While one call fails, the service is asked so often. */
const WRITES = 12;

function canTrace(): boolean {
  try {
    execFileSync("strace", ["-f", "-e", "trace=none", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const traced = canTrace();
if (!traced)
  console.log("Skipped: failing system calls; strace is not installed, or this process may not trace.");

let service: Service | undefined;
afterEach(async () => {
  service?.child.kill("SIGKILL");
  await service?.ended;
  if (service !== undefined) rmSync(service.folder, { recursive: true, force: true });
});

/**
 * Attaches strace, which makes a system call on files of the folder fail. Resolves with a function that detaches it and
 * gives how many calls failed.
 */
async function failing(one: Service, name: string, error: string): Promise<() => Promise<number>> {
  const trace = join(one.folder, "trace");
  const args = ["-f", "-qq", "-o", trace, "-P", one.folder];
  for (const file of ["suyuan.db", "suyuan.db-wal", "checkpoint", "checkpoint.new"])
    args.push("-P", `${one.folder}/${file}`);
  args.push("-e", `trace=${name}`, "-e", `inject=${name}:error=${error}`, "-p", String(one.child.pid));
  const strace = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  strace.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  // It says nothing once it is attached: the tracer's process id stands in the service's status.
  await expect.poll(() => tracerOf(one), { timeout: 20_000, message: said }).toBe(strace.pid);
  const ended = new Promise((settle) => strace.once("close", settle));
  return async () => {
    strace.kill("SIGINT");
    await ended;
    return readFileSync(trace, "utf8").split("(INJECTED)").length - 1;
  };
}

function tracerOf({ child }: Service): number {
  const status = execFileSync("cat", [`/proc/${child.pid}/status`], { encoding: "utf8" });
  return Number(/^TracerPid:\s+(\d+)$/m.exec(status)?.[1]);
}

async function expectNothingLost(one: Service, goods: Goods, acknowledged: Receipt[]): Promise<void> {
  const log = await listed(one.url, goods);
  const places = new Map(log.map((event) => [event.index, event]));
  expect(acknowledged.filter(({ id, index }) => places.get(index)?.id !== id)).toEqual([]);
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  expect(await audit(one.url, goods)).toMatchObject({ ok: true, breaks: [] });
}

describe.runIf(traced)("a commit whose", () => {
  const each = CALLS.flatMap((name) => ERRORS.map((error) => ({ name, error })));
  it.each(each)(
    "$name fails with $error refuses writes, and loses and doubles nothing",
    async ({ name, error }) => {
      service = await startService(temporaryFolder(), ENVIRONMENT);
      const goods = await prepareGoods(service.url, service.operatorKey);
      const acknowledged: Receipt[] = [];
      const first = await send(service.url, goods, packing(goods, 0, 2));
      acknowledged.push(...(first ?? []));

      const detach = await failing(service, name, error);
      const asked = Array.from({ length: WRITES }, (_, i) => packing(goods, 2 + 2 * i, 2));
      const answers: (Receipt[] | undefined)[] = [];
      for (const sent of asked) answers.push(await send(service.url, goods, sent));
      // Reads go on, from what is stored.
      expect((await call(service.url, "GET", "/v1/log")).status).toBe(200);
      expect(await detach(), "calls that failed").toBeGreaterThan(0);
      acknowledged.push(...answers.flatMap((receipts) => receipts ?? []));
      const refused = answers.filter((receipts) => receipts === undefined);
      if (["fdatasync", "rename"].includes(name)) expect(refused.length).toBeGreaterThan(0);
      if (refused.length > 0) expect(service.stderr()).toMatch(/^writes were refused: /m);

      // The disk works again: each refused write is recorded once.
      for (const sent of asked) {
        const receipts = await send(service.url, goods, sent);
        expect(receipts).toHaveLength(2);
        acknowledged.push(...(receipts ?? []));
      }
      await expectNothingLost(service, goods, acknowledged);
      const { folder } = service;
      service.child.kill("SIGKILL");
      await service.ended;
      service = await startService(folder, ENVIRONMENT);
      await expectNothingLost(service, goods, acknowledged);
    },
  );
});
