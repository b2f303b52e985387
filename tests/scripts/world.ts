import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ApiClient } from "../api-client.ts";
import {
  type Actor,
  approve,
  authority,
  enterprise,
  EXPORTER,
  expectStatus,
  IMPORTER,
  issued,
  orderOf,
  product,
} from "../http/actors.ts";

/** The variables of the scripts. */
export type Variables = Record<string, string>;

/** Enough records that the log has a full tile. */
const STORED = 300;
const FILE = "the laboratory's report";

/**
 * Sets up what the scripts talk about, by HTTP alone:
 * - API keys: `operatorKey`, `officerKey`, `makerKey`, `importerKey`
 * - ids: `officer`, `maker`, `importer`, `product`, `batch` (10 codes, ready; 8 of them activated)
 * - codes of the batch: `code` (activated), `other` (activated), `inactive`; `forged` and `mistyped` are of no batch
 * - `ordered`, when the batch was ordered; `gtin` of the product; `digest` of a file that the maker stored
 * - `size` of the log, and `last`, the width of its last tile at level 0
 */
export async function scriptWorld(api: ApiClient): Promise<Variables> {
  const officer = await authority(api);
  const maker = await enterprise(api, officer);
  const importer = await enterprise(api, officer, IMPORTER);
  for (let i = 0; i < 3; i++)
    await enterprise(api, undefined, { ...EXPORTER, identity: { scheme: "national", value: `NZ-${i}` } });
  const cream = await product(api, maker, officer);
  const { batch, codes, orderedAt: at } = await readyBatch(api, maker, officer, cream);
  const active = { batch, first: 0, last: 7 };
  const events = Array.from({ length: STORED }, (_, i) => ({
    kind: i === 0 ? "commissioning" : "storing",
    at,
    subjects: [active],
  }));
  expectStatus(await api.call("POST", "/v1/events", { key: maker.key, body: { events } }), 201);
  const headers = { "Content-Type": "text/plain" };
  expectStatus(
    await api.call("POST", "/v1/files?name=report.txt", { key: maker.key, body: FILE, headers }),
    201,
  );
  const { size } = expectStatus(await api.call("GET", "/v1/log"), 200);
  return {
    operatorKey: api.operatorKey,
    ordered: at,
    officerKey: officer.key,
    makerKey: maker.key,
    importerKey: importer.key,
    officer: officer.id,
    maker: maker.id,
    importer: importer.id,
    product: cream,
    batch,
    code: codes[0]!,
    other: codes[1]!,
    inactive: codes[9]!,
    forged: "45VFV6GS11R19J3B",
    mistyped: "45VFV6GS11R19J3C",
    gtin: "09520002000019",
    digest: bytesToHex(sha256(utf8ToBytes(FILE))),
    size: String(size),
    last: String(size % 256),
  };
}

async function readyBatch(
  api: ApiClient,
  owner: Actor,
  officer: Actor,
  goods: string,
): Promise<{ batch: string; codes: string[]; orderedAt: string }> {
  const order = await api.call("POST", "/v1/batches", { key: owner.key, body: orderOf(goods) });
  const { id, requestedAt } = expectStatus(order, 201);
  await approve(api, officer, `/v1/batches/${id}`);
  await issued(api, owner, id);
  const { text } = await api.call("GET", `/v1/batches/${id}/codes?format=text`, { key: owner.key });
  return { batch: id, codes: text.trim().split("\n"), orderedAt: requestedAt };
}
