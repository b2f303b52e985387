import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OrganisationRow } from "../../src/store/filing.ts";
import { type Harness, makeHarness } from "../harness.ts";
import {
  type Actor,
  approve,
  authority,
  CREAM,
  enterprise,
  EXPORTER,
  expectStatus,
  IMPORTER,
  product,
} from "./actors.ts";

const DAY_MS = 86_400_000;

let h: Harness;
let officer: Actor;
beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
});
afterEach(() => h.dispose());

const size = (): number => h.service.store.ledger.size();

interface Stored {
  kind: string;
  actor: { organisation: string; by: string };
  public: Record<string, unknown>;
  chains: string[];
}

/** The records of the log from an index on. */
function recordsFrom(first: number): Stored[] {
  return Array.from({ length: size() - first }, (_, i) => {
    const { bytes } = h.service.store.ledger.record(first + i) as { bytes: Uint8Array };
    const { statement, chains } = JSON.parse(new TextDecoder().decode(bytes)) as {
      statement: Omit<Stored, "chains">;
      chains: { of: string }[];
    };
    return { ...statement, chains: chains.map(({ of }) => of) };
  });
}

const decide = (id: string, body: object) =>
  h.call("POST", `/v1/enterprises/${id}/decision`, { key: officer.key, body });

describe("a filing that nobody approved", () => {
  it("is not in the log; approval writes filing, decision and goods in this order", async () => {
    const before = size();
    const filed = await h.call("POST", "/v1/enterprises", { body: EXPORTER });
    expect(filed.headers.get("Suyuan-Record")).toBeNull();
    const { organisation, apiKey } = expectStatus(filed, 201);
    const goods = [CREAM, { ...CREAM, gtin: undefined }];
    for (const body of goods)
      expectStatus(await h.call("POST", "/v1/products", { key: apiKey.secret, body }), 201);
    expect(size()).toBe(before);

    const approved = await decide(organisation.id, { decision: "approve" });
    expect(approved.headers.get("Suyuan-Record")).toBe(`${before}-${before + 3}`);
    const records = recordsFrom(before);
    expect(records.map(({ kind }) => kind)).toEqual(["filing", "deciding", "filing", "filing"]);
    const [filing, deciding, first] = records as [Stored, Stored, Stored];
    expect(filing.actor).toEqual({ organisation: organisation.id, by: apiKey.id });
    expect(deciding.actor.organisation).toBe(officer.id);
    for (const { chains } of [filing, deciding])
      expect(chains).toEqual([`enterprise:${organisation.id}`, `standing:${organisation.id}`]);
    expect(first.public["enterprise"]).toBe(organisation.id);
    expect(h.service.store.filing.waitingCount(organisation.id)).toBe(0);
    // Sealed fields of the filing are opened by the authority as before.
    expect(h.service.store.ledger.disclosures(before).map(({ tier }) => tier)).toContain("authority");
  });

  it("leaves no record where it is declined, with what waited with it", async () => {
    const before = size();
    const one = await enterprise(h);
    await product(h, one);
    const declined = expectStatus(
      await decide(one.id, { decision: "decline", reason: "not its bearer" }),
      200,
    );
    expect(declined).toMatchObject({ status: "declined", reason: "not its bearer" });
    expect(size()).toBe(before);
    // The applicant still reads why.
    const own = await h.call("GET", `/v1/enterprises/${one.id}`, { key: one.key });
    expect(expectStatus(own, 200).reason).toBe("not its bearer");
  });

  it("keeps decisions on its goods, its terms and a revoked key for the approval", async () => {
    const before = size();
    const one = await enterprise(h);
    const id = await product(h, one);
    const refusal = { decision: "decline", reason: "no label" };
    const path = `/v1/products/${id}/decision`;
    expectStatus(await h.call("POST", path, { key: officer.key, body: refusal }), 200);
    const { items } = expectStatus(
      await h.call("GET", `/v1/keys?organisation=${one.id}`, { key: h.operatorKey }),
      200,
    );
    expectStatus(await h.call("DELETE", `/v1/keys/${items[0].id}`, { key: h.operatorKey }), 200);
    const terms = { quota: 10, autoApprove: false };
    const ofTerms = `/v1/enterprises/${one.id}/terms`;
    expectStatus(await h.call("PUT", ofTerms, { key: officer.key, body: terms }), 200);
    const audit = { scope: { enterprise: one.id } };
    expectStatus(await h.call("POST", "/v1/audits", { key: officer.key, body: audit }), 409);
    expect(size()).toBe(before);
    await approve(h, officer, `/v1/enterprises/${one.id}`);
    expect(recordsFrom(before).map(({ kind }) => kind)).toEqual([
      "filing",
      "deciding",
      "filing",
      "deciding",
      "revoking_key",
      "granting",
    ]);
  });

  it("waits beside others of the same number; approving one declines the others with a reason", async () => {
    const squatter = await enterprise(h, undefined, IMPORTER);
    const owner = await enterprise(h, undefined, IMPORTER);
    const before = size();
    await approve(h, officer, `/v1/enterprises/${owner.id}`);
    expect(recordsFrom(before).map(({ kind }) => kind)).toEqual(["filing", "deciding"]);
    const settled = await h.call("GET", `/v1/enterprises/${squatter.id}`, { key: squatter.key });
    expect(expectStatus(settled, 200)).toMatchObject({
      status: "declined",
      reason: "another filing of this identification number was approved",
    });
    // Nobody learns from filing that the number is taken, and the authority cannot approve a second one.
    const later = await enterprise(h, undefined, IMPORTER);
    expectStatus(await decide(later.id, { decision: "approve" }), 409);
    expectStatus(await decide(later.id, { decision: "decline", reason: "taken" }), 200);
  });

  it("takes at most 99 goods and decisions with it", async () => {
    const one = await enterprise(h);
    const body = { ...CREAM, gtin: undefined };
    for (let i = 0; i < 99; i++)
      expectStatus(await h.call("POST", "/v1/products", { key: one.key, body }), 201);
    const refused = expectStatus(await h.call("POST", "/v1/products", { key: one.key, body }), 409);
    expect(refused.detail).toContain("99 goods");
    await approve(h, officer, `/v1/enterprises/${one.id}`);
    expectStatus(await h.call("POST", "/v1/products", { key: one.key, body }), 201);
  });

  it("expires after 90 days with its key and goods, declined or not; approved ones stay", async () => {
    const approved = await enterprise(h, officer, EXPORTER);
    const waits = await enterprise(h, undefined, IMPORTER);
    const declined = await enterprise(h, undefined, IMPORTER);
    await product(h, waits);
    expectStatus(await decide(declined.id, { decision: "decline", reason: "not its bearer" }), 200);
    h.clock.nowMs += 90 * DAY_MS;
    const next = await enterprise(h, undefined, IMPORTER);
    for (const { id, key } of [waits, declined]) {
      expectStatus(await h.call("GET", `/v1/enterprises/${id}`, { key: officer.key }), 404);
      expectStatus(await h.call("GET", "/v1/products", { key }), 401);
    }
    expect(expectStatus(await h.call("GET", "/v1/products", { key: officer.key }), 200).items).toEqual([]);
    expectStatus(await h.call("GET", "/v1/products", { key: approved.key }), 200);
    expectStatus(await h.call("GET", "/v1/products", { key: next.key }), 200);
  });

  it("is one of at most 10,000: one more removes the oldest", async () => {
    const { filing } = h.service.store;
    const oldest = await enterprise(h, undefined, IMPORTER);
    h.clock.nowMs += 1;
    await h.service.writer.submit((tx) => {
      for (let i = 1; i < 10_000; i++) filing.addWaiting(`ent_${i}`, 0, tx.nowMs, "{}");
    });
    expect(filing.waitingFilings()).toBe(10_000);
    await enterprise(h, undefined, EXPORTER);
    expect(filing.waitingFilings()).toBe(10_000);
    expect(filing.organisation(oldest.id)).toBeUndefined();
  });
});

