import { expect } from "vitest";
import type { ApiClient, Called } from "../api-client.ts";
import type { Harness } from "../harness.ts";
import type { Caller } from "../../src/services/caller.ts";
import { createKey } from "../../src/services/filing/keys.ts";

/** An organisation of a test and a key of it. */
export interface Actor {
  id: string;
  key: string;
}

export const EXPORTER = {
  names: { zh: "某乳业有限公司", en: "Example Dairy Ltd" },
  identity: { scheme: "national", value: "NZBN 9429000000001" },
  country: "NZ",
  activities: ["exporter"],
  address: "1 Example Road, Auckland",
  contacts: [{ name: "A. Person", email: "a.person@example.org" }],
};
export const IMPORTER = {
  names: { zh: "某进口有限公司" },
  identity: { scheme: "uscc", value: "91440115MA0000015F" },
  country: "CN",
};
export const FORMULA = {
  names: { zh: "婴儿配方奶粉3段", en: "Infant formula, stage 3" },
  brand: "Example",
  specification: "900 g",
  gtin: "9520001000010",
  category: "food",
  hsCode: "1901101090",
  originCountry: "NZ",
  registrations: [{ type: "overseas plant", number: "NZ-0001" }],
  attributes: { stage: "3" },
};
export const CREAM = {
  names: { en: "Moisturising cream" },
  gtin: "9520002000019",
  category: "consumer_goods",
  originCountry: "KR",
};
export const VEHICLE = {
  names: { en: "Sport utility vehicle" },
  category: "vehicles",
  hsCode: "8703241210",
  originCountry: "JP",
};
export const DATES = { productionDate: "2026-09-01", expiryDate: "2028-08-31" };
export const BONDED = {
  customsOffice: "5165",
  bonded: { accountBookNo: "T5165W000001", areaCode: "5165560001", areaName: "Nansha", itemRecordNo: "0001" },
};

/** The answer's JSON, if the status is the one expected. */
export function expectStatus(answer: Called, status: number): Called["json"] {
  // The problem stands in the message where the status is another.
  expect(`${answer.status} ${answer.text}`).toMatch(new RegExp(`^${status} `));
  return answer.json;
}

export async function authority(h: ApiClient, number = "114401150000000191"): Promise<Actor> {
  const body = {
    role: "authority",
    names: { zh: "某海关", en: "Example Customs" },
    identity: { scheme: "national", value: number },
    country: "HK",
  };
  const answer = await h.call("POST", "/v1/organisations", { key: h.operatorKey, body });
  const made = expectStatus(answer, 201);
  return { id: made.organisation.id, key: made.apiKey.secret };
}

/** Appends one record to the log: the operator makes a key. A filing is no record before its approval. */
export async function oneRecord({ service }: Pick<Harness, "service">): Promise<void> {
  const operator: Caller = { role: "operator", organisation: "operator", key: "operator" };
  await createKey(service, operator, { label: "one record" });
}

/** An enterprise that filed itself; the authority given approves it. */
export async function enterprise(h: ApiClient, approver?: Actor, filing: object = EXPORTER): Promise<Actor> {
  const filed = expectStatus(await h.call("POST", "/v1/enterprises", { body: filing }), 201);
  const actor = { id: filed.organisation.id, key: filed.apiKey.secret };
  if (approver) await approve(h, approver, `/v1/enterprises/${actor.id}`);
  return actor;
}

/** Goods that an enterprise filed; the authority given approves them. */
export async function product(
  h: ApiClient,
  owner: Actor,
  approver?: Actor,
  filing: object = CREAM,
): Promise<string> {
  const answer = await h.call("POST", "/v1/products", { key: owner.key, body: filing });
  const { id } = expectStatus(answer, 201);
  if (approver) await approve(h, approver, `/v1/products/${id}`);
  return id;
}

export async function approve(h: ApiClient, approver: Actor, path: string): Promise<Called["json"]> {
  const body = { decision: "approve" };
  return expectStatus(await h.call("POST", `${path}/decision`, { key: approver.key, body }), 200);
}

/** An order of 10 codes under 9610; the given fields replace others. */
export function orderOf(productId: string, given: object = {}): Record<string, unknown> {
  const declaredValue = { amount: "100.00", currency: "USD" };
  return { product: productId, quantity: 10, lot: "L1", tradeMode: "9610", declaredValue, ...given };
}

const MOST_READS = 20_000;

/** Waits by HTTP alone until a batch has its codes. @throws Error if issuing fails, or takes more than 20,000 reads */
export async function issued(h: ApiClient, owner: Actor, batch: string): Promise<void> {
  for (let reads = 0; reads < MOST_READS; reads++) {
    const answer = await h.call("GET", `/v1/batches/${batch}`, { key: owner.key });
    const { status, failure } = expectStatus(answer, 200);
    if (status === "ready") return;
    if (failure) throw new Error(`issuing ${batch} failed: ${failure}`);
    await new Promise((later) => setTimeout(later, 5));
  }
  throw new Error(`${batch} has no codes after ${MOST_READS} reads`);
}

/** A batch whose codes are made. */
export async function readyBatch(
  h: Harness,
  owner: Actor,
  approver: Actor,
  order: Record<string, unknown>,
): Promise<Called["json"]> {
  const answer = await h.call("POST", "/v1/batches", { key: owner.key, body: order });
  const { id } = expectStatus(answer, 201);
  await approve(h, approver, `/v1/batches/${id}`);
  await h.service.issuer.settled();
  const batch = expectStatus(await h.call("GET", `/v1/batches/${id}`, { key: owner.key }), 200);
  expect(batch.status).toBe("ready");
  return batch;
}
