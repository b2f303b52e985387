import { bytesToHex } from "@noble/hashes/utils.js";
import {
  alignedSpan,
  alignedStart,
  COUNTING_LIMIT,
  itemKey,
  joinSerial,
  splitItemKey,
} from "../../core/code/serial.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import type { BatchRow } from "../../store/batches.ts";
import { AUTO_APPROVAL, type Caller } from "../caller.ts";
import { rfc3339 } from "../../core/goods/date.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { RecordDraft, Transaction } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { type Commitment, commitmentOf } from "./tree.ts";
import { batchOf } from "./view.ts";
import { orderTerms } from "./terms.ts";

/** The parts of the service that issuing uses. */
export type IssuingNeeds = Pick<
  Service,
  "store" | "writer" | "platform" | "keyring" | "register" | "settings"
>;

/** The store's fact with the start of the next span of serials. */
const NEXT_COUNTING = "nextCounting";
const DAY_MS = 24 * 60 * 60 * 1000;
const ISSUER: Caller = { ...AUTO_APPROVAL, key: "issuer" };

/**
 * Issues a batch: assigns a span of serials, folds the codes into their commitment slice by slice, and stores the
 * commitment with the batch's record, after which its codes may be fetched. Restarted after a stop, it uses the same span
 * and makes the same codes.
 * @param progress receives the number of codes done; if it returns false, nothing is stored and the batch stays issuing
 * @throws Problem unavailable where the ledger's serials are used up
 */
export async function issueBatch(
  service: IssuingNeeds,
  id: string,
  progress: (issued: number) => boolean,
): Promise<void> {
  const { store, writer, register } = service;
  await writer.submit((tx) => assignSpan(service, tx, id));
  const row = batchOf(store, id);
  if (row.status !== "issuing") return;
  const run = { start: row.start as number, count: row.quantity };
  const commitment = await commitmentOf(service, run, progress);
  if (commitment === undefined) return;
  await writer.submit((tx) => storeBatch(service, tx, row, commitment));
  register.add(batchOf(store, id));
}

/** Spans are aligned to their own size, so that every node of the batch's tree is a dyadic interval of serials. */
function assignSpan({ keyring, settings }: IssuingNeeds, tx: Transaction, id: string): void {
  const row = batchOf(tx.store, id);
  if (row.status !== "approved") return;
  const span = alignedSpan(row.quantity);
  const start = alignedStart(Number(tx.store.service.meta(NEXT_COUNTING) ?? 0), span);
  if (start + span > COUNTING_LIMIT)
    throw new Problem("unavailable", "the ledger's serials are used up: the next order needs another ledger");
  tx.store.service.setMeta(NEXT_COUNTING, String(start + span));
  const key = itemKey(keyring.newest.epoch, joinSerial(settings.ledgerNumber, start));
  tx.store.batches.assign(id, key, Math.log2(span));
}

function storeBatch(service: IssuingNeeds, tx: Transaction, row: BatchRow, commitment: Commitment): void {
  const { batches } = tx.store;
  const { root, pages } = commitment;
  const days = service.settings.unusedExpireDays;
  const expiresAt = days === null ? null : tx.nowMs + days * DAY_MS;
  for (const { level, page, hashes } of pages) batches.putHashes(row.id, level, page, hashes);
  batches.ready(row.id, root, row.quantity, tx.nowMs, expiresAt);
  const { vins } = orderTerms(row);
  vins.forEach((vin, position) => batches.addVehicle(vin, (row.start as number) + position));
  tx.append(issuingDraft(service, tx, row, root, expiresAt));
}

/** The batch's record with its commitment, before any code can be fetched. Serials stay secret. */
function issuingDraft(
  { platform }: IssuingNeeds,
  tx: Transaction,
  row: BatchRow,
  root: Uint8Array,
  expiresAt: number | null,
): RecordDraft {
  const { productionDate, expiryDate, declaredValue, vins } = orderTerms(row);
  return administrationDraft(
    {
      kind: "issuing",
      caller: ISSUER,
      atMs: tx.nowMs,
      subject: { batch: row.id },
      chains: [namedChain("batch", row.id)],
      public: {
        root: bytesToHex(root),
        count: row.quantity,
        epoch: splitItemKey(row.start as number).epoch,
        enterprise: row.organisation,
        product: row.product,
        lot: row.lot,
        tradeMode: row.mode,
        category: row.category,
        gtin: row.gtin,
        productionDate: productionDate ?? null,
        expiryDate: expiryDate ?? null,
        unusedExpireAt: expiresAt === null ? null : rfc3339(expiresAt),
      },
      sealed: {
        authority: { declaredValue },
        parties: Object.fromEntries(vins.map((vin, position) => [`vin/${position}`, vin])),
      },
    },
    platform,
  );
}
