import type { Place } from "./filing.ts";
import type { batch } from "./schema.ts";
import type { Prepare, Stored } from "./statement.ts";

export type BatchRow = typeof batch.$inferSelect;
export type BatchStatus = BatchRow["status"];

/** The part of an issued batch that is kept in memory. */
export type BriefBatch = Pick<
  BatchRow,
  | "id"
  | "organisation"
  | "product"
  | "status"
  | "lot"
  | "mode"
  | "category"
  | "gtin"
  | "quantity"
  | "start"
  | "withPin"
  | "requestedAt"
  | "closedAt"
  | "expiresAt"
>;

/** An order as it comes in. */
type NewBatch = Pick<
  BatchRow,
  | "id"
  | "organisation"
  | "product"
  | "status"
  | "lot"
  | "mode"
  | "category"
  | "gtin"
  | "quantity"
  | "terms"
  | "valueUsdCents"
  | "withPin"
  | "requestedAt"
>;

/** The filings that a batch rests on, as JSON. */
export interface BatchFilings {
  terms: string;
  goods: string;
  enterprise: string;
}

/** Orders and batches, the stored hashes of their trees, and vehicles' VINs. */
export function batchStatements(prepare: Prepare) {
  return {
    ...orderStatements(prepare),
    ...issuedStatements(prepare),
    ...listStatements(prepare),
    ...hashStatements(prepare),
    ...vehicleStatements(prepare),
  };
}

export type BatchStatements = ReturnType<typeof batchStatements>;

const ADD = `
  INSERT INTO batch (id, organisation, product, status, lot, mode, category, gtin, quantity, terms, valueUsdCents,
    withPin, requestedAt)
  VALUES (:id, :organisation, :product, :status, :lot, :mode, :category, :gtin, :quantity, :terms, :valueUsdCents,
    :withPin, :requestedAt)`;
const BY_ID = `SELECT * FROM batch WHERE id = :id`;
const DECIDE = `UPDATE batch SET status = :status, reason = :reason, decidedAt = :at WHERE id = :id`;
const ASSIGN = `UPDATE batch SET status = 'issuing', start = :start, spanLevel = :spanLevel WHERE id = :id`;
const READY = `
  UPDATE batch SET status = 'ready', root = :root, issued = :issued, readyAt = :at, expiresAt = :expiresAt
  WHERE id = :id`;
const CLOSE = `UPDATE batch SET status = 'closed', closedAt = :at WHERE id = :id`;
// Codes of declined orders do not count towards the quota.
const ORDERED = `
  SELECT coalesce(sum(quantity), 0) AS codes FROM batch
  WHERE organisation = :organisation AND status IN ('requested', 'approved', 'issuing', 'ready', 'closed')`;

/** An order's way from request to closed batch. */
function orderStatements(prepare: Prepare) {
  const add = prepare<Stored<NewBatch>>(ADD);
  const byId = prepare<{ id: string }, Stored<BatchRow>>(BY_ID);
  const decide = prepare<{ id: string; status: BatchStatus; reason: string | null; at: number }>(DECIDE);
  const assign = prepare<{ id: string; start: number; spanLevel: number }>(ASSIGN);
  const ready = prepare<{
    id: string;
    root: Uint8Array;
    issued: number;
    at: number;
    expiresAt: number | null;
  }>(READY);
  const close = prepare<{ id: string; at: number }>(CLOSE);
  const ordered = prepare<{ organisation: string }, { codes: number }>(ORDERED);
  return {
    add: (row: NewBatch): void => add.run({ ...row, withPin: row.withPin ? 1 : 0 }),
    get: (id: string): BatchRow | undefined => {
      const row = byId.get({ id });
      return row && toBatch(row);
    },
    decide: (id: string, status: BatchStatus, reason: string | null, at: number): void =>
      decide.run({ id, status, reason, at }),
    /** Reserves the batch's span of serials. The batch is then `issuing`. */
    assign: (id: string, start: number, spanLevel: number): void => assign.run({ id, start, spanLevel }),
    ready: (id: string, root: Uint8Array, issued: number, at: number, expiresAt: number | null): void =>
      ready.run({ id, root, issued, at, expiresAt }),
    close: (id: string, at: number): void => close.run({ id, at }),
    /** Number of codes on order or issued, for the quota. */
    ordered: (organisation: string): number => ordered.get({ organisation })?.codes ?? 0,
  };
}

const FILINGS = `
  SELECT b.terms, p.filing AS goods, o.filing AS enterprise
  FROM batch AS b JOIN product AS p ON p.id = b.product JOIN organisation AS o ON o.id = b.organisation
  WHERE b.id = :id`;
