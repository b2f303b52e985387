import { setTimeout } from "node:timers/promises";
import type { Client } from "../client.ts";
import { CommandFailed } from "../command.ts";
import { type Actor, type Actors, approve } from "./actors.ts";

/** A batch of the story with its codes, as its owner downloaded them. */
export interface DemoBatch {
  id: string;
  product: string;
  owner: Actor;
  gtin: string | null;
  /** By position. */
  codes: string[];
}

interface BatchView {
  id: string;
  status: string;
  gtin: string | null;
  quantity: number;
  failure?: string;
}

const POLL_MS = 25;
/** Five minutes. A batch of the story takes half a second on a quiet machine. */
const POLLS = 12_000;

/**
 * Files goods, orders codes for a lot of them, has both approved, waits and downloads the codes.
 * @throws CommandFailed where the service cannot make them, or gives another number of codes than ordered
 */
export async function issueCodes(
  client: Client,
  { authority }: Actors,
  owner: Actor,
  goods: { product: Record<string, unknown>; order: Record<string, unknown> },
): Promise<DemoBatch> {
  const { key } = owner;
  const product = await client.call<{ id: string }>("POST", "/v1/products", { body: goods.product, key });
  await approve(client, authority, `/v1/products/${product.id}`);
  const body = { ...goods.order, product: product.id };
  const ordered = await client.call<BatchView>("POST", "/v1/batches", { body, key });
  await approve(client, authority, `/v1/batches/${ordered.id}`);
  const batch = await ready(client, owner, ordered.id);
  const response = await client.send("GET", `/v1/batches/${batch.id}/codes?format=text`, {
    key,
    headers: { Accept: "*/*" },
  });
  const codes = (await response.text()).split("\n").filter((line) => line !== "");
  if (codes.length !== batch.quantity)
    throw new CommandFailed(`batch ${batch.id} has ${batch.quantity} codes, but ${codes.length} came`);
  return { id: batch.id, product: product.id, owner, gtin: batch.gtin, codes };
}

/** @throws CommandFailed where it failed, or is not ready in time */
async function ready(client: Client, { key }: Actor, id: string): Promise<BatchView> {
  for (let polls = 0; polls < POLLS; polls++) {
    const batch = await client.call<BatchView>("GET", `/v1/batches/${id}`, { key });
    if (batch.status === "ready") return batch;
    if (batch.failure !== undefined) throw new CommandFailed(`batch ${id}: ${batch.failure}`);
    await setTimeout(POLL_MS);
  }
  throw new CommandFailed(`batch ${id} is still not ready after ${(POLLS * POLL_MS) / 1000} s`);
}
