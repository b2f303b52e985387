import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeBase64 } from "../../src/core/ledger/base64.ts";
import { signerFromSeed } from "../../src/core/ledger/ed25519.ts";
import type { Called } from "../harness.ts";
import { CREAM, EXPORTER, expectStatus, IMPORTER, orderOf } from "./actors.ts";
import { at, filingOf, issue, openTrade, positions, type Trade } from "./trade.ts";

const DAY_MS = 24 * 3_600_000;
const OLD = { owner: "swept", requestDigest: "", first: 0, count: 0, body: "", at: 0 };

interface Call {
  /** As the document spells it. */
  operation: string;
  path?: string;
  key?: string;
  body?: unknown;
  /** How many records it writes. */
  records: number;
}

let t: Trade;
beforeAll(async () => {
  t = await openTrade();
});
afterAll(() => t.h.dispose());

let calls = 0;
function send({ operation, path, key, body }: Call, idempotencyKey: string): Promise<Called> {
  const [method = "", documented = ""] = operation.split(" ");
  return t.h.call(method, `/v1${path ?? documented}`, {
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
    headers: { "Idempotency-Key": idempotencyKey },
  });
}

/** Makes a call twice: it writes its records once, and names them both times. */
async function acknowledge(call: Call): Promise<Called["json"]> {
  const { ledger } = t.h.service.store;
  const first = ledger.size();
  const idempotencyKey = `call-${calls++}`;
  const answer = await send(call, idempotencyKey);
  expect(answer.status, `${call.operation}: ${answer.text}`).toBeLessThan(300);
  const named = {
    record: call.records > 1 ? `${first}-${first + call.records - 1}` : `${first}`,
    link: `</v1/records/${first}/receipt>; rel="receipt"`,
  };
  const expected = call.records === 0 ? { record: null, link: null } : named;
  expect({ operation: call.operation, ...namedIn(answer) }).toEqual({
    operation: call.operation,
    ...expected,
  });
  await t.h.service.issuer.settled();
  const size = ledger.size();
  const again = await send(call, idempotencyKey);
  expect({ operation: call.operation, ...namedIn(again) }).toEqual({
    operation: call.operation,
    ...expected,
  });
  expect(ledger.size()).toBe(size);
  if (call.records > 0) expectStatus(await t.h.call("GET", `/v1/records/${first}/receipt`), 200);
  return answer.json;
}

function namedIn({ headers }: Called): { record: string | null; link: string | null } {
  return { record: headers.get("Suyuan-Record"), link: headers.get("Link") };
}

/** Every operation that takes an Idempotency-Key, in an order in which each can be done. */
async function everyWrite(): Promise<string[]> {
  const done: string[] = [];
  const run = async (call: Call): Promise<Called["json"]> => {
    done.push(call.operation);
    return acknowledge(call);
  };
  const { maker, officer, cream } = t;
  const operator = t.h.operatorKey;
  const approve = { decision: "approve" };

  const filing = filingOf("Example Newcomer", "NZBN 9429000000009");
  const filed = await run({ operation: "POST /enterprises", body: filing, records: 0 });
  const newcomer = filed.organisation.id as string;
  const decide = { key: officer.key, body: approve, records: 1 };
  // The filing waited outside the log: approving records it and the decision.
  await run({
    operation: "POST /enterprises/{id}/decision",
    path: `/enterprises/${newcomer}/decision`,
    ...decide,
    records: 2,
  });
  await run({
    operation: "POST /organisations/{id}/standing",
    path: `/organisations/${newcomer}/standing`,
    key: officer.key,
    body: { decision: "suspend", reason: "forged certificates" },
    records: 1,
  });
  const body = { quota: 1000, autoApprove: false };
  await run({
    operation: "PUT /enterprises/{id}/terms",
    path: `/enterprises/${newcomer}/terms`,
    key: officer.key,
    body,
    records: 1,
  });
  const registration = {
    ...EXPORTER,
    role: "assessor",
    identity: { scheme: "national", value: "ABN 99" },
    country: "AU",
    activities: [],
  };
  // Registering approves at once: two records.
  await run({ operation: "POST /organisations", key: operator, body: registration, records: 2 });
  const signing = `/organisations/${maker.id}/signing-key`;
  const publicKey = encodeBase64(signerFromSeed(new Uint8Array(32).fill(7)).publicKey);
  const operation = "/organisations/{id}/signing-key";
  await run({
    operation: `PUT ${operation}`,
    path: signing,
    key: maker.key,
    body: { publicKey },
    records: 1,
  });
  await run({ operation: `DELETE ${operation}`, path: signing, key: maker.key, records: 1 });
  const made = await run({ operation: "POST /keys", key: maker.key, body: { label: "scanner" }, records: 1 });
  await run({ operation: "DELETE /keys/{id}", path: `/keys/${made.id}`, key: maker.key, records: 1 });
  // Revoked before: nothing is recorded.
  await run({ operation: "DELETE /keys/{id}", path: `/keys/${made.id}`, key: maker.key, records: 0 });

  const goods = { ...CREAM, gtin: "9520002000026" };
  const { id: product } = await run({
    operation: "POST /products",
    key: maker.key,
    body: goods,
    records: 1,
  });
  await run({ operation: "POST /products/{id}/decision", path: `/products/${product}/decision`, ...decide });
  const order = await run({
    operation: "POST /batches",
    key: maker.key,
    body: orderOf(cream, { lot: "L9" }),
    records: 1,
  });
  await run({ operation: "POST /batches/{id}/decision", path: `/batches/${order.id}/decision`, ...decide });

  const batch = await issue(t, 20);
  const event = (position: number) => ({
    kind: "commissioning",
    at: at(1),
    subjects: [positions(batch, position)],
    sealed: { parties: { note: `of ${position}` } },
  });
  await run({ operation: "POST /events", key: maker.key, body: { events: [event(0)] }, records: 1 });
  const events = [1, 2, 3].map(event);
  const reported = await run({ operation: "POST /events", key: maker.key, body: { events }, records: 3 });
  const { index } = reported.events[0];
  await run({
    operation: "POST /records/{index}/erasures",
    path: `/records/${index}/erasures`,
    key: maker.key,
    body: { names: ["note"], reason: "asked for" },
    records: 1,
  });
  const draft = { scope: { subjects: [{ batch: batch.id }] }, level: 2, reason: "a test" };
  // A draft is no record yet.
  const recall = await run({ operation: "POST /recalls", key: maker.key, body: draft, records: 0 });
  const { id, reach } = recall;
  await run({
    operation: "POST /recalls/{id}/confirm",
    path: `/recalls/${id}/confirm`,
    key: maker.key,
    body: { codes: reach.codes },
    records: 1,
  });
  await run({
    operation: "POST /recalls/{id}/lift",
    path: `/recalls/${id}/lift`,
    key: officer.key,
    body: { reason: "tested" },
    records: 1,
  });
  await run({
    operation: "POST /batches/{id}/close",
    path: `/batches/${batch.id}/close`,
    key: maker.key,
    records: 1,
  });
  await run({
    operation: "POST /audits",
    key: officer.key,
    body: { scope: { batch: batch.id } },
    records: 1,
  });
  return done;
}

