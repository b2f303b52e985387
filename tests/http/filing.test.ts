import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeSignerFromSeed } from "../../src/node/ed25519.ts";
import { encodeBase64 } from "../../src/core/ledger/base64.ts";
import { type Harness, makeHarness } from "../harness.ts";
import {
  type Actor,
  approve,
  authority,
  CREAM,
  enterprise,
  EXPORTER,
  expectStatus,
  FORMULA,
  IMPORTER,
  product,
} from "./actors.ts";

let h: Harness;
let officer: Actor;

beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
});
afterEach(() => h.dispose());

/** The statements on a chain, as stored. */
function statementsOn(chain: string): Record<string, unknown>[] {
  const { ledger, custody } = h.service.store;
  const key = custody.chainNamed(chain);
  return (key === undefined ? [] : custody.chains.links(key)).map(({ index }) => {
    const { bytes } = ledger.record(index) as { bytes: Uint8Array };
    return (JSON.parse(new TextDecoder().decode(bytes)) as { statement: Record<string, unknown> }).statement;
  });
}

describe("filing an enterprise", () => {
  it("needs no key, answers with one, and waits for the authority", async () => {
    const answer = await h.call("POST", "/v1/enterprises", { body: EXPORTER });
    const { organisation, apiKey } = expectStatus(answer, 201);
    expect(organisation).toMatchObject({
      role: "enterprise",
      status: "requested",
      names: EXPORTER.names,
      identity: EXPORTER.identity,
      country: "NZ",
      province: null,
      terms: { quota: 100_000_000, autoApprove: false },
    });
    expect(organisation.id).toMatch(/^ent_/);
    expect(apiKey.secret).toMatch(/^sy_/);
  });

  it("keeps identity, address and contacts out of the public record", async () => {
    const { id } = await enterprise(h, officer);
    const statements = statementsOn(`enterprise:${id}`);
    expect(statements.map(({ kind }) => kind)).toEqual(["filing", "deciding"]);
    const text = JSON.stringify(statements);
    expect(text).toContain(EXPORTER.names.en);
    for (const secret of [EXPORTER.identity.value, EXPORTER.address, "a.person@example.org"])
      expect(text).not.toContain(secret);
    expect(statements[0]).toMatchObject({ actor: { organisation: id }, subjects: [{ enterprise: id }] });
    expect(statements[1]).toMatchObject({
      actor: { organisation: officer.id },
      public: { decision: "approved" },
    });
  });

  it("reads the province from a USCC and warns of a wrong inner check digit", async () => {
    const filed = expectStatus(await h.call("POST", "/v1/enterprises", { body: IMPORTER }), 201);
    expect(filed.organisation).toMatchObject({ province: "CN-GD", warnings: [] });
    const body = { ...IMPORTER, identity: { scheme: "uscc", value: "91440115MA000001XR" } };
    const warned = expectStatus(await h.call("POST", "/v1/enterprises", { body }), 201);
    expect(warned.organisation.warnings).toHaveLength(1);
  });

  it.each([
    [{ identity: { scheme: "uscc", value: "91440115MA0000015G" }, country: "CN" }, "identity.value"],
    [{ identity: { scheme: "tax", value: "1" } }, "identity.scheme"],
    [{ identity: { scheme: "uscc", value: "91440115MA0000015F" }, country: "NZ" }, "identity.scheme"],
    [{ country: "ZZ" }, "country"],
    [{ province: "CN-GD" }, "province"],
    [{ names: {} }, "names"],
    [{ names: { en: "two\nlines" } }, "names.en"],
    [{ names: { en: "lone \ud800 surrogate" } }, "names.en"],
    [{ contacts: [{ name: "A", email: "no address" }] }, "contacts.0.email"],
    [{ activities: ["smuggler"] }, "activities.0"],
    [{ customsRegistration: "12" }, "customsRegistration"],
    [{ nickname: "X" }, "nickname"],
  ])("refuses %j and names the field %s", async (given, field) => {
    const answer = await h.call("POST", "/v1/enterprises", { body: { ...EXPORTER, ...given } });
    const problem = expectStatus(answer, 400);
    expect(problem.type).toBe("/problems/invalid_request");
    expect(problem.errors.map((one: { field: string }) => one.field)).toContain(field);
  });

  it("approves a GLN once worldwide, a national number once per country", async () => {
    const gln = { ...EXPORTER, identity: { scheme: "gln", value: "9520009000012" } };
    await enterprise(h, officer, gln);
    const elsewhere = await enterprise(h, undefined, { ...gln, country: "AU" });
    const body = { decision: "approve" };
    const path = `/v1/enterprises/${elsewhere.id}/decision`;
    const second = await h.call("POST", path, { key: officer.key, body });
    expect(expectStatus(second, 409).detail).toContain("identification number");
    await enterprise(h, officer, EXPORTER);
    await enterprise(h, officer, { ...EXPORTER, country: "AU" });
  });

  it("repeats its answer for the same Idempotency-Key and body; another body is a filing of another", async () => {
    const headers = { "Idempotency-Key": "one" };
    const first = expectStatus(await h.call("POST", "/v1/enterprises", { body: EXPORTER, headers }), 201);
    const size = h.service.store.ledger.size();
    const again = expectStatus(await h.call("POST", "/v1/enterprises", { body: EXPORTER, headers }), 201);
    expect(again.organisation).toEqual(first.organisation);
    expect(again.apiKey).toEqual({ ...first.apiKey, secret: null });
    expect(h.service.store.ledger.size()).toBe(size);
    const other = await h.call("POST", "/v1/enterprises", { body: IMPORTER, headers });
    expect(expectStatus(other, 201).organisation.id).not.toBe(first.organisation.id);
  });

  it("refuses a body that is not JSON, not declared as JSON, or too large", async () => {
    const bad = { "Content-Type": "application/json" };
    expectStatus(await h.call("POST", "/v1/enterprises", { body: "{", headers: bad }), 400);
    const text = { "Content-Type": "text/plain" };
    expectStatus(await h.call("POST", "/v1/enterprises", { body: "{}", headers: text }), 415);
    const large = JSON.stringify({ ...EXPORTER, address: "x".repeat(9 * 1024 * 1024) });
    const refused = await h.call("POST", "/v1/enterprises", { body: large, headers: bad });
    expect(expectStatus(refused, 413).type).toBe("/problems/too_large");
    // With its length announced, it is refused unread.
    const told = { body: "{}", headers: { ...bad, "Content-Length": `${large.length}` } };
    expect(expectStatus(await h.call("POST", "/v1/enterprises", told), 413).type).toBe("/problems/too_large");
  });
});

