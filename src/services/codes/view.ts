import { bytesToHex } from "@noble/hashes/utils.js";
import type { BatchRow } from "../../store/batches.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../../core/goods/date.ts";
import { type FieldProblem, notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import type { DeclaredValue, OrderTerms } from "./order.ts";

/** An order, and from issuing on the batch it became, as a list shows it. Times are RFC 3339. */
export interface ListedBatch {
  id: string;
  enterprise: string;
  product: string;
  status: BatchRow["status"];
  reason?: string;
  quantity: number;
  /** Codes made so far, while it is issuing and after. */
  issued: number;
  /** Why issuing stopped; it goes on at the next start. */
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
  /** What the trade mode asked for. */
  mode: Record<string, unknown>;
  warnings: FieldProblem[];
  /** Root of the RFC 6962 tree over its codes, hex. */
  root: string | null;
  requestedAt: string;
  decidedAt?: string;
  readyAt?: string;
  closedAt?: string;
  /** When codes that were never activated expire. */
  unusedExpireAt?: string;
}

/** An order or batch by itself: thousands of vehicles are read one batch at a time. */
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

export function orderTerms(row: BatchRow): OrderTerms {
  return JSON.parse(row.terms) as OrderTerms;
}

/**
 * A batch as it stands for everybody else. Its row says ready before that is durable, and its codes may be fetched
 * after, when the register has it: until then it is being issued.
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
  // A batch can have been stored although its writer was told otherwise.
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
