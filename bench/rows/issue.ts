import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Api } from "../api.ts";
import { type Bench, freshFolder, withService } from "../bench.ts";
import { wanted } from "../options.ts";
import { findProgram, runProgram, type Server, startSuyuan } from "../process.ts";
import { openPlain } from "../reference/plain-store.ts";
import {
  admitEnterprise,
  admitGoods,
  type FiledGoods,
  type Organisation,
  registerAuthority,
} from "../seed/filing.ts";
import { orderCodes, orderInput } from "../seed/ordering.ts";
import { benchEnvironment, folderBytes } from "../seed/seed.ts";
import { median } from "../statistics.ts";
import { list, plainRows } from "./scan.ts";

const ORIGINAL_CODES = 51_680_000;
const STREAMED = 10_000_000;
const POLL_MS = 10;
const ORDERS: readonly [string, number][] = [
  ["issue_1k_seconds", 1000],
  ["issue_1m_seconds", 1_000_000],
  ["issue_10m_seconds", 10_000_000],
];
const BIG_BATCH = 1_000_000;
const BIG_BATCHES = 10;

/** A fresh service with one enterprise and goods, up. */
interface Shop {
  server: Server;
  api: Api;
  authority: Organisation;
  goods: FiledGoods;
}

/** Codes ordered, made and fetched over HTTP, and what they take on disk. */
export async function issueRows(bench: Bench): Promise<void> {
  const { options } = bench;
  const big = ["issue_seconds", "issue_vs_plain", "stream_codes"];
  if (wanted(options, ...big, ...ORDERS.map(([id]) => id))) {
    const shop = await openShop(bench);
    try {
      for (const [id, quantity] of ORDERS)
        if (wanted(options, id)) {
          const { seconds } = await issue(shop, atScale(bench, quantity));
          bench.measured.add(id, seconds, `${atScale(bench, quantity)} codes, over HTTP`);
        }
      if (wanted(options, ...big)) await issueAll(bench, shop);
    } finally {
      await shop.server.stop();
    }
  }
  if (wanted(options, "bytes_per_code")) await bytesPerCode(bench);
}

async function openShop(bench: Bench): Promise<Shop> {
  const folder = freshFolder(bench, "issue");
  const { authority, goods } = await withService(folder, async ({ service }) => {
    const registered = await registerAuthority(service);
    const owner = await admitEnterprise(service, registered.caller, 1);
    return { authority: registered, goods: await admitGoods(service, registered.caller, owner, 3) };
  });
  // Both cores: issuing may use them.
  const server = await startSuyuan(benchEnvironment(folder));
  return { server, api: new Api(server.url), authority, goods };
}

async function issueAll(bench: Bench, shop: Shop): Promise<void> {
  const quantity = atScale(bench, ORIGINAL_CODES);
  const { id, seconds } = await issue(shop, quantity);
  const said = `${quantity} codes in one order, approval to ready and fetched from, over HTTP`;
  bench.measured.add("issue_seconds", seconds, said);
  // Before the plain design's rows: they take this process so long that the service would close idle connections.
  if (wanted(bench.options, "stream_codes")) await streamCodes(bench, shop, id, quantity);
  if (wanted(bench.options, "issue_vs_plain")) {
    const rows = plainRows(bench);
    const plain = plainSeconds(bench, rows) / rows;
    const ours = seconds / quantity;
    bench.measured.add(
      "issue_vs_plain",
      plain / ours,
      `${(ours * 1e9).toFixed(0)} ns a code against ${(plain * 1e9).toFixed(0)} ns over ${rows} rows`,
    );
  }
}

/** Orders codes, approves them, waits until they are ready and fetches some. */
async function issue(shop: Shop, quantity: number): Promise<{ id: string; seconds: number }> {
  const { api, authority, goods } = shop;
  const key = goods.owner.secret;
  const order = orderInput({ goods, quantity, lot: `Q${quantity}`, valueUsd: "1000.00" }, Date.now());
  const { id } = await api.call<{ id: string }>("POST", "/v1/batches", key, order);
  const startedAt = performance.now();
  await api.call("POST", `/v1/batches/${id}/decision`, authority.secret, { decision: "approve" });
  for (;;) {
    const batch = await api.call<{ status: string; failure?: string }>("GET", `/v1/batches/${id}`, key);
    if (batch.status === "ready") break;
    if (batch.failure !== undefined) throw new Error(`batch ${id}: ${batch.failure}`);
    await setTimeout(POLL_MS);
  }
  const last = Math.min(999, quantity - 1);
  const text = await fetchCodes(shop, `/v1/batches/${id}/codes?format=text&last=${last}`);
  const seconds = (performance.now() - startedAt) / 1000;
  if (text.trimEnd().split("\n").length !== last + 1)
    throw new Error(`batch ${id} gave not ${last + 1} codes`);
  return { id, seconds };
}