describe("deciding on an enterprise", () => {
  it("approves once, or declines with a reason shown only to the parties", async () => {
    const one = await enterprise(h, officer);
    const path = `/v1/enterprises/${one.id}/decision`;
    const again = await h.call("POST", path, { key: officer.key, body: { decision: "approve" } });
    expect(expectStatus(again, 409).detail).toContain("approved");
    const two = await enterprise(h, undefined, IMPORTER);
    const declining = `/v1/enterprises/${two.id}/decision`;
    const bare = await h.call("POST", declining, { key: officer.key, body: { decision: "decline" } });
    expect(expectStatus(bare, 400).errors[0].field).toBe("reason");
    const body = { decision: "decline", reason: "the licence has ended" };
    expectStatus(await h.call("POST", declining, { key: officer.key, body }), 200);
    const own = expectStatus(await h.call("GET", `/v1/enterprises/${two.id}`, { key: two.key }), 200);
    expect(own).toMatchObject({ status: "declined", reason: "the licence has ended" });
    expect(JSON.stringify(statementsOn(`enterprise:${two.id}`))).not.toContain("licence");
    expectStatus(await h.call("POST", "/v1/products", { key: two.key, body: CREAM }), 403);
  });

  it("is up to the authority, or automatic if the setting says so", async () => {
    const one = await enterprise(h);
    const path = `/v1/enterprises/${one.id}/decision`;
    const body = { decision: "approve" };
    expectStatus(await h.call("POST", path, { body }), 401);
    expectStatus(await h.call("POST", path, { key: one.key, body }), 403);
    expectStatus(await h.call("POST", path, { key: h.operatorKey, body }), 403);
    const automatic = makeHarness({ SUYUAN_AUTO_APPROVE: "true" });
    const filed = expectStatus(await automatic.call("POST", "/v1/enterprises", { body: EXPORTER }), 201);
    expect(filed.organisation.status).toBe("approved");
    const key = filed.apiKey.secret;
    const goods = expectStatus(await automatic.call("POST", "/v1/products", { key, body: CREAM }), 201);
    expect(goods.status).toBe("approved");
    await automatic.dispose();
  });
});

