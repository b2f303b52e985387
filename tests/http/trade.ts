import { expect } from "vitest";
import { type Called, type Harness, makeHarness, START_MS } from "../harness.ts";
import {
  type Actor,
  approve,
  authority,
  CREAM,
  enterprise,
  EXPORTER,
  expectStatus,
  IMPORTER,
  orderOf,
  product,
} from "./actors.ts";

/** The parties of a trade, filed and approved through the API, and the exporter's goods. */
export interface Trade {
  h: Harness;
  officer: Actor;
  maker: Actor;
  importer: Actor;
  carrier: Actor;
  /** Approved, and has nothing to do with the goods. */
  stranger: Actor;
  lab: Actor;
  cream: string;
}

/** A batch that is ready, and its codes by position. */
export interface Issued {
  id: string;
  codes: string[];
}

export type Event = Record<string, unknown>;

export async function openTrade(h = makeHarness()): Promise<Trade> {
  const officer = await authority(h);
  const maker = await enterprise(h, officer);
  const importer = await enterprise(h, officer, IMPORTER);
  const carrier = await enterprise(h, officer, filingOf("Example Line", "NZBN 9429000000002"));
  const stranger = await enterprise(h, officer, filingOf("Example Stranger", "NZBN 9429000000003"));
  const cream = await product(h, maker, officer);
  return { h, officer, maker, importer, carrier, stranger, lab: await laboratory(h), cream };
}

export function filingOf(name: string, number: string): object {
  return { ...EXPORTER, names: { en: name }, identity: { scheme: "national", value: number } };
}

async function laboratory(h: Harness): Promise<Actor> {
  const identity = { scheme: "national", value: "ABN 51824753556" };
  const body = { ...EXPORTER, role: "assessor", identity, country: "AU", activities: [] };
  const made = expectStatus(await h.call("POST", "/v1/organisations", { key: h.operatorKey, body }), 201);
  return { id: made.organisation.id, key: made.apiKey.secret };
}

/** Orders codes, has them approved, and fetches them. */
export async function issue(trade: Trade, quantity: number, given: object = {}): Promise<Issued> {
  const { h, maker, officer } = trade;
  const owner = (given as { owner?: Actor }).owner ?? maker;
  const {
    owner: _owner,
    product: goods = trade.cream,
    ...order
  } = given as { owner?: Actor; product?: string };
  const body = orderOf(goods, { quantity, ...order });
  const { id } = expectStatus(await h.call("POST", "/v1/batches", { key: owner.key, body }), 201);
  await approve(h, officer, `/v1/batches/${id}`);
  await h.service.issuer.settled();
  const { text } = await h.call("GET", `/v1/batches/${id}/codes?format=text`, { key: owner.key });
  const codes = text.trim().split("\n");
  expect(codes).toHaveLength(quantity);
  orderedMs = h.clock.nowMs;
  h.clock.nowMs += AFTER_AN_ORDER_MS;
  return { id, codes };
}

/** More goods of the exporter's, of another GTIN. */
export async function otherGoods(trade: Trade, gtin: string, owner = trade.maker): Promise<string> {
  return product(trade.h, owner, trade.officer, { ...CREAM, gtin });
}

export function tell(
  { h }: Trade,
  by: Actor,
  events: Event | Event[],
  headers: Record<string, string> = {},
): Promise<Called> {
  const body = { events: Array.isArray(events) ? events : [events] };
  return h.call("POST", "/v1/events", { key: by.key, body, headers });
}

/** Reports events that must be recorded; gives their receipts. */
export async function told(trade: Trade, by: Actor, events: Event | Event[]): Promise<Called["json"][]> {
  return expectStatus(await tell(trade, by, events), 201).events;
}

/** Reports events that must be refused, with nothing of them kept; gives the problem. */
export async function refused(
  trade: Trade,
  by: Actor,
  events: Event | Event[],
  status: number,
): Promise<Called["json"]> {
  const { ledger } = trade.h.service.store;
  const before = [ledger.size(), ledger.checkpoint()];
  const problem = expectStatus(await tell(trade, by, events), status);
  expect([ledger.size(), ledger.checkpoint()]).toEqual(before);
  return problem;
}

export function fieldsOf(problem: Called["json"]): string[] {
  return (problem.errors ?? []).map((error: { field: string }) => error.field);
}

/** Goods cannot be handled before their codes were ordered, nor in the future: the clock moves on after each order. */
const AFTER_AN_ORDER_MS = 12 * 3_600_000;
let orderedMs = START_MS;

/** Minutes after the newest order of `issue`, which is 12 hours before the clock. */
export function at(minute: number): string {
  return new Date(orderedMs + minute * 60_000).toISOString();
}

export function positions(batch: Issued | string, first: number, last = first): Event {
  return { batch: typeof batch === "string" ? batch : batch.id, first, last };
}

export async function traced(trade: Trade, code: string, by?: Actor): Promise<Called["json"]> {
  const answer = await trade.h.call("GET", `/v1/trace/${code}`, by ? { key: by.key } : {});
  return expectStatus(answer, 200);
}

export async function verdict(trade: Trade, code: string): Promise<string> {
  return expectStatus(await trade.h.call("GET", `/v1/scan/${code}`), 200).verdict;
}