// A batch has a root once its codes are issued. Both statements walk the index of starts.
const ISSUED = `SELECT * FROM batch WHERE root IS NOT NULL ORDER BY start`;
const ISSUED_IN_BRIEF = `
  SELECT id, organisation, product, status, lot, mode, category, gtin, quantity, start, withPin,
    requestedAt, closedAt, expiresAt
  FROM batch WHERE root IS NOT NULL ORDER BY start`;

/** Batches whose codes are issued. */
function issuedStatements(prepare: Prepare) {
  const filings = prepare<{ id: string }, BatchFilings>(FILINGS);
  const issued = prepare<void, Stored<BatchRow>>(ISSUED);
  const issuedInBrief = prepare<void, Stored<BriefBatch>>(ISSUED_IN_BRIEF);
  return {
    /** The order's terms and the filings of its goods and its enterprise. */
    filings: (id: string): BatchFilings | undefined => filings.get({ id }),
    /** Issued batches by item key. */
    issued: (): BatchRow[] => issued.all().map(toBatch),
    /** Issued batches by item key, without the long columns: a start of the service reads all of them. */
    issuedInBrief: (): BriefBatch[] =>
      issuedInBrief.all().map((row) => ({ ...row, withPin: row.withPin === 1 })),
  };
}

const WITH_STATUS = `SELECT * FROM batch WHERE status = :status ORDER BY requestedAt`;
const LIST = `
  SELECT * FROM batch
  WHERE (:status IS NULL OR status = :status) AND (requestedAt, id) < (:at, :id)
  ORDER BY requestedAt DESC, id DESC LIMIT :limit`;
const LIST_OF_ORGANISATION = `
  SELECT * FROM batch
  WHERE organisation = :organisation AND (:status IS NULL OR status = :status) AND (requestedAt, id) < (:at, :id)
  ORDER BY requestedAt DESC, id DESC LIMIT :limit`;

type Page = Place & { limit: number; status: BatchStatus | null };

function listStatements(prepare: Prepare) {
  const withStatus = prepare<{ status: BatchStatus }, Stored<BatchRow>>(WITH_STATUS);
  const list = prepare<Page, Stored<BatchRow>>(LIST);
  const listOfOrganisation = prepare<Page & { organisation: string }, Stored<BatchRow>>(LIST_OF_ORGANISATION);
  return {
    /** Batches with a status, in the order of their requests. */
    withStatus: (status: BatchStatus): BatchRow[] => withStatus.all({ status }).map(toBatch),
    /** Batches after a place in the list, newest first. */
    list: (
      after: Place,
      limit: number,
      only: { organisation?: string | undefined; status?: BatchStatus | undefined } = {},
    ): BatchRow[] => {
      const page = { ...after, limit, status: only.status ?? null };
      const { organisation } = only;
      const rows =
        organisation === undefined ? list.all(page) : listOfOrganisation.all({ ...page, organisation });
      return rows.map(toBatch);
    },
  };
}

const PUT_HASHES = `
  INSERT INTO batch_hash (batch, level, page, hashes) VALUES (:batch, :level, :page, :hashes)
  ON CONFLICT (batch, level, page) DO UPDATE SET hashes = excluded.hashes`;
const HASHES = `SELECT hashes FROM batch_hash WHERE batch = :batch AND level = :level AND page = :page`;

function hashStatements(prepare: Prepare) {
  const put = prepare<{ batch: string; level: number; page: number; hashes: Uint8Array }>(PUT_HASHES);
  const at = prepare<{ batch: string; level: number; page: number }, { hashes: Uint8Array }>(HASHES);
  return {
    putHashes: (id: string, level: number, page: number, hashes: Uint8Array): void =>
      put.run({ batch: id, level, page, hashes }),
    hashes: (id: string, level: number, page: number): Uint8Array | undefined =>
      at.get({ batch: id, level, page })?.hashes,
  };
}

const ADD_VEHICLE = `INSERT INTO vehicle (vin, "key") VALUES (:vin, :key)`;
const VEHICLE = `SELECT "key" FROM vehicle WHERE vin = :vin`;

function vehicleStatements(prepare: Prepare) {
  const add = prepare<{ vin: string; key: number }>(ADD_VEHICLE);
  const byVin = prepare<{ vin: string }, { key: number }>(VEHICLE);
  return {
    addVehicle: (vin: string, key: number): void => add.run({ vin, key }),
    /** The item key of a vehicle's code. */
    vehicle: (vin: string): number | undefined => byVin.get({ vin })?.key,
  };
}

function toBatch(row: Stored<BatchRow>): BatchRow {
  return { ...row, withPin: row.withPin === 1 };
}