describe("reading enterprises", () => {
  it("shows everything to the enterprise and the authority, and the public part of an approved one to others", async () => {
    const one = await enterprise(h);
    const path = `/v1/enterprises/${one.id}`;
    expectStatus(await h.call("GET", path), 404);
    await approve(h, officer, path);
    const shown = expectStatus(await h.call("GET", path), 200);
    expect(Object.keys(shown).sort()).toEqual(
      ["activities", "country", "id", "names", "role", "signingKey", "status"].sort(),
    );
    const other = await enterprise(h, officer, IMPORTER);
    expect(expectStatus(await h.call("GET", path, { key: other.key }), 200)).toEqual(shown);
    for (const key of [one.key, officer.key, h.operatorKey])
      expect(expectStatus(await h.call("GET", path, { key }), 200).identity).toEqual(EXPORTER.identity);
    expectStatus(await h.call("GET", `/v1/enterprises/${officer.id}`), 404);
    expectStatus(await h.call("GET", `/v1/organisations/${officer.id}`), 200);
  });

  it("pages newest first with a cursor and a Link header", async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      const identity = { scheme: "national", value: `NO ${i}` };
      h.clock.nowMs += i % 2;
      made.push((await enterprise(h, undefined, { ...EXPORTER, identity })).id);
    }
    const seen: string[] = [];
    let path: string | undefined = "/v1/enterprises?limit=2";
    while (path !== undefined) {
      const answer = await h.call("GET", path, { key: officer.key });
      const { items, next } = expectStatus(answer, 200);
      expect(items.length).toBeLessThanOrEqual(2);
      seen.push(...items.map((one: { id: string }) => one.id));
      path = /^<(.*)>; rel="next"$/.exec(answer.headers.get("Link") ?? "")?.[1];
      expect(path === undefined).toBe(next === null);
    }
    expect([...seen].sort()).toEqual([...made].sort());
    expect(new Set(seen).size).toBe(5);
    const requested = await h.call("GET", "/v1/enterprises?status=approved", { key: officer.key });
    expect(expectStatus(requested, 200).items).toEqual([]);
  });

  it("lists only itself for an enterprise", async () => {
    await enterprise(h, officer);
    const other = await enterprise(h, undefined, IMPORTER);
    const { items } = expectStatus(await h.call("GET", "/v1/enterprises", { key: other.key }), 200);
    expect(items.map((one: { id: string }) => one.id)).toEqual([other.id]);
  });
});

