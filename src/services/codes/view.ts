import { bytesToHex } from "@noble/hashes/utils.js";
import type { BatchRow } from "../../store/batches.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../../core/goods/date.ts";
import { type FieldProblem, notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import { type DeclaredValue, orderTerms, type OrderTerms } from "./terms.ts";

/** An order, or the batch that it became, in a list. Times are RFC 3339. */
export interface ListedBatch {
  id: string;
  enterprise: string;
  product: string;
  status: BatchRow["status"];
  reason?: string;
  quantity: number;
  /** Codes made so far. */
  issued: number;
  /** Why issuing stopped; the next start resumes it. */
  failure?: string;
  lot: string;
  tradeMode: string;
  category: BatchRow["category"];
  gtin: string | null;
  productionDate?: string;
  expiryDate?: string;
  originCountry: string;
  destinationCountry?: string;
  declaredValue: DeclaredValue;
  withPin: boolean;
  /** Fields that the trade mode requires. */
  mode: Record<string, unknown>;
  warnings: FieldProblem[];
  /** Root of the RFC 6962 tree over its codes, hex. */
  root: string | null;
  requestedAt: string;
  decidedAt?: string;
  readyAt?: string;
  closedAt?: string;
  /** When unactivated codes expire. */
  unusedExpireAt?: string;
}

/** One order or batch, with the VINs that lists leave out. */
export interface BatchView extends ListedBatch {
  /** By position. */
  vins: string[];
}

/**
 * An order that exists.
 * @throws Problem not_found
 */
export function batchOf(store: Store, id: string): BatchRow {
  const row = store.batches.get(id);
  if (row === undefined) throw notFound("batch", id);
  return row;
}

/**
 * A batch as other callers see it. Its row says ready before that is durable; its codes may be fetched once the register
 * has it. Until then it shows as issuing.
 */
export function presentRow({ register }: Pick<Service, "register">, row: BatchRow): BatchRow {
  if (row.status !== "ready" || register.get(row.id) !== undefined) return row;
  return { ...row, status: "issuing", root: null, readyAt: null, expiresAt: null };
}

type Viewing = Pick<Service, "issuer" | "register">;

export function batchView(service: Viewing, row: BatchRow): BatchView {
  return { ...listedBatch(service, row), vins: orderTerms(row).vins };
}

export function listedBatch(service: Viewing, stored: BatchRow): ListedBatch {
  const row = presentRow(service, stored);
  const { id, product, status, quantity, lot, category, gtin, withPin } = row;
  // A batch may be stored although its write was refused.
  const failure = status === "ready" || status === "closed" ? undefined : service.issuer.failure(id);
  return {
    id,
    enterprise: row.organisation,
    product,
    status,
    ...(row.reason === null ? {} : { reason: row.reason }),
    quantity,
    issued: Math.max(row.issued, service.issuer.issued(id)),
    ...(failure === undefined ? {} : { failure }),
    lot,
    tradeMode: row.mode,
    category,
    gtin,
    ...listedTerms(row),
    withPin,
    root: row.root === null ? null : bytesToHex(row.root),
    requestedAt: rfc3339(row.requestedAt),
    ...timesOf(row),
  };
}

function listedTerms(row: BatchRow): Omit<OrderTerms, "vins"> {
  const { productionDate, expiryDate, destinationCountry, ...terms } = orderTerms(row);
  return {
    ...(productionDate === undefined ? {} : { productionDate }),
    ...(expiryDate === undefined ? {} : { expiryDate }),
    ...(destinationCountry === undefined ? {} : { destinationCountry }),
    originCountry: terms.originCountry,
    declaredValue: terms.declaredValue,
    mode: terms.mode,
    warnings: terms.warnings,
  };
}

function timesOf({ decidedAt, readyAt, closedAt, expiresAt }: BatchRow) {
  return {
    ...(decidedAt === null ? {} : { decidedAt: rfc3339(decidedAt) }),
    ...(readyAt === null ? {} : { readyAt: rfc3339(readyAt) }),
    ...(closedAt === null ? {} : { closedAt: rfc3339(closedAt) }),
    ...(expiresAt === null ? {} : { unusedExpireAt: rfc3339(expiresAt) }),
  };
}