describe("an acknowledged write", () => {
  it("names its records and the first record's receipt, when repeated too: every call", async () => {
    const done = await everyWrite();
    const { paths } = expectStatus(await t.h.call("GET", "/openapi.json"), 200);
    const documented = Object.entries(paths as Record<string, Record<string, Described>>).flatMap(
      ([path, methods]) =>
        Object.entries(methods)
          .filter(([, { parameters = [] }]) => parameters.some(({ name }) => name === "idempotency-key"))
          .map(([method, { responses }]) => ({ operation: `${method.toUpperCase()} ${path}`, responses })),
    );
    expect(new Set(done)).toEqual(new Set(documented.map(({ operation }) => operation)));
    for (const { operation, responses } of documented)
      for (const [status, { headers }] of Object.entries(responses))
        expect([operation, status, Object.keys(headers ?? {})]).toEqual([
          operation,
          status,
          status.endsWith("XX") ? [] : ["Suyuan-Record", "Link"],
        ]);
  });

  it("names them without an Idempotency-Key too; a refused one names none", async () => {
    const batch = await issue(t, 4);
    const first = t.h.service.store.ledger.size();
    const event = { kind: "commissioning", at: at(1), subjects: [positions(batch, 0)] };
    const told = await t.h.call("POST", "/v1/events", { key: t.maker.key, body: { events: [event, event] } });
    expect(namedIn(told)).toEqual({
      record: `${first}-${first + 1}`,
      link: `</v1/records/${first}/receipt>; rel="receipt"`,
    });
    const refused = await t.h.call("POST", "/v1/events", { key: t.stranger.key, body: { events: [event] } });
    expectStatus(refused, 422);
    expect(namedIn(refused)).toEqual({ record: null, link: null });
  });
});

interface Described {
  parameters?: { name: string }[];
  responses: Record<string, { headers?: Record<string, unknown> }>;
}

function file(idempotencyKey: string, number: string): Promise<Called> {
  const body = { ...IMPORTER, identity: { scheme: "national", value: number }, country: "SG" };
  return t.h.call("POST", "/v1/enterprises", { body, headers: { "Idempotency-Key": idempotencyKey } });
}

describe("an Idempotency-Key", () => {
  it("is kept for 30 days, then deleted within an hour", async () => {
    const begunMs = t.h.clock.nowMs;
    const first = await file("kept", "UEN 1");
    t.h.clock.nowMs = begunMs + 30 * DAY_MS;
    const again = await file("kept", "UEN 1");
    expect(again.json.organisation.id).toBe(first.json.organisation.id);
    t.h.clock.nowMs = begunMs + 30 * DAY_MS + 3_600_000;
    await file("other", "UEN 2");
    // Sent again once its key was deleted, the request is a new one.
    const later = expectStatus(await file("kept", "UEN 1"), 201);
    expect(later.organisation.id).not.toBe(first.json.organisation.id);
    t.h.clock.nowMs = begunMs;
  });

  it("is deleted in small steps, so that no request waits for it", async () => {
    const { writer, store } = t.h.service;
    const begunMs = t.h.clock.nowMs + 31 * DAY_MS;
    t.h.clock.nowMs = begunMs;
    await writer.submit(() => undefined);
    await writer.submit((tx) => {
      for (let n = 0; n < 1200; n++) tx.store.service.addAnswer({ ...OLD, key: `${n}` });
    });
    const left = (): number =>
      Array.from({ length: 1200 }, (_, n) => store.service.answer("swept", `${n}`)).filter(Boolean).length;
    t.h.clock.nowMs = begunMs + 3_600_000;
    for (const expected of [700, 200, 0, 0]) {
      await writer.submit(() => undefined);
      expect(left()).toBe(expected);
    }
    t.h.clock.nowMs = begunMs;
  });
});