describe("organisations and their keys", () => {
  it("are registered at once, by the operator only: assessors and authorities", async () => {
    const body = {
      role: "assessor",
      names: { en: "Example Laboratory" },
      identity: { scheme: "uscc", value: "91440115MA0000082D" },
      country: "CN",
    };
    const made = expectStatus(await h.call("POST", "/v1/organisations", { key: h.operatorKey, body }), 201);
    expect(made.organisation).toMatchObject({ role: "assessor", status: "approved" });
    expect(made.organisation.id).toMatch(/^lab_/);
    const kinds = statementsOn(`assessor:${made.organisation.id}`).map(({ kind }) => kind);
    expect(kinds).toEqual(["registering", "deciding"]);
    expectStatus(await h.call("POST", "/v1/organisations", { key: officer.key, body }), 403);
    const listed = await h.call("GET", "/v1/organisations?role=assessor", { key: officer.key });
    expect(expectStatus(listed, 200).items).toHaveLength(1);
  });

  it("can be made, listed and revoked; a secret is shown once", async () => {
    const one = await enterprise(h, officer);
    const headers = { "Idempotency-Key": "k" };
    const body = { label: "printer" };
    const made = expectStatus(await h.call("POST", "/v1/keys", { key: one.key, body, headers }), 201);
    expectStatus(await h.call("GET", "/v1/keys", { key: made.secret }), 200);
    const again = expectStatus(await h.call("POST", "/v1/keys", { key: one.key, body, headers }), 201);
    expect(again).toEqual({ ...made, secret: null });
    const { items } = expectStatus(await h.call("GET", "/v1/keys", { key: one.key }), 200);
    expect(items.map((key: { label: string }) => key.label)).toEqual(["made with the filing", "printer"]);
    expect(JSON.stringify(items)).not.toContain("sy_");
    const revoked = await h.call("DELETE", `/v1/keys/${made.id}`, { key: one.key });
    expect(expectStatus(revoked, 200).revokedAt).toBe("2026-11-01T00:00:00.000Z");
    expectStatus(await h.call("GET", "/v1/keys", { key: made.secret }), 401);
    expect(statementsOn(`enterprise:${one.id}`).map(({ kind }) => kind)).toEqual([
      "filing",
      "deciding",
      "issuing_key",
      "revoking_key",
    ]);
  });

  it("are separate; the operator manages all keys, and cannot revoke its last", async () => {
    const one = await enterprise(h, officer);
    const other = await enterprise(h, officer, IMPORTER);
    const { items } = expectStatus(await h.call("GET", "/v1/keys", { key: one.key }), 200);
    expectStatus(await h.call("DELETE", `/v1/keys/${items[0].id}`, { key: other.key }), 404);
    expectStatus(await h.call("GET", `/v1/keys?organisation=${one.id}`, { key: other.key }), 404);
    const body = { label: "x", organisation: one.id };
    expectStatus(await h.call("POST", "/v1/keys", { key: other.key, body }), 404);
    const made = expectStatus(await h.call("POST", "/v1/keys", { key: h.operatorKey, body }), 201);
    expect(made).toMatchObject({ organisation: one.id, role: "enterprise" });
    expectStatus(await h.call("DELETE", `/v1/keys/${made.id}`, { key: h.operatorKey }), 200);
    const own = expectStatus(await h.call("GET", "/v1/keys", { key: h.operatorKey }), 200).items;
    expectStatus(await h.call("DELETE", `/v1/keys/${own[0].id}`, { key: h.operatorKey }), 409);
  });

  it("before approval, give access to their own filing and goods only", async () => {
    const one = await enterprise(h);
    expectStatus(await h.call("GET", `/v1/enterprises/${one.id}`, { key: one.key }), 200);
    expectStatus(await h.call("POST", "/v1/products", { key: one.key, body: CREAM }), 201);
    expectStatus(await h.call("GET", "/v1/products", { key: one.key }), 200);
    expectStatus(await h.call("POST", "/v1/keys", { key: one.key, body: { label: "x" } }), 403);
    const orders = expectStatus(await h.call("GET", "/v1/batches", { key: one.key }), 403);
    expect(orders.detail).toContain("requested");
  });

  it("have terms set by the authority, with the quota in a sealed field", async () => {
    const one = await enterprise(h, officer);
    const path = `/v1/enterprises/${one.id}/terms`;
    const body = { quota: 777, autoApprove: true };
    const set = expectStatus(await h.call("PUT", path, { key: officer.key, body }), 200);
    expect(set.terms).toEqual(body);
    expect(JSON.stringify(statementsOn(`enterprise:${one.id}`).at(-1))).not.toContain("777");
    const back = { quota: null, autoApprove: false };
    const reset = expectStatus(await h.call("PUT", path, { key: officer.key, body: back }), 200);
    expect(reset.terms).toEqual({ quota: 100_000_000, autoApprove: false });
    expectStatus(await h.call("PUT", path, { key: one.key, body }), 403);
    const missing = await h.call("PUT", "/v1/enterprises/ent_none/terms", { key: officer.key, body });
    expectStatus(missing, 404);
  });

  it("have signing keys that are registered, rotated and revoked as records on the organisation's chain", async () => {
    const one = await enterprise(h, officer);
    const path = `/v1/organisations/${one.id}/signing-key`;
    const keys = [0, 1].map(() => encodeBase64(nodeSignerFromSeed(randomBytes(32)).publicKey));
    for (const publicKey of keys) {
      const set = expectStatus(await h.call("PUT", path, { key: one.key, body: { publicKey } }), 200);
      expect(set.signingKey).toBe(publicKey);
    }
    const revoked = expectStatus(await h.call("DELETE", path, { key: one.key }), 200);
    expect(revoked.signingKey).toBeNull();
    expectStatus(await h.call("DELETE", path, { key: one.key }), 409);
    const changes = statementsOn(`enterprise:${one.id}`).filter(({ kind }) => kind === "keying");
    expect(changes.map((statement) => statement["public"])).toEqual([
      { signingKey: keys[0], before: null },
      { signingKey: keys[1], before: keys[0] },
      { signingKey: null, before: keys[1] },
    ]);
    const other = await enterprise(h, officer, IMPORTER);
    const foreign = await h.call("PUT", path, { key: other.key, body: { publicKey: keys[0] } });
    expectStatus(foreign, 404);
    // The point of order 1, and texts that are no point or no base64.
    const small = encodeBase64(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)));
    for (const publicKey of [small, "AAAA", "%", encodeBase64(new Uint8Array(32).fill(255))]) {
      const answer = await h.call("PUT", path, { key: one.key, body: { publicKey } });
      expect(expectStatus(answer, 400).errors[0].field).toBe("publicKey");
    }
  });
});

