import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FilingsADay } from "../../src/http/middleware/filings-a-day.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { type Actor, approve, authority, CREAM, EXPORTER, expectStatus } from "./actors.ts";

const MINUTE_MS = 60_000;
/** Allowance of the tests: writes a minute. */
const MOST = 4;

let h: Harness;
let officer: Actor;
beforeEach(async () => {
  h = makeHarness({ SUYUAN_ANONYMOUS_PER_MINUTE: `${MOST}`, SUYUAN_TRUST_PROXY: "true" });
  officer = await authority(h);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await h.dispose();
});

let addresses = 0;
const freshAddress = (): string => `192.0.2.${++addresses}`;

const from = (address: string, method: string, path: string, body: unknown, key?: string) =>
  h.call(method, path, {
    ...(body === undefined ? {} : { body }),
    headers: { "X-Forwarded-For": address },
    ...(key === undefined ? {} : { key }),
  });

const pinTry = (address: string, key?: string) =>
  from(address, "POST", "/v1/scan/X/pin", { pin: "123456" }, key);

async function filed(address = freshAddress()): Promise<Actor> {
  const { organisation, apiKey } = expectStatus(
    await from(address, "POST", "/v1/enterprises", EXPORTER),
    201,
  );
  return { id: organisation.id, key: apiKey.secret };
}

describe("writes without a key", () => {
  it("are limited per minute and address; writes with a key are not, nor are reads", async () => {
    const address = freshAddress();
    for (let i = 0; i < MOST; i++) expectStatus(await pinTry(address), 400);
    const refused = await pinTry(address);
    expect(expectStatus(refused, 429).type).toBe("/problems/rate_limited");
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expectStatus(await pinTry(freshAddress()), 400);
    for (let i = 0; i < MOST + 1; i++) expectStatus(await pinTry(address, h.operatorKey), 400);
    expectStatus(await from(address, "GET", "/v1/label-sheets", undefined), 200);
  });
});

describe("writes with a key that nobody approved", () => {
  it("share the allowance of their address", async () => {
    const one = await filed();
    const address = freshAddress();
    for (let i = 0; i < MOST - 1; i++) expectStatus(await pinTry(address, one.key), 400);
    expectStatus(await pinTry(address), 400);
    expect(expectStatus(await pinTry(address, one.key), 429).type).toBe("/problems/rate_limited");
    expectStatus(await pinTry(address), 429);
  });

  it("are limited by organisation, from however many addresses and with however many paths", async () => {
    const one = await filed();
    for (let i = 0; i < MOST - 1; i++)
      expectStatus(await from(freshAddress(), "POST", "/v1/products", CREAM, one.key), 201);
    expectStatus(await pinTry(freshAddress(), one.key), 400);
    expectStatus(await from(freshAddress(), "POST", "/v1/products", CREAM, one.key), 429);
    expect(expectStatus(await pinTry(freshAddress(), one.key), 429).detail).toContain("organisation");
    expectStatus(await from(freshAddress(), "GET", "/v1/products", undefined, one.key), 200);
  });

  it("are not limited once the organisation is approved, and again while it is suspended", async () => {
    const one = await filed();
    await approve(h, officer, `/v1/enterprises/${one.id}`);
    const address = freshAddress();
    for (let i = 0; i < 2 * MOST; i++) expectStatus(await pinTry(address, one.key), 400);
    const body = { decision: "suspend", reason: "cheated" };
    await h.call("POST", `/v1/organisations/${one.id}/standing`, { key: officer.key, body });
    for (let i = 0; i < MOST; i++) expectStatus(await pinTry(address, one.key), 400);
    expect(expectStatus(await pinTry(address, one.key), 429).type).toBe("/problems/rate_limited");
  });
});

/** Makes time pass: limits by minute read the machine's clock, limits by day the service's. */
function later(ms: number): void {
  h.clock.nowMs += ms;
  const now = Date.now() + ms;
  vi.spyOn(Date, "now").mockReturnValue(now);
}

describe("filings", () => {
  it("are limited by day and address, to ten minutes of the allowance", async () => {
    const address = freshAddress();
    for (let minute = 0; minute < 10; minute++) {
      for (let i = 0; i < MOST; i++)
        expectStatus(await from(address, "POST", "/v1/enterprises", EXPORTER), 201);
      later(MINUTE_MS);
    }
    const refused = expectStatus(await from(address, "POST", "/v1/enterprises", EXPORTER), 429);
    expect(refused.detail).toContain("filings a day");
    expectStatus(await pinTry(address), 400);
    expectStatus(await from(freshAddress(), "POST", "/v1/enterprises", EXPORTER), 201);
    later(24 * 60 * MINUTE_MS);
    expectStatus(await from(address, "POST", "/v1/enterprises", EXPORTER), 201);
  });

  it("are counted for a bounded number of addresses", () => {
    const filings = new FilingsADay(1);
    const first = Array.from({ length: 100_001 }, (_, i) => filings.secondsToWait(`n${i}`, 0));
    expect(first.filter((seconds) => seconds > 0)).toEqual([]);
    // The first was forgotten, the second was not.
    expect(filings.secondsToWait("n1", 0)).toBe(86_400);
    expect(filings.secondsToWait("n0", 0)).toBe(0);
  });
});
