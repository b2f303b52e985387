import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { calledOf } from "../api-client.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { type Actor, authority, CREAM, enterprise, expectStatus } from "./actors.ts";

let h: Harness;
let officer: Actor;
let owner: Actor;
let spare: { id: string; secret: string };

beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
  owner = await enterprise(h, officer);
  spare = expectStatus(await h.call("POST", "/v1/keys", { key: owner.key, body: { label: "spare" } }), 201);
});
afterEach(() => h.dispose());

/** Sends the head and the first bytes of a request, runs `meanwhile`, and sends the rest. */
async function trickle(path: string, body: string, type: string, meanwhile: () => Promise<unknown>) {
  const bytes = new TextEncoder().encode(body);
  let sent = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (sent++ === 0) return controller.enqueue(bytes.slice(0, 5));
        await meanwhile();
        controller.enqueue(bytes.slice(5));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  // With its length announced, the body is read after authentication.
  const headers = {
    Authorization: `Bearer ${spare.secret}`,
    "Content-Type": type,
    "Content-Length": `${bytes.length}`,
  };
  const init = { method: "POST", headers, body: stream, duplex: "half" } as RequestInit;
  return calledOf(await h.app.fetch(new Request(`http://localhost${path}`, init)));
}

const revoke = async () =>
  expectStatus(await h.call("DELETE", `/v1/keys/${spare.id}`, { key: owner.key }), 200);

const EVENTS = JSON.stringify({ events: [{ kind: "storing", at: "2026-11-01T00:00:00Z", subjects: [] }] });

describe("a key revoked while a body arrives", () => {
  it.each([
    ["/v1/keys", JSON.stringify({ label: "successor" }), "application/json"],
    ["/v1/products", JSON.stringify(CREAM), "application/json"],
    ["/v1/events", EVENTS, "application/json"],
    ["/v1/events/prepare", EVENTS, "application/json"],
    ["/v1/batches", "{}", "application/json"],
    ["/v1/files", "a report", "text/plain"],
    ["/v1/enterprises", "{}", "application/json"],
  ])("writes nothing by %s", async (path, body, type) => {
    const answer = await trickle(path, body, type, revoke);
    expect(expectStatus(answer, 401).detail).toContain("revoked before the request was complete");
    const { items } = expectStatus(await h.call("GET", "/v1/keys", { key: owner.key }), 200);
    expect(items).toHaveLength(2);
    expect(expectStatus(await h.call("GET", "/v1/products", { key: owner.key }), 200).items).toEqual([]);
  });
});

/** Runs `first` after the next write was authenticated and before it is queued. */
function beforeNextWrite(first: () => Promise<unknown>): void {
  const { writer } = h.service;
  const submitOnce = writer.submitOnce.bind(writer);
  writer.submitOnce = async (request, work) => {
    writer.submitOnce = submitOnce;
    await first();
    return submitOnce(request, work);
  };
}

describe("a write that was authenticated before", () => {
  it("is refused where the key's revocation is committed first", async () => {
    beforeNextWrite(revoke);
    const refused = await h.call("POST", "/v1/products", { key: spare.secret, body: CREAM });
    expect(expectStatus(refused, 401).detail).toContain("revoked");
  });

  it("is refused where the organisation's suspension is committed first", async () => {
    const body = { decision: "suspend", reason: "cheated" };
    beforeNextWrite(() =>
      h.call("POST", `/v1/organisations/${owner.id}/standing`, { key: officer.key, body }),
    );
    const made = await h.call("POST", "/v1/keys", { key: spare.secret, body: { label: "successor" } });
    expect(expectStatus(made, 403).detail).toContain("suspended");
  });

  it("gets no repeated answer either", async () => {
    const headers = { "Idempotency-Key": "once" };
    const call = () => h.call("POST", "/v1/products", { key: spare.secret, body: CREAM, headers });
    expectStatus(await call(), 201);
    beforeNextWrite(revoke);
    expect(expectStatus(await call(), 401).detail).toContain("revoked");
  });
});
