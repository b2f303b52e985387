import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeBase64 } from "../../src/core/ledger/base64.ts";
import { signerFromSeed } from "../../src/core/ledger/ed25519.ts";
import { type Harness, makeHarness } from "../harness.ts";
import {
  type Actor,
  authority,
  CREAM,
  enterprise,
  expectStatus,
  IMPORTER,
  orderOf,
  product,
  readyBatch,
} from "./actors.ts";

let h: Harness;
let officer: Actor;
let owner: Actor;
let goods: string;
let batch: string;
let code: string;

beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
  owner = await enterprise(h, officer);
  goods = await product(h, owner, officer);
  batch = (await readyBatch(h, owner, officer, orderOf(goods))).id;
  const codes = await h.call("GET", `/v1/batches/${batch}/codes?format=text`, { key: owner.key });
  code = codes.text.slice(0, 16);
});
afterEach(() => h.dispose());

const SUSPEND = { decision: "suspend", reason: "forged certificates" };
const REINSTATE = { decision: "reinstate", reason: "the certificates were genuine" };

const change = (id: string, body: object, key = officer.key) =>
  h.call("POST", `/v1/organisations/${id}/standing`, { key, body });

const commissioning = () => ({
  events: [{ kind: "commissioning", at: "2026-11-01T00:00:00Z", subjects: [{ batch }] }],
});
const publicKey = encodeBase64(signerFromSeed(new Uint8Array(32).fill(7)).publicKey);

/** Every write that an enterprise can make, with its call. */
const writes = (): [string, string, object?][] => [
  ["POST", "/v1/events", commissioning()],
  ["POST", "/v1/events/prepare", commissioning()],
  ["POST", "/v1/batches", orderOf(goods)],
  ["POST", "/v1/products", CREAM],
  ["POST", "/v1/keys", { label: "another" }],
  ["PUT", `/v1/organisations/${owner.id}/signing-key`, { publicKey }],
  ["POST", "/v1/recalls", { reason: "x", level: 1, scope: { codes: [code] } }],
];

describe("a suspended organisation", () => {
  it("writes nothing from that moment, reads its own data, and can write again once reinstated", async () => {
    const suspended = expectStatus(await change(owner.id, SUSPEND), 200);
    expect(suspended).toMatchObject({ status: "suspended", reason: SUSPEND.reason });
    const before = h.service.store.ledger.size();
    for (const [method, path, body] of writes()) {
      const refused = expectStatus(await h.call(method, path, { key: owner.key, body }), 403);
      expect(refused.detail, path).toContain("suspended");
    }
    expect(h.service.store.ledger.size()).toBe(before);
    for (const path of [
      "/v1/products",
      "/v1/batches",
      "/v1/events",
      "/v1/keys",
      `/v1/enterprises/${owner.id}`,
    ])
      expectStatus(await h.call("GET", path, { key: owner.key }), 200);
    expectStatus(await change(owner.id, REINSTATE), 200);
    expectStatus(await h.call("POST", "/v1/events", { key: owner.key, body: commissioning() }), 201);
    expectStatus(await h.call("POST", "/v1/batches", { key: owner.key, body: orderOf(goods) }), 201);
  });

  it("stays visible with its name, and its goods are scanned as before", async () => {
    const scan = async () => expectStatus(await h.call("GET", `/v1/scan/${code}`), 200);
    const { verdict, enterprise: shown } = await scan();
    expectStatus(await change(owner.id, SUSPEND), 200);
    expect(await scan()).toMatchObject({ verdict, enterprise: shown });
    const seen = expectStatus(await h.call("GET", `/v1/enterprises/${owner.id}`), 200);
    expect(seen.status).toBe("suspended");
    expect(seen.reason).toBeUndefined();
  });

  it("is recorded on its own chain and its standing chain, with the reason sealed", async () => {
    const first = h.service.store.ledger.size();
    expectStatus(await change(owner.id, SUSPEND), 200);
    expectStatus(await change(owner.id, REINSTATE), 200);
    const records = [first, first + 1].map((index) => {
      const { bytes } = h.service.store.ledger.record(index) as { bytes: Uint8Array };
      return new TextDecoder().decode(bytes);
    });
    expect(records.join("")).not.toContain("certificates");
    const parsed = records.map((text) => JSON.parse(text));
    expect(parsed.map(({ statement }) => [statement.kind, statement.public])).toEqual([
      ["suspending", { decision: "suspended" }],
      ["reinstating", { decision: "reinstated" }],
    ]);
    for (const { statement, chains } of parsed) {
      expect(statement.actor.organisation).toBe(officer.id);
      expect(chains.map(({ of }: { of: string }) => of)).toEqual([
        `enterprise:${owner.id}`,
        `standing:${owner.id}`,
      ]);
    }
  });

  it("has no order or goods approved, and no key made for it", async () => {
    const waits = expectStatus(
      await h.call("POST", "/v1/batches", { key: owner.key, body: orderOf(goods) }),
      201,
    );
    const filed = await product(h, owner);
    expectStatus(await change(owner.id, SUSPEND), 200);
    const approval = { key: officer.key, body: { decision: "approve" } };
    expectStatus(await h.call("POST", `/v1/batches/${waits.id}/decision`, approval), 409);
    expectStatus(await h.call("POST", `/v1/products/${filed}/decision`, approval), 409);
    const forIt = { label: "x", organisation: owner.id };
    for (const key of [officer.key, h.operatorKey])
      expect(expectStatus(await h.call("POST", "/v1/keys", { key, body: forIt }), 409).detail).toContain(
        "suspended",
      );
  });

  it("keeps its legal number", async () => {
    expectStatus(await change(owner.id, SUSPEND), 200);
    const again = await enterprise(h);
    const body = { decision: "approve" };
    const path = `/v1/enterprises/${again.id}/decision`;
    const refused = await h.call("POST", path, { key: officer.key, body });
    expect(expectStatus(refused, 409).detail).toContain("identification number");
  });
});

describe("changing a standing", () => {
  it("works by the decision route too, needs a reason, and refuses what does not fit the state", async () => {
    const path = `/v1/enterprises/${owner.id}/decision`;
    const decide = (body: object) => h.call("POST", path, { key: officer.key, body });
    expectStatus(await decide({ decision: "suspend" }), 400);
    expect(expectStatus(await decide(REINSTATE), 409).detail).toContain("approved");
    expectStatus(await decide(SUSPEND), 200);
    expectStatus(await decide(SUSPEND), 409);
    expectStatus(await decide({ decision: "approve" }), 409);
    expectStatus(await decide({ decision: "reinstate" }), 200);
    const waits = await enterprise(h, undefined, IMPORTER);
    expectStatus(await change(waits.id, SUSPEND), 409);
    expectStatus(await change("ent_none", SUSPEND), 404);
  });

  it("is for the authority and the operator; an authority is suspended by the operator alone", async () => {
    const other = await enterprise(h, officer, IMPORTER);
    expectStatus(await change(owner.id, SUSPEND, other.key), 403);
    expectStatus(await change(owner.id, SUSPEND, owner.key), 403);
    const second = await authority(h, "114401150000000272");
    expect(expectStatus(await change(second.id, SUSPEND), 403).detail).toContain("operator");
    expectStatus(await change(second.id, SUSPEND, h.operatorKey), 200);
    expectStatus(await change(owner.id, SUSPEND, second.key), 403);
    expectStatus(await h.call("GET", "/v1/enterprises", { key: second.key }), 200);
  });
});
