import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import {
  type Actor,
  authority,
  enterprise,
  expectStatus,
  IMPORTER,
  orderOf,
  product,
  readyBatch,
} from "./actors.ts";

const QUANTITY = 20_000;
const PART = 1024;
const MOST = 8;

let h: Harness;
let officer: Actor;
let owner: Actor;
let batch: string;
beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
  owner = await enterprise(h, officer);
  const cream = await product(h, owner, officer);
  batch = (await readyBatch(h, owner, officer, orderOf(cream, { quantity: QUANTITY }))).id;
});
afterEach(() => h.dispose());

/** Starts a download, whose body the test reads. */
async function download(path: string, { key } = owner, id = batch): Promise<Response> {
  return h.app.request(`/v1/batches/${id}/${path}`, { headers: { Authorization: `Bearer ${key}` } });
}
const readers = (responses: Response[]) => responses.map(({ body }) => body!.getReader());

describe("downloads of codes and labels", () => {
  it("are at most 8 for one enterprise, a PDF counting as two, and another's are not counted", async () => {
    const open = await Promise.all(Array.from({ length: MOST }, () => download("codes")));
    expect(open.map(({ status }) => status)).toEqual(Array.from({ length: MOST }, () => 200));
    for (const path of ["codes", "labels?format=zpl", "labels?last=5"]) {
      const refused = await h.call("GET", `/v1/batches/${batch}/${path}`, { key: owner.key });
      expect(expectStatus(refused, 429).detail).toContain("at most 8 downloads");
      expect(refused.headers.get("Retry-After")).toBe("5");
    }
    const other = await enterprise(h, officer, IMPORTER);
    const goods = await product(h, other, officer);
    const theirs = await readyBatch(h, other, officer, orderOf(goods));
    expect((await download("codes", other, theirs.id)).status).toBe(200);
    // HEAD and SVG take no place.
    expectStatus(await h.call("HEAD", `/v1/batches/${batch}/codes`, { key: owner.key }), 200);
    expectStatus(
      await h.call("GET", `/v1/batches/${batch}/labels?format=svg&last=0`, { key: owner.key }),
      200,
    );

    await open[0]!.body!.cancel();
    expectStatus(await h.call("GET", `/v1/batches/${batch}/labels?last=5`, { key: owner.key }), 429);
    await open[1]!.text();
    expectStatus(await h.call("GET", `/v1/batches/${batch}/labels?last=5`, { key: owner.key }), 200);
    for (const { body } of open.slice(2)) await body!.cancel();
  });

  it("free their places however they end", async () => {
    for (let round = 0; round < 3; round++) {
      const open = await Promise.all(Array.from({ length: MOST }, () => download("codes?last=5000")));
      const [whole, ...cancelled] = open as [Response, ...Response[]];
      expect((await whole.text()).split("\r\n")).toHaveLength(5003);
      await Promise.all(cancelled.map(({ body }) => body!.cancel()));
    }
    const misfit = await h.call("GET", `/v1/batches/${batch}/labels?format=zpl&widthMm=5`, {
      key: owner.key,
    });
    for (let i = 0; i < MOST; i++) expectStatus(misfit, 400);
    expect((await download("codes?last=0")).status).toBe(200);
  });

  it("share one budget: a turn of the event loop makes one part, however many clients read", async () => {
    const { platform } = h.service;
    const codes = platform.codes.codes.bind(platform.codes);
    const turn = platform.yield.bind(platform);
    let made = 0;
    const inTurns: number[] = [];
    platform.codes.codes = (keys, first, count) => {
      made += count;
      return codes(keys, first, count);
    };
    Object.assign(platform, {
      yield: async () => {
        inTurns.push(made);
        made = 0;
        await turn();
      },
    });
    try {
      const open = readers(await Promise.all(Array.from({ length: MOST }, () => download("codes"))));
      for (let part = 0; part < 3; part++) await Promise.all(open.map((reader) => reader.read()));
      await Promise.all(open.map((reader) => reader.cancel()));
    } finally {
      platform.codes.codes = codes;
      Object.assign(platform, { yield: turn });
    }
    expect(Math.max(...inTurns, made)).toBe(PART);
    expect(inTurns.reduce((sum, one) => sum + one, made)).toBe(3 * MOST * PART);
  });

  it("take turns: no reader is ahead of another by more than a part", async () => {
    const open = readers(await Promise.all(Array.from({ length: 4 }, () => download("codes"))));
    const parts = open.map(() => 0);
    let spread = 0;
    await Promise.all(
      open.map(async (reader, i) => {
        for (let part = 0; part < 10; part++) {
          await reader.read();
          parts[i]! += 1;
          if (part > 0 && part < 9) spread = Math.max(spread, Math.max(...parts) - Math.min(...parts));
        }
        await reader.cancel();
      }),
    );
    expect(spread).toBeLessThanOrEqual(1);
  });

  it("whose reader takes nothing for 30 s are cut off, and free their place", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const open = readers(await Promise.all(Array.from({ length: MOST }, () => download("codes"))));
      const [slow, ...idle] = open as [(typeof open)[0], ...typeof open];
      for (let part = 0; part < 4; part++) {
        await slow.read();
        await vi.advanceTimersByTimeAsync(part === 0 ? 29_000 : 20_000);
      }
      expect((await slow.read()).done).toBe(false);
      for (const reader of idle) await expect(reader.read()).rejects.toThrow(/took nothing for 30 s/);
      const again = await Promise.all(Array.from({ length: MOST - 1 }, () => download("codes")));
      expect(again.map(({ status }) => status)).toEqual(again.map(() => 200));
      expectStatus(await h.call("GET", `/v1/batches/${batch}/codes`, { key: owner.key }), 429);
      await slow.cancel();
      for (const { body } of again) await body!.cancel();
    } finally {
      vi.useRealTimers();
    }
  });
});
