import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkCharacter } from "../../src/core/code/check.ts";
import { type Harness, makeHarness, START_MS } from "../harness.ts";
import { authority, enterprise, expectStatus, orderOf, product, readyBatch } from "./actors.ts";

const DAY_MS = 86_400_000;

let h: Harness;
let code: string;
let pin: string;
let wrong: string;
let plainCode: string;

beforeEach(async () => {
  h = makeHarness();
  const officer = await authority(h);
  const owner = await enterprise(h, officer);
  const cream = await product(h, owner, officer);
  const { id } = await readyBatch(h, owner, officer, orderOf(cream, { withPin: true }));
  const first = await h.call("GET", `/v1/batches/${id}/codes?format=ndjson&pin=true&last=0`, {
    key: owner.key,
  });
  ({ code, pin } = JSON.parse(first.text) as { code: string; pin: string });
  wrong = pin === "000000" ? "000001" : "000000";
  const plain = await readyBatch(h, owner, officer, orderOf(cream));
  plainCode = (
    await h.call("GET", `/v1/batches/${plain.id}/codes?format=text`, { key: owner.key })
  ).text.slice(0, 16);
});
afterEach(() => h.dispose());

const tryPin = (text: string, given: string) =>
  h.call("POST", `/v1/scan/${encodeURIComponent(text)}/pin`, { body: { pin: given } });

describe("trying a PIN", () => {
  it("opens once, then says when it was opened", async () => {
    const openedAt = new Date(START_MS).toISOString();
    expect(expectStatus(await tryPin(code, pin), 200)).toEqual({ outcome: "opened", openedAt });
    h.clock.nowMs += DAY_MS;
    expect(expectStatus(await tryPin(code, pin), 200)).toEqual({ outcome: "already_opened", openedAt });
  });

  it("accepts five wrong tries, then one per day", async () => {
    for (const triesLeft of [4, 3, 2, 1])
      expect(expectStatus(await tryPin(code, wrong), 200)).toEqual({ outcome: "wrong", triesLeft });
    const nextTryAt = new Date(START_MS + DAY_MS).toISOString();
    expect(expectStatus(await tryPin(code, wrong), 200)).toEqual({
      outcome: "wrong",
      triesLeft: 0,
      nextTryAt,
    });
    const locked = { outcome: "locked", triesLeft: 0, nextTryAt };
    expect(expectStatus(await tryPin(code, wrong), 200)).toEqual(locked);
    expect(expectStatus(await tryPin(code, pin), 200)).toEqual(locked);
    h.clock.nowMs += DAY_MS;
    expect(expectStatus(await tryPin(code, pin), 200).outcome).toBe("opened");
  });

  it("counts simultaneous tries one by one", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => tryPin(code, wrong)));
    const outcomes = answers.map(({ json }) => json.outcome as string);
    expect(outcomes.filter((outcome) => outcome === "wrong")).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === "locked")).toHaveLength(3);
  });

  it("accepts the code as people type it", async () => {
    const typed = `${code.toLowerCase().match(/.{4}/g)?.join(" - ")}`;
    expect(expectStatus(await tryPin(typed, pin), 200).outcome).toBe("opened");
  });

  it("answers forged and mistyped codes without reading the store", async () => {
    const body = `${code.slice(0, 14)}${code[14] === "0" ? "1" : "0"}`;
    const forged = body + checkCharacter(body);
    const { service } = h.service.store;
    const { pin: read, setPin } = service;
    service.pin = () => expect.unreachable("read for a fake");
    service.setPin = () => expect.unreachable("written for a fake");
    try {
      expectStatus(await tryPin(forged, pin), 404);
      const mistyped = `${code.slice(0, 15)}${code[15] === "0" ? "1" : "0"}`;
      expect(expectStatus(await tryPin(mistyped, pin), 400).errors[0].field).toBe("code");
      expect(expectStatus(await tryPin("ü", pin), 400).errors[0].field).toBe("code");
      expectStatus(await tryPin(plainCode, pin), 409);
    } finally {
      Object.assign(service, { pin: read, setPin });
    }
  });

  it.each([["12345"], ["1234567"], ["12345a"], ["١٢٣٤٥٦"], [""]])("refuses %j as a PIN", async (given) => {
    expect(expectStatus(await tryPin(code, given), 400).errors[0].field).toBe("pin");
  });
});

describe("writes without a key", () => {
  it("are limited per minute; writes with a key are not", async () => {
    const limited = makeHarness({ SUYUAN_ANONYMOUS_PER_MINUTE: "2" });
    const post = (key?: string) =>
      limited.call("POST", "/v1/scan/X/pin", { body: { pin: "123456" }, ...(key ? { key } : {}) });
    expectStatus(await post(), 400);
    expectStatus(await post(), 400);
    const refused = await post();
    expect(expectStatus(refused, 429).type).toBe("/problems/rate_limited");
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expectStatus(await post(limited.operatorKey), 400);
    expectStatus(await limited.call("GET", "/v1/label-sheets"), 200);
    await limited.dispose();
  });
});