async function fetchCodes({ server, goods }: Shop, path: string): Promise<string> {
  const response = await fetch(server.url + path, {
    headers: { Authorization: `Bearer ${goods.owner.secret}` },
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return response.text();
}

/** The plain design's rows for as many codes, into a fresh file. */
function plainSeconds(bench: Bench, rows: number): number {
  const store = openPlain(join(freshFolder(bench, "issue-plain"), "plain.db"));
  const startedAt = performance.now();
  store.issue(rows);
  const seconds = (performance.now() - startedAt) / 1000;
  store.close();
  return seconds;
}

/** CSV to a client that throws it away; its size must be that of so many codes. */
async function streamCodes(bench: Bench, shop: Shop, batch: string, issued: number): Promise<void> {
  const count = Math.min(issued, atScale(bench, STREAMED));
  const url = `${shop.server.url}/v1/batches/${batch}/codes?format=csv&last=${count - 1}`;
  const head = (await fetchCodes(shop, `/v1/batches/${batch}/codes?format=csv&last=0`)).split("\r\n");
  const lineBytes = (head[1] as string).length + 2 - 1;
  const expected = (head[0] as string).length + 2 + count * lineBytes + digitsUpTo(count);
  const rates: number[] = [];
  for (let i = 0; i < bench.options.pairs; i++) {
    const { bytes, seconds } = await download(url, shop.goods.owner.secret);
    if (bytes !== expected) throw new Error(`${count} codes as CSV came as ${bytes} bytes, not ${expected}`);
    rates.push(count / seconds);
  }
  bench.measured.add(
    "stream_codes",
    median(rates),
    `${list(rates)} codes/s, ${count} codes, ${expected} bytes`,
  );
}

/** Digits of the positions 0 to `count` - 1, all together. */
function digitsUpTo(count: number): number {
  let digits = count;
  for (let power = 10; power < count; power *= 10) digits += count - power;
  return digits;
}

async function download(url: string, key: string): Promise<{ bytes: number; seconds: number }> {
  const curl = findProgram("curl");
  const authorization = `Authorization: Bearer ${key}`;
  if (curl !== undefined) {
    const told = "%{http_code} %{size_download} %{time_total}";
    const printed = await runProgram(curl, ["-s", "-o", "/dev/null", "-w", told, "-H", authorization, url]);
    const [status, bytes, seconds] = printed.trim().split(" ").map(Number);
    if (status !== 200) throw new Error(`${url} was answered ${status}`);
    return { bytes: bytes as number, seconds: seconds as number };
  }
  const startedAt = performance.now();
  const response = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
  let bytes = 0;
  for await (const part of response.body ?? []) bytes += (part as Uint8Array).length;
  return { bytes, seconds: (performance.now() - startedAt) / 1000 };
}

/** The store's growth by batches of a million that nothing happens to; the first is not counted, it brings the tables. */
async function bytesPerCode(bench: Bench): Promise<void> {
  const folder = freshFolder(bench, "bytes");
  const quantity = atScale(bench, BIG_BATCH);
  const order = (lots: number): Promise<void> =>
    withService(folder, async ({ service }) => {
      for (let i = 0; i < lots; i++)
        await orderCodes(service, authority.caller, { goods, quantity, lot: `B${i}`, valueUsd: "1000.00" });
      await service.issuer.settled();
    });
  const { authority, goods } = await withService(folder, async ({ service }) => {
    const registered = await registerAuthority(service);
    const owner = await admitEnterprise(service, registered.caller, 1);
    return { authority: registered, goods: await admitGoods(service, registered.caller, owner, 3) };
  });
  await order(1);
  const before = folderBytes(folder);
  await order(BIG_BATCHES);
  const grown = folderBytes(folder) - before;
  bench.measured.add(
    "bytes_per_code",
    grown / (BIG_BATCHES * quantity),
    `${grown} bytes for ${BIG_BATCHES} further batches of ${quantity}`,
  );
}

function atScale({ options }: Bench, count: number): number {
  return Math.max(1000, Math.round(count * Math.min(1, options.scale)));
}
