import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { type Actor, authority, enterprise, EXPORTER, expectStatus, IMPORTER } from "./actors.ts";

const HOUR_MS = 3_600_000;

let h: Harness;
let officer: Actor;
beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
});
afterEach(() => h.dispose());

const file = async (idempotencyKey: string, body: object = EXPORTER) => {
  const headers = { "Idempotency-Key": idempotencyKey };
  return expectStatus(await h.call("POST", "/v1/enterprises", { body, headers }), 201);
};

describe("the secret of a filing whose answer was lost", () => {
  it("comes again for the same unguessable Idempotency-Key and body, and is not stored", async () => {
    const key = randomUUID();
    const first = await file(key);
    expect(await file(key)).toEqual(first);
    const database = ["suyuan.db", "suyuan.db-wal"].map((name) =>
      readFileSync(join(h.folder, name), "latin1"),
    );
    expect(database.join("")).toContain(first.apiKey.id);
    expect(database.join("")).not.toContain(first.apiKey.secret);
    expect(
      expectStatus(await h.call("GET", "/v1/products", { key: first.apiKey.secret }), 200).items,
    ).toEqual([]);
  });

  it("does not come again once it was used, after 24 hours, or once the key was revoked", async () => {
    const [used, late, revoked] = [randomUUID(), randomUUID(), randomUUID()] as const;
    const first = await file(used);
    expectStatus(await h.call("GET", "/v1/products", { key: first.apiKey.secret }), 200);
    expect((await file(used)).apiKey).toEqual({ ...first.apiKey, secret: null });

    const { apiKey } = await file(revoked, IMPORTER);
    expectStatus(await h.call("DELETE", `/v1/keys/${apiKey.id}`, { key: h.operatorKey }), 200);
    expect((await file(revoked, IMPORTER)).apiKey.secret).toBeNull();

    const other = { ...EXPORTER, country: "AU" };
    const kept = await file(late, other);
    h.clock.nowMs += 24 * HOUR_MS - 1;
    expect((await file(late, other)).apiKey.secret).toBe(kept.apiKey.secret);
    h.clock.nowMs += 1;
    expect((await file(late, other)).apiKey.secret).toBeNull();
  });

  it.each(["filing-1", "x".repeat(40), "123456789012345678901", "1212121212121212121212"])(
    "does not come again for %j, which can be guessed",
    async (key) => {
      const first = await file(key);
      expect(first.apiKey.secret).toMatch(/^sy_/);
      expect((await file(key)).apiKey).toEqual({ ...first.apiKey, secret: null });
    },
  );

  it("is another one for another Idempotency-Key, body and key", async () => {
    const key = randomUUID();
    const filed = [await file(key), await file(key, IMPORTER), await file(randomUUID())];
    expect(new Set(filed.map(({ apiKey }) => apiKey.secret)).size).toBe(3);
    expect(new Set(filed.map(({ organisation }) => organisation.id)).size).toBe(3);
  });
});

describe("strangers with one Idempotency-Key", () => {
  it("do not learn of one another: each files", async () => {
    const one = await file("filing-1");
    const two = await file("filing-1", IMPORTER);
    expect(two.organisation.id).not.toBe(one.organisation.id);
    expect((await file("filing-1")).organisation).toEqual(one.organisation);
  });

  it("with a key of their own still make a mistake by another body", async () => {
    const { key } = await enterprise(h, officer);
    const headers = { "Idempotency-Key": "filing-1" };
    const make = (label: string) => h.call("POST", "/v1/keys", { key, headers, body: { label } });
    expectStatus(await make("a"), 201);
    expect(expectStatus(await make("b"), 422).type).toBe("/problems/idempotency_mismatch");
  });
});

describe("the secret of a further key", () => {
  it("comes again to the organisation itself, whatever its Idempotency-Key", async () => {
    const { key } = await enterprise(h, officer);
    const call = async () =>
      expectStatus(
        await h.call("POST", "/v1/keys", {
          key,
          headers: { "Idempotency-Key": "k" },
          body: { label: "till" },
        }),
        201,
      );
    const made = await call();
    expect(await call()).toEqual(made);
    expectStatus(await h.call("GET", "/v1/keys", { key: made.secret }), 200);
    expect(await call()).toEqual({ ...made, secret: null });
  });

  it("comes again to the operator that registers an organisation", async () => {
    const body = { role: "assessor", ...EXPORTER };
    const headers = { "Idempotency-Key": "lab" };
    const call = async () =>
      expectStatus(await h.call("POST", "/v1/organisations", { key: h.operatorKey, headers, body }), 201);
    const made = await call();
    expect(await call()).toEqual(made);
  });

  it("is made by the authority for an enterprise that lost its own, on record", async () => {
    const { id } = await enterprise(h, officer);
    const body = { label: "after a loss", organisation: id };
    const made = expectStatus(await h.call("POST", "/v1/keys", { key: officer.key, body }), 201);
    expect(made).toMatchObject({ organisation: id, role: "enterprise" });
    expectStatus(await h.call("GET", "/v1/batches", { key: made.secret }), 200);
    const { ledger } = h.service.store;
    const { bytes } = ledger.record(ledger.size() - 1) as { bytes: Uint8Array };
    const { statement, chains } = JSON.parse(new TextDecoder().decode(bytes));
    expect(statement).toMatchObject({
      kind: "issuing_key",
      actor: { organisation: officer.id },
      public: { key: made.id },
    });
    expect(chains.map(({ of }: { of: string }) => of)).toEqual([`enterprise:${id}`, `standing:${id}`]);
  });

  it("is not made by the authority for another authority, nor for an enterprise that is not approved", async () => {
    const second = await authority(h, "114401150000000272");
    const waits = await enterprise(h);
    const make = (organisation: string) =>
      h.call("POST", "/v1/keys", { key: officer.key, body: { label: "x", organisation } });
    expectStatus(await make(second.id), 404);
    expectStatus(await make("operator"), 404);
    expect(expectStatus(await make(waits.id), 409).detail).toContain("requested");
  });
});

describe("the service's own secret", () => {
  it("is made at the start of a store without one; keys of before keep working", async () => {
    const key = randomUUID();
    const first = await file(key);
    const one = await enterprise(h, undefined, IMPORTER);
    const { folder } = h;
    await h.close();
    rmSync(join(folder, "keys", "api-keys.key"));
    const again = makeHarness({}, folder);
    expectStatus(await again.call("GET", "/v1/products", { key: one.key }), 200);
    const headers = { "Idempotency-Key": key };
    const replayed = expectStatus(
      await again.call("POST", "/v1/enterprises", { body: EXPORTER, headers }),
      201,
    );
    // Another secret derives another text, which is not the key's.
    expect(replayed.apiKey).toEqual({ ...first.apiKey, secret: null });
    expect(readFileSync(join(folder, "keys", "api-keys.key"), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    await again.close();
    h = makeHarness({}, folder);
  });
});
