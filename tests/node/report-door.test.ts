import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient, type Served } from "../api-client.ts";
import { scriptWorld, type Variables } from "../scripts/world.ts";
import { servedOnSocket } from "../served-on-node.ts";

let served: Served & { url: string };
let world: Variables;
let batch: string;

beforeAll(async () => {
  served = await servedOnSocket();
  world = await scriptWorld(apiClient(served));
  batch = world["batch"] as string;
});
afterAll(() => served.dispose());

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

/** Answered calls of the route, by the metrics. */
async function counted(): Promise<number> {
  const { text } = await apiClient(served).call("GET", "/metrics", { key: served.operatorKey });
  return Number(/route="\/v1\/events",status="2xx"\} (\d+)/.exec(text)?.[1] ?? 0);
}

async function logSize(): Promise<number> {
  return (await apiClient(served).call("GET", "/v1/log")).json.size as number;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** The same report by the short way, and by the route: with a parameter, the media type is not the usual one. */
const WAYS = { short: "application/json", route: "application/json; charset=utf-8" } as const;

async function report(way: keyof typeof WAYS, body: unknown, headers: Record<string, string> = {}) {
  const sent = { ...bearer(world["makerKey"] as string), "Content-Type": WAYS[way], ...headers };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(`${served.url}/v1/events`, { method: "POST", headers: sent, body: text });
  return { answer, text: await answer.text() };
}

/** Without what differs from request to request. */
async function shown(...given: Parameters<typeof report>): Promise<Answer> {
  const { answer, text } = await report(...given);
  const headers = Object.fromEntries(answer.headers);
  for (const name of ["date", "x-request-id"]) {
    expect(headers[name], name).toBeTypeOf("string");
    delete headers[name];
  }
  const numbers = /\b(evt_[a-z0-9]+|[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z|\d+)\b/g;
  const plain = (value: string): string => value.replace(numbers, "#");
  for (const name of Object.keys(headers)) headers[name] = plain(headers[name] as string);
  // Two numbers may have different lengths.
  delete headers["content-length"];
  return { status: answer.status, headers, body: plain(text) };
}

const storing = (more: object = {}): object => ({
  events: [
    {
      kind: "storing",
      at: new Date(Date.now() - 1000).toISOString(),
      subjects: [{ batch, first: 0, last: 0 }],
      ...more,
    },
  ],
});

/** A report as bytes on the wire. */
function rawReport(more: string[] = [], connection = "close"): string {
  const body = JSON.stringify(storing());
  const lines = [
    "POST /v1/events HTTP/1.1",
    "Host: localhost",
    `Connection: ${connection}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Authorization: Bearer ${world["makerKey"]}`,
    ...more,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Sends pieces, each some time after the last, and gives what came back until the end. */
async function exchange(pieces: string[], ends = false): Promise<string> {
  const socket = connect(Number(new URL(served.url).port), "127.0.0.1").setEncoding("latin1");
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    await new Promise((later) => setTimeout(later, 20));
  }
  if (ends) socket.end();
  let answer = "";
  for await (const piece of socket) answer += piece as string;
  return answer;
}

describe("a small report of events", () => {
  it.each([
    ["that is right", () => storing(), 201],
    ["with a place and fields", () => storing({ place: { country: "CN" }, fields: { shelf: "七" } }), 201],
    ["of a role that may not report it", () => storing({ kind: "matching" }), 403],
    ["ahead of the clock", () => storing({ at: "2099-01-01T00:00:00Z" }), 400],
    ["before the order", () => storing({ at: "1999-01-01T00:00:00Z" }), 400],
    ["of goods that do not exist", () => storing({ subjects: [{ batch: "bat_none" }] }), 400],
    ["with an unknown field", () => storing({ colour: "red" }), 400],
    ["with a member twice", () => '{"events":[],"events":[]}', 400],
    ["that is no JSON", () => '{"events":[', 400],
    ["without events", () => ({ events: [] }), 400],
    [
      "that corrects nothing",
      () => storing({ kind: "correcting", subjects: [], corrects: { id: "x" } }),
      400,
    ],
  ])("%s has the answer of the route", async (_what, body, status) => {
    const short = await shown("short", body());
    expect(short).toEqual(await shown("route", body()));
    expect(short.status).toBe(status);
  });

  it.each<[string, () => Record<string, string>, number]>([
    ["no key", () => ({ Authorization: "Bearer nothing-of-the-kind" }), 401],
    ["the key of one who does not hold the goods", () => bearer(world["importerKey"] as string), 422],
    ["another scheme", () => ({ Authorization: "Basic x" }), 401],
    ["an empty idempotency key", () => ({ "Idempotency-Key": "" }), 400],
    ["a long idempotency key", () => ({ "Idempotency-Key": "k".repeat(256) }), 400],
    ["an unknown coding", () => ({ "Content-Encoding": "br" }), 415],
  ])("with %s has the answer of the route", async (_what, headers, status) => {
    const short = await shown("short", storing(), headers());
    expect(short).toEqual(await shown("route", storing(), headers()));
    expect(short.status).toBe(status);
  });

  it("is recorded once under an idempotency key, whichever way its repetitions come", async () => {
    const body = storing();
    const key = { "Idempotency-Key": crypto.randomUUID() };
    const first = await report("short", body, key);
    expect(first.answer.status).toBe(201);
    for (const way of ["route", "short"] as const) {
      const again = await report(way, body, key);
      expect(again.text).toBe(first.text);
      expect(again.answer.headers.get("suyuan-record")).toBe(first.answer.headers.get("suyuan-record"));
    }
    expect((await report("short", storing({ fields: { shelf: "8" } }), key)).answer.status).toBe(422);
  });

  it("of a key that was revoked is refused at once", async () => {
    const api = apiClient(served);
    const made = await api.call("POST", "/v1/keys", {
      key: world["makerKey"] as string,
      body: { label: "till" },
    });
    const { id, secret } = made.json as { id: string; secret: string };
    const headers = bearer(secret);
    expect((await report("short", storing(), headers)).answer.status).toBe(201);
    expect((await report("short", storing(), headers)).answer.status).toBe(201);
    await api.call("DELETE", `/v1/keys/${id}`, { key: world["makerKey"] as string });
    expect((await report("short", storing(), headers)).answer.status).toBe(401);
  });

  it("with a header twice is not judged by the first of them", async () => {
    const twice = ["Authorization: Bearer another-key"];
    expect(await exchange([rawReport(twice)])).toMatch(/^HTTP\/1\.1 401 /);
  });

  it("is taken however its bytes are cut", async () => {
    const whole = rawReport();
    const places = [1, 20, whole.length >> 1, whole.indexOf("{"), whole.indexOf("{") + 5, whole.length - 1];
    for (const place of places)
      expect(await exchange([whole.slice(0, place), whole.slice(place)]), String(place)).toMatch(
        /^HTTP\/1\.1 201 [^]*"events":\[/,
      );
  });

  it("of a client that waits for 100 Continue gets it before its body", async () => {
    const whole = rawReport(["Expect: 100-continue"]);
    const start = whole.indexOf("{");
    expect(await exchange([whole.slice(0, start), whole.slice(start)])).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /,
    );
  });

  it("is answered in order among other requests of one connection", async () => {
    const scan = `GET /v1/scan/${world["code"]} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const page = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const kept = rawReport([], "keep-alive");
    const answer = await exchange([kept + scan + kept + page + rawReport()]);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([201, 200, 201, 200, 201].map((n) => `HTTP/1.1 ${n}`));
    const records = [...answer.matchAll(/^suyuan-record: (\d+)/gim)].map(([, n]) => Number(n));
    expect(records).toHaveLength(3);
    expect(records).toEqual(records.toSorted((a, b) => a - b));
  });

  it("of a client that ends its side is answered, and half of one is refused", async () => {
    expect(await exchange([rawReport([], "keep-alive")], true)).toMatch(/^HTTP\/1\.1 201 /);
    const half = rawReport([], "keep-alive").slice(0, -5);
    expect(await exchange([half], true)).toMatch(/^HTTP\/1\.1 400 [^]*before its body was complete/);
  });

  it("counts among the requests of its route", async () => {
    const before = await counted();
    for (const way of ["short", "route"] as const) await report(way, storing());
    expect((await counted()) - before).toBe(2);
  });

  it("is recorded once where many come at once", async () => {
    const before = await logSize();
    const answers = await Promise.all(Array.from({ length: 20 }, () => report("short", storing())));
    expect(new Set(answers.map(({ answer }) => answer.headers.get("suyuan-record"))).size).toBe(20);
    expect(await logSize()).toBe(before + 20);
  });
});
