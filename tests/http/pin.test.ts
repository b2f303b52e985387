import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkCharacter } from "../../src/core/code/check.ts";
import { type Harness, makeHarness, START_MS } from "../harness.ts";
import { type Actor, authority, enterprise, expectStatus, orderOf, product, readyBatch } from "./actors.ts";

const DAY_MS = 86_400_000;

let h: Harness;
let owner: Actor;
let batch: string;
let code: string;
let pin: string;
let wrong: string;
let plainCode: string;

beforeEach(async () => {
  h = makeHarness({ SUYUAN_TRUST_PROXY: "true" });
  const officer = await authority(h);
  owner = await enterprise(h, officer);
  const cream = await product(h, owner, officer);
  const { id } = await readyBatch(h, owner, officer, orderOf(cream, { withPin: true }));
  batch = id;
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

/** A try from an address, as a trusted proxy names it. */
const tryFrom = (address: string, given: string) =>
  h.call("POST", `/v1/scan/${code}/pin`, { body: { pin: given }, headers: { "X-Forwarded-For": address } });

describe("wrong tries of strangers", () => {
  it("leave the buyer the first try, and slow down only those who tried", async () => {
    for (let i = 0; i < 5; i++) expectStatus(await tryFrom("192.0.2.1", wrong), 200);
    const locked = expectStatus(await tryFrom("192.0.2.1", pin), 200);
    expect(locked).toMatchObject({ outcome: "locked", triesLeft: 0 });
    expect(expectStatus(await tryFrom("198.51.100.7", pin), 200).outcome).toBe("opened");
  });

  it("count by IPv6 subscriber", async () => {
    for (let i = 1; i <= 5; i++) expectStatus(await tryFrom(`2001:db8:1:1::${i}`, wrong), 200);
    expect(expectStatus(await tryFrom("2001:db8:1:1::99", pin), 200).outcome).toBe("locked");
    expect(expectStatus(await tryFrom("2001:db8:1:2::1", pin), 200).outcome).toBe("opened");
  });

  it("leave the page's form open to the buyer too", async () => {
    const activation = { kind: "commissioning", at: new Date(START_MS).toISOString(), subjects: [{ batch }] };
    expectStatus(await h.call("POST", "/v1/events", { key: owner.key, body: { events: [activation] } }), 201);
    for (let i = 0; i < 6; i++) expectStatus(await tryFrom("192.0.2.1", wrong), 200);
    const post = (address: string) =>
      h.call("POST", `/T/${code}/pin`, {
        body: `pin=${pin}`,
        headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address },
      });
    expect((await post("192.0.2.1")).text).toContain("Too many tries");
    expect((await post("198.51.100.7")).text).toContain("used for the first time");
  });

  it("are not kept with an address, in the store or in memory", async () => {
    await tryFrom("192.0.2.1", wrong);
    const memory = Object.values(h.service.pinTries).map((part) =>
      part instanceof Map ? [...part.entries()] : part,
    );
    expect(JSON.stringify(memory)).toMatch(/"wrong":1/);
    expect(JSON.stringify(memory)).not.toContain("192.0.2.1");
  });
});

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
