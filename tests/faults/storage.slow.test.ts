import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Service, start, startService } from "../cli/process.ts";
import {
  audit,
  call,
  type Goods,
  listed,
  packing,
  prepareGoods,
  type Receipt,
  send,
  type Sent,
} from "./client.ts";
import { type Mount, mountMemory } from "./mount.ts";

const SIZE_BYTES = 24 * 1024 * 1024;
/** Reserved space, freed when the rest is full. */
const BALLAST_BYTES = 14 * 1024 * 1024;
const EVENTS = 200;
const MOST_REQUESTS = 300;
/** Refusals in a row after which the disk counts as full. */
const REFUSALS = 5;
const ENVIRONMENT = { SUYUAN_AUTO_APPROVE: "true", SUYUAN_ANONYMOUS_PER_MINUTE: "0" };

const mounted = mountMemory(SIZE_BYTES);
if (mounted === undefined) console.log("Skipped: full and read-only disks; this process may not mount.");
afterAll(() => mounted?.unmount());

describe.runIf(mounted !== undefined)("a data folder on a disk that", () => {
  const { path } = (mounted ?? {}) as Mount;
  const data = join(path ?? "", "data");
  const acknowledged: Receipt[] = [];
  const refused: Sent[] = [];
  let service: Service;
  let goods: Goods;
  let next = 0;
  afterAll(async () => {
    service.child.kill("SIGKILL");
    await service.ended;
  });

  /** Writes until the disk is full. */
  async function fill(): Promise<void> {
    for (let requests = 0, inARow = 0; inARow < REFUSALS; requests++) {
      expect(requests).toBeLessThan(MOST_REQUESTS);
      const sent = packing(goods, next, EVENTS);
      next += EVENTS;
      const receipts = await send(service.url, goods, sent);
      inARow = receipts === undefined ? inARow + 1 : 0;
      if (receipts === undefined) refused.push(sent);
      else acknowledged.push(...receipts);
    }
  }

  async function expectNothingLost(): Promise<void> {
    const log = await listed(service.url, goods);
    const places = new Map(log.map((event) => [event.index, event]));
    expect(acknowledged.filter(({ id, index }) => places.get(index)?.id !== id)).toEqual([]);
    expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  }

  it("is full refuses writes, loses nothing, and serves reads", async () => {
    writeFileSync(join(path, "ballast"), Buffer.alloc(BALLAST_BYTES));
    service = await startService(data, ENVIRONMENT);
    goods = await prepareGoods(service.url, service.operatorKey);
    await fill();
    expect(acknowledged.length).toBeGreaterThan(0);
    const answer = await call(service.url, "POST", "/v1/events", {
      key: goods.maker,
      body: packing(goods, next, EVENTS).body,
    });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({ type: "/problems/unavailable" });
    expect(service.stderr()).toMatch(/^writes were refused: /m);
    await expectNothingLost();
  });

  it("has room again accepts writes without a restart", async () => {
    rmSync(join(path, "ballast"));
    for (const sent of refused) {
      const receipts = await send(service.url, goods, sent);
      expect(receipts).toHaveLength(EVENTS);
      acknowledged.push(...(receipts ?? []));
    }
    await expectNothingLost();
    expect(await audit(service.url, goods)).toMatchObject({ ok: true, breaks: [] });
  });

  it("was full when the service was killed has lost nothing, at the next start with room", async () => {
    writeFileSync(join(path, "ballast"), Buffer.alloc(4 * 1024 * 1024));
    refused.length = 0;
    await fill();
    service.child.kill("SIGKILL");
    await service.ended;
    mounted?.remount(`size=${2 * SIZE_BYTES}`);
    service = await startService(data, ENVIRONMENT);
    for (const sent of refused) acknowledged.push(...((await send(service.url, goods, sent)) ?? []));
    await expectNothingLost();
    expect(await audit(service.url, goods)).toMatchObject({ ok: true, breaks: [] });
    expect((await service.stop()).code).toBe(0);
  });

  it("is read-only is refused at the start, in one clear line", async () => {
    mounted?.remount("ro");
    const ended = await start("cli/main.ts", ["serve"], { SUYUAN_DATA: data, SUYUAN_PORT: "0" }).ended;
    mounted?.remount("rw");
    expect(ended.code).toBe(1);
    expect(ended.stdout).not.toContain("listening");
    expect(ended.stderr).toMatch(/^suyuan: the data folder .* cannot be written: .*\n$/);
  });
});