describe("goods", () => {
  it("are filed, normalised, decided once, and recorded with public fields only", async () => {
    const owner = await enterprise(h, officer);
    const answer = await h.call("POST", "/v1/products", { key: owner.key, body: FORMULA });
    const filed = expectStatus(answer, 201);
    expect(filed).toMatchObject({ ...FORMULA, gtin: "09520001000010", status: "requested" });
    const [statement] = statementsOn(`product:${filed.id}`);
    expect(statement).toMatchObject({
      kind: "filing",
      public: { gtin: "09520001000010", hsCode: "1901101090", brand: "Example", originCountry: "NZ" },
    });
    expect(JSON.stringify(statement)).not.toContain("NZ-0001");
    const body = { decision: "decline", reason: "the label is not in Chinese" };
    const path = `/v1/products/${filed.id}/decision`;
    const declined = expectStatus(await h.call("POST", path, { key: officer.key, body }), 200);
    expect(declined).toMatchObject({ status: "declined", reason: body.reason });
    expectStatus(await h.call("POST", path, { key: officer.key, body }), 409);
  });

  it("cannot be approved before their enterprise, and are hidden from others", async () => {
    const owner = await enterprise(h);
    const id = await product(h, owner);
    const body = { decision: "approve" };
    const early = await h.call("POST", `/v1/products/${id}/decision`, { key: officer.key, body });
    expectStatus(early, 409);
    await approve(h, officer, `/v1/enterprises/${owner.id}`);
    await approve(h, officer, `/v1/products/${id}`);
    const other = await enterprise(h, officer, IMPORTER);
    expectStatus(await h.call("GET", `/v1/products/${id}`, { key: other.key }), 404);
    expect(expectStatus(await h.call("GET", "/v1/products", { key: other.key }), 200).items).toEqual([]);
    for (const key of [owner.key, officer.key, h.operatorKey]) {
      expectStatus(await h.call("GET", `/v1/products/${id}`, { key }), 200);
      expect(expectStatus(await h.call("GET", "/v1/products", { key }), 200).items).toHaveLength(1);
    }
  });

  it("are approved at once under the enterprise's terms", async () => {
    const owner = await enterprise(h, officer);
    const body = { quota: null, autoApprove: true };
    await h.call("PUT", `/v1/enterprises/${owner.id}/terms`, { key: officer.key, body });
    const filed = expectStatus(await h.call("POST", "/v1/products", { key: owner.key, body: CREAM }), 201);
    expect(filed.status).toBe("approved");
    const last = statementsOn(`product:${filed.id}`).at(-1);
    expect(last).toMatchObject({ actor: { organisation: "operator", by: "auto-approval" } });
  });

  it.each([
    [{ gtin: "9520002000018" }, "gtin", "expected 9"],
    [{ gtin: "2345123" }, "gtin", "expected 8, 12, 13 or 14"],
    [{ hsCode: "77" }, "hsCode", "expected 6"],
    [{ originCountry: "XX" }, "originCountry", "expected"],
    [{ category: "weapons" }, "category", "food"],
    [{ attributes: { a: 1 } }, "attributes.a", "text, in quotes"],
    [
      { attributes: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`a${i}`, "x"])) },
      "attributes",
      "at most 50",
    ],
    [{ names: { de: "Creme" } }, "names.de", "unknown field"],
    [{ price: "1.00" }, "price", "unknown field"],
  ])("refuse %j and name %s", async (given, field, expected) => {
    const owner = await enterprise(h);
    const body = { ...CREAM, ...given };
    const { errors } = expectStatus(await h.call("POST", "/v1/products", { key: owner.key, body }), 400);
    const named = errors.find((one: { field: string }) => one.field === field);
    expect(named).toBeDefined();
    expect(named.expected ?? named.problem).toContain(expected);
  });
});