describe("a filing that settings approve at once", () => {
  it("is in the log with its decision; a second one of its number waits instead", async () => {
    const auto = makeHarness({ SUYUAN_AUTO_APPROVE: "true" });
    const first = expectStatus(await auto.call("POST", "/v1/enterprises", { body: IMPORTER }), 201);
    expect(first.organisation.status).toBe("approved");
    const before = auto.service.store.ledger.size();
    const second = expectStatus(await auto.call("POST", "/v1/enterprises", { body: IMPORTER }), 201);
    expect(second.organisation.status).toBe("requested");
    expect(auto.service.store.ledger.size()).toBe(before);
    await auto.dispose();
  });
});

describe("many filings of one number", () => {
  it("are settled 100 at a time; none of the rest can be approved", async () => {
    const owner = await enterprise(h, undefined, IMPORTER);
    await h.service.writer.submit(({ store: { filing }, nowMs }) => {
      const row = filing.organisation(owner.id)!;
      for (let i = 0; i < 150; i++) {
        filing.addOrganisation({ ...fields(row), id: `ent_squatter_${i}` });
        filing.addWaiting(`ent_squatter_${i}`, 0, nowMs, "{}");
      }
    });
    const before = size();
    await approve(h, officer, `/v1/enterprises/${owner.id}`);
    expect(size()).toBe(before + 2);
    const { filing } = h.service.store;
    const rest = filing.numberApplicants("uscc", IMPORTER.identity.value, 200);
    expect(rest).toHaveLength(50);
    expectStatus(await decide(rest[0]!.id, { decision: "approve" }), 409);
  });

  it("includes one that an older version recorded: its refusal is a record", async () => {
    const older = await enterprise(h, undefined, IMPORTER);
    const owner = await enterprise(h, undefined, IMPORTER);
    await recordAsBefore(older.id);
    const before = size();
    await approve(h, officer, `/v1/enterprises/${owner.id}`);
    expect(recordsFrom(before).map(({ kind, chains }) => [kind, chains[0]])).toEqual([
      ["filing", `enterprise:${owner.id}`],
      ["deciding", `enterprise:${owner.id}`],
      ["deciding", `enterprise:${older.id}`],
    ]);
  });
});

/** Puts a filing into the log without a decision, as older versions did. */
async function recordAsBefore(id: string): Promise<void> {
  await h.service.writer.submit((tx) => {
    const [draft] = tx.store.filing.waiting(id);
    tx.append(JSON.parse(draft as string));
    tx.store.filing.dropWaiting(id, 0);
  });
}

/** What a row was added with. */
function fields({ role, status, scheme, number, country, province, filing, filedAt }: OrganisationRow) {
  return { role, status, scheme, number, country, province, filing, filedAt };
}

describe("a filing in the log of an older version", () => {
  it("stays there: its refusal and its goods are recorded at once", async () => {
    const one = await enterprise(h);
    await recordAsBefore(one.id);
    const before = size();
    await product(h, one);
    expectStatus(await decide(one.id, { decision: "decline", reason: "not its bearer" }), 200);
    expect(recordsFrom(before).map(({ kind }) => kind)).toEqual(["filing", "deciding"]);
  });
});
