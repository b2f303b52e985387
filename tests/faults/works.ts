import { orderOf, VEHICLE } from "../http/actors.ts";
import { call, get, type Goods } from "./client.ts";

/** One request of a work; what is undefined in an earlier answer makes it fail loudly. */
interface Step {
  as: "maker" | "authority";
  path(before: Answer[]): string;
  body(before: Answer[]): object | string;
  type?: string;
}

/** The members of answers that works use. */
interface Answer {
  id?: string;
  digest?: string;
  status?: string;
  reach?: { codes: number };
}

/** Something that takes one request or several: an order and its decision, a recall and its confirmation. */
export interface Work {
  kind: Kind;
  /** Stands in what it stores; no two works have the same. */
  label: string;
  steps: Step[];
}

/** A work that was acknowledged as a whole, and what its repetition must answer again. */
export interface Done {
  work: Work;
  id: string;
}

const KINDS = ["order", "goods", "upload", "recall", "key", "audit"] as const;
export type Kind = (typeof KINDS)[number];
export const WORK_KINDS: readonly Kind[] = KINDS;

const CODES = 50;
/** Recalls reach goods that no event of the rounds packs. */
const RECALLED_FROM = 99_999;
const MOST_READS = 2000;
const approve = (resource: string): Step => ({
  as: "authority",
  path: ([filed]) => `/v1/${resource}/${filed?.id}/decision`,
  body: () => ({ decision: "approve" }),
});

/** The n-th work of a ledger: the kinds take turns. */
export function workOf(n: number, goods: Goods): Work {
  const kind = KINDS[n % KINDS.length] as Kind;
  const label = `kill-${n}`;
  return { kind, label, steps: stepsOf(kind, label, n, goods) };
}

function stepsOf(kind: Kind, label: string, n: number, { batch, product }: Goods): Step[] {
  const by = (path: string, body: object | string, more: Partial<Step> = {}): Step => ({
    as: "maker",
    path: () => path,
    body: () => body,
    ...more,
  });
  switch (kind) {
    case "order":
      return [by("/v1/batches", orderOf(product, { quantity: CODES, lot: label })), approve("batches")];
    case "goods":
      return [by("/v1/products", { ...VEHICLE, names: { en: label } }), approve("products")];
    case "upload":
      return [by(`/v1/files?name=${label}`, fileOf(label), { type: "application/pdf" })];
    case "recall": {
      const position = RECALLED_FROM - Math.floor(n / KINDS.length);
      const scope = { subjects: [{ batch, first: position, last: position }] };
      return [
        by("/v1/recalls", { scope, level: 1, reason: label, advice: "Do not use." }),
        {
          as: "maker",
          path: ([draft]) => `/v1/recalls/${draft?.id}/confirm`,
          body: ([draft]) => ({ codes: draft?.reach?.codes }),
        },
      ];
    }
    case "key":
      return [by("/v1/keys", { label })];
    default:
      return [by("/v1/audits", { scope: { batch } }, { as: "authority" })];
  }
}

function fileOf(label: string): string {
  return `%PDF-1.4\n% ${label}\n%%EOF\n`;
}

/** Sends the steps, each with its Idempotency-Key; undefined where one was not acknowledged. @throws Error where one was refused */
export async function doWork(url: string, goods: Goods, work: Work): Promise<Done | undefined> {
  const answers: Answer[] = [];
  for (const [i, step] of work.steps.entries()) {
    let answer: { status: number; text: string };
    try {
      answer = await call(url, "POST", step.path(answers), {
        key: goods[step.as],
        body: step.body(answers),
        once: `${work.label}-step-${i}`,
        ...(step.type === undefined ? {} : { type: step.type }),
      });
    } catch {
      return undefined;
    }
    if (answer.status === 503) return undefined;
    if (answer.status >= 300)
      throw new Error(`${work.kind} ${work.label}, step ${i}, was answered ${answer.status}: ${answer.text}`);
    answers.push(JSON.parse(answer.text) as Answer);
  }
  return { work, id: String(answers[0]?.id ?? answers[0]?.digest) };
}

/** True where the service has what it acknowledged, and as a whole. */
export async function isThere(
  url: string,
  goods: Goods,
  { work: { kind, label }, id }: Done,
): Promise<boolean> {
  const key = goods.maker;
  const read = async (path: string, by = key): Promise<Record<string, unknown>> => {
    const { status, text } = await call(url, "GET", path, { key: by });
    return status === 200 ? (JSON.parse(text) as Record<string, unknown>) : {};
  };
  switch (kind) {
    case "order": {
      const batch = await read(`/v1/batches/${id}`);
      return batch["lot"] === label && ["approved", "issuing", "ready"].includes(String(batch["status"]));
    }
    case "goods": {
      const product = await read(`/v1/products/${id}`);
      return (product["names"] as { en?: string })?.en === label && product["status"] === "approved";
    }
    case "upload":
      return (await call(url, "GET", `/v1/files/${id}`, {})).text === fileOf(label);
    case "recall": {
      const recall = await read(`/v1/recalls/${id}`);
      return recall["reason"] === label && recall["confirmed"] !== undefined;
    }
    case "key": {
      const { items } = await get<{ items: { id: string; label?: string }[] }>(url, "GET", "/v1/keys", {
        key,
      });
      return items.some((one) => one.id === id && one.label === label);
    }
    default:
      return (await read(`/v1/audits/${id}`, goods.authority))["ok"] === true;
  }
}

/** Labels that the service has more than once, of the kinds whose lists show them. */
export async function twice(url: string, goods: Goods): Promise<string[]> {
  const { maker: key } = goods;
  const batches = await all<{ lot: string }>(url, "/v1/batches", key);
  const products = await all<{ names: { en?: string } }>(url, "/v1/products", key);
  const recalls = await all<{ reason: string }>(url, "/v1/recalls", key);
  const keys = await get<{ items: { label?: string }[] }>(url, "GET", "/v1/keys", { key });
  const lists = [
    batches.map(({ lot }) => lot),
    products.map(({ names }) => names.en ?? ""),
    recalls.map(({ reason }) => reason),
    keys.items.map(({ label }) => label ?? ""),
  ];
  return lists.flatMap((labels) =>
    labels.filter((label, i) => label.startsWith("kill-") && labels.indexOf(label) < i),
  );
}

/** Waits until every batch ordered and approved has its codes; gives how many of all codes are not distinct or missing. */
export async function missingCodes(url: string, goods: Goods, orders: readonly Done[]): Promise<number> {
  const codes = new Set<string>();
  for (const { id } of orders) {
    for (let reads = 0; ; reads++) {
      const { status } = await get<{ status: string }>(url, "GET", `/v1/batches/${id}`, { key: goods.maker });
      if (status === "ready") break;
      if (reads === MOST_READS) throw new Error(`batch ${id} is still ${status}`);
      await new Promise((later) => setTimeout(later, 10));
    }
    const { text } = await call(url, "GET", `/v1/batches/${id}/codes?format=text`, { key: goods.maker });
    for (const code of text.trim().split("\n")) codes.add(code);
  }
  return orders.length * CODES - codes.size;
}

async function all<T>(url: string, path: string, key: string): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: { items: T[]; next: string | null } = await get(
      url,
      "GET",
      cursor === "" ? `${path}?limit=200` : `${path}?limit=200&cursor=${cursor}`,
      { key },
    );
    found.push(...page.items);
    cursor = page.next;
  }
  return found;
}
