import { encipherSerial } from "../../src/core/code/cipher.ts";
import {
  alignedSpan,
  alignedStart,
  itemKey,
  joinSerial,
  splitItemKey,
  splitSerial,
} from "../../src/core/code/serial.ts";
import { type Commitment, commitmentOf } from "../../src/services/codes/tree.ts";
import type { Names } from "../../src/core/goods/names.ts";
import type { Service } from "../../src/services/service.ts";

export interface Batch {
  id: string;
  start: number;
  /** The code at a position, 16 characters. */
  code: (position: number) => string;
  key(position: number): number;
  /** Sets the derived status of positions [from, to). */
  set(from: number, to: number, status: string): Promise<void>;
}

export interface Issue {
  count?: number;
  gtin?: string | null;
  lot?: string;
  mode?: string;
  category?: "food" | "consumer_goods" | "vehicles";
  names?: Names;
  enterprise?: Names;
  brand?: string;
  productionDate?: string;
  expiryDate?: string;
  expiresAt?: number | null;
  withPin?: boolean;
}

let made = 0;

/** Puts a batch of codes out straight through the store, as issuing does it, with its product and its enterprise. */
export async function issueBatch(service: Service, issue: Issue = {}): Promise<Batch> {
  const { keyring, register, settings, writer } = service;
  const n = ++made;
  const id = `bat_test${n}`;
  const count = issue.count ?? 300;
  const span = alignedSpan(count);
  const last = register.all.at(-1);
  const used =
    last === undefined ? 0 : splitSerial(splitItemKey(last.start + last.count - 1).serial).counting + 1;
  const serial = joinSerial(settings.ledgerNumber, alignedStart(used, span));
  const keys = keyring.newest;
  const start = itemKey(keys.epoch, serial);
  const { root, pages } = (await commitmentOf(service, { start, count })) as Commitment;
  await writer.submit((tx) => {
    const { filing, batches } = tx.store;
    filing.addOrganisation({
      id: `ent_test${n}`,
      role: "enterprise",
      status: "approved",
      scheme: "national",
      number: `TEST${n}`,
      country: "NZ",
      province: null,
      filing: JSON.stringify({
        names: issue.enterprise ?? { zh: "新西兰乳业有限公司（示例）", en: "Aotearoa Dairy Ltd (example)" },
      }),
      filedAt: tx.nowMs,
    });
    const gtin = issue.gtin === undefined ? "09520001000010" : issue.gtin;
    const category = issue.category ?? "food";
    filing.addProduct({
      id: `prd_test${n}`,
      organisation: `ent_test${n}`,
      status: "approved",
      gtin,
      category,
      filing: JSON.stringify({
        names: issue.names ?? { zh: "婴儿配方奶粉 3 段", en: "Infant formula, stage 3" },
        brand: issue.brand ?? "Kōwhai",
        specification: "900 g",
        originCountry: "NZ",
      }),
      filedAt: tx.nowMs,
    });
    batches.add({
      id,
      organisation: `ent_test${n}`,
      product: `prd_test${n}`,
      status: "approved",
      lot: issue.lot ?? "L2026-10A",
      mode: issue.mode ?? "1210",
      category,
      gtin,
      quantity: count,
      terms: JSON.stringify({
        productionDate: issue.productionDate ?? "2026-08-20",
        expiryDate: issue.expiryDate ?? "2028-08-19",
        originCountry: "NZ",
      }),
      valueUsdCents: null,
      withPin: issue.withPin ?? false,
      requestedAt: tx.nowMs,
    });
    batches.assign(id, start, Math.log2(span));
    for (const { level, page, hashes } of pages) batches.putHashes(id, level, page, hashes);
    batches.ready(id, root, count, tx.nowMs, issue.expiresAt ?? null);
  });
  const row = service.store.batches.get(id);
  if (row === undefined) throw new Error("the batch was not stored");
  register.add(row);
  return {
    id,
    start,
    code: (position) => encipherSerial(keys, serial + position),
    key: (position) => start + position,
    set: (from, to, status) =>
      writer.submit((tx) => tx.store.custody.states.setStatus(start + from, start + to, status)),
  };
}

/** Confirms a recall of positions [from, to) straight in the store; `Scanning.recallsChanged` is for the caller. */
export async function recallPositions(
  service: Service,
  batch: Batch,
  from: number,
  to: number,
  terms: { level: number; reason: string; advice?: string },
): Promise<string> {
  const id = `rec_test${++made}`;
  await service.writer.submit((tx) => {
    const { recalls } = tx.store.custody;
    recalls.addRecall({
      id,
      organisation: "aut_test",
      terms: JSON.stringify(terms),
      codes: to - from,
      reach: "{}",
      createdAt: tx.nowMs,
    });
    recalls.addRecallRange(id, batch.start + from, batch.start + to);
    recalls.confirmRecall(id, tx.nowMs);
  });
  return id;
}
