import { CREAM, EXPORTER, orderOf } from "../http/actors.ts";
import { sscc } from "../world.ts";

/** The receipt of one event. */
export interface Receipt {
  id: string;
  index: number;
  digest: string;
}

/** A request as it was sent, to be sent again exactly so. */
export interface Sent {
  key: string;
  body: string;
}

/** The keys and the batch of commissioned goods that events are reported on. */
export interface Goods {
  authority: string;
  maker: string;
  batch: string;
  product: string;
  /** When they were activated: RFC 3339. */
  activatedAt: string;
}

const CODES = 100_000;

/** The parts of a request beside method and path. */
interface Request {
  key?: string;
  body?: object | string;
  once?: string;
  type?: string;
}

/** Calls the API of a service; gives the answer whatever its status. @throws TypeError where the service is gone */
export async function call(
  url: string,
  method: string,
  path: string,
  { key, body, once, type = "application/json" }: Request = {},
) {
  const headers = new Headers();
  if (key !== undefined) headers.set("Authorization", `Bearer ${key}`);
  if (once !== undefined) headers.set("Idempotency-Key", once);
  if (body !== undefined) headers.set("Content-Type", type);
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const answer = await fetch(url + path, { method, headers, ...(text === undefined ? {} : { body: text }) });
  return { status: answer.status, text: await answer.text() };
}

/** The JSON of an answer that must be a success. */
export async function get<T>(...request: Parameters<typeof call>): Promise<T> {
  const { status, text } = await call(...request);
  if (status >= 300) throw new Error(`${request[1]} ${request[2]} was answered ${status}: ${text}`);
  return JSON.parse(text) as T;
}

interface Registered {
  apiKey: { secret: string };
}

/** An authority, an enterprise that is approved at once, and a batch of its goods, activated. */
export async function prepareGoods(url: string, operatorKey: string): Promise<Goods> {
  const identity = { scheme: "national", value: "114401150000000191" };
  const customs = { role: "authority", names: { en: "Example Customs" }, identity, country: "HK" };
  const officer = await get<Registered>(url, "POST", "/v1/organisations", {
    key: operatorKey,
    body: customs,
  });
  const filed = await get<Registered>(url, "POST", "/v1/enterprises", { body: EXPORTER });
  const key = filed.apiKey.secret;
  const product = await get<{ id: string }>(url, "POST", "/v1/products", { key, body: CREAM });
  const order = orderOf(product.id, { quantity: CODES });
  const { id } = await get<{ id: string }>(url, "POST", "/v1/batches", { key, body: order });
  await ready(url, key, id);
  const activatedAt = new Date().toISOString();
  const event = { kind: "commissioning", at: activatedAt, subjects: [{ batch: id }] };
  await get(url, "POST", "/v1/events", { key, body: { events: [event] } });
  return { authority: officer.apiKey.secret, maker: key, batch: id, product: product.id, activatedAt };
}

async function ready(url: string, key: string, id: string): Promise<void> {
  for (;;) {
    const batch = await get<{ status: string }>(url, "GET", `/v1/batches/${id}`, { key });
    if (batch.status === "ready") return;
    await new Promise((later) => setTimeout(later, 20));
  }
}

/**
 * A request that packs the next items, each into a separate carton; never twice the same. Its time is that of the goods'
 * activation: the same in a repeated request, and never before the order, however long a run takes.
 */
export function packing({ batch, activatedAt }: Goods, first: number, count: number): Sent {
  const events = Array.from({ length: count }, (_, i) => ({
    id: `packing-${first + i}`,
    kind: "packing",
    at: activatedAt,
    subjects: [{ batch, first: first + i, last: first + i }],
    into: sscc(first + i),
  }));
  return { key: `pack-${first}`, body: JSON.stringify({ events }) };
}

/** Sends a request; undefined where it was not acknowledged. @throws Error where it was refused for good */
export async function send(url: string, goods: Goods, { key, body }: Sent): Promise<Receipt[] | undefined> {
  let answer: { status: number; text: string };
  try {
    answer = await call(url, "POST", "/v1/events", { key: goods.maker, body, once: key });
  } catch {
    return undefined;
  }
  if (answer.status === 503) return undefined;
  if (answer.status !== 201) throw new Error(`${key} was answered ${answer.status}: ${answer.text}`);
  return (JSON.parse(answer.text) as { events: Receipt[] }).events;
}

/** All custody events from an index on, as the authority lists them, oldest first. */
export async function listed(url: string, goods: Goods, from = 0): Promise<Receipt[]> {
  const all: Receipt[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const path: string = cursor === "" ? "/v1/events?limit=200" : `/v1/events?limit=200&cursor=${cursor}`;
    const page: { items: Receipt[]; next: string | null } = await get(url, "GET", path, {
      key: goods.authority,
    });
    all.push(...page.items);
    cursor = (page.items.at(-1)?.index ?? 0) < from ? null : page.next;
  }
  return all.filter(({ index }) => index >= from).toReversed();
}

/** Audits the whole ledger. */
export function audit(url: string, goods: Goods): Promise<{ ok: boolean; size: number; breaks: object[] }> {
  return get(url, "POST", "/v1/audits", { key: goods.authority, body: { scope: { ledger: true } } });
}
