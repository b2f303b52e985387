import { and, asc, desc, eq, inArray, isNotNull, ne, sql } from "drizzle-orm";
import type { Database } from "./binding.ts";
import type { Direct } from "./direct.ts";
import { bound, boundLimit, p } from "./bound.ts";
import type { Place } from "./filing.ts";
import { batch, batchHash, organisation as enterprise, product as goods, vehicle } from "./schema.ts";

export type BatchRow = typeof batch.$inferSelect;

/** What is kept in memory of a batch whose codes are out. */
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
  | "chainLevels"
  | "withPin"
  | "closedAt"
  | "expiresAt"
>;
export type BatchStatus = BatchRow["status"];

export interface BatchFilings {
  terms: string;
  goods: string;
  enterprise: string;
}

/** Orders and batches, the kept hashes of their trees, and vehicles' VINs. */
export function batchStatements(db: Database, direct: Direct) {
  const insert = db
    .insert(batch)
    .values({
      id: p("id"),
      organisation: p("organisation"),
      product: p("product"),
      status: p("status"),
      lot: p("lot"),
      mode: p("mode"),
      category: p("category"),
      gtin: p("gtin"),
      quantity: p("quantity"),
      terms: p("terms"),
      valueUsdCents: p("valueUsdCents"),
      withPin: p("withPin"),
      requestedAt: p("requestedAt"),
    })
    .prepare();
  const byId = db
    .select()
    .from(batch)
    .where(eq(batch.id, bound("id")))
    .prepare();
  const filings = direct(
    db
      .select({
        terms: batch.terms,
        goods: sql<string>`${goods.filing}`.as("goods"),
        enterprise: sql<string>`${enterprise.filing}`.as("enterprise"),
      })
      .from(batch)
      .innerJoin(goods, eq(goods.id, batch.product))
      .innerJoin(enterprise, eq(enterprise.id, batch.organisation))
      .where(eq(batch.id, bound("id"))),
  );
  const decide = db
    .update(batch)
    .set({ status: sql`${p("status")}`, reason: sql`${p("reason")}`, decidedAt: sql`${p("at")}` })
    .where(eq(batch.id, bound("id")))
    .prepare();
  const assign = db
    .update(batch)
    .set({ status: "issuing", start: sql`${p("start")}`, spanLevel: sql`${p("spanLevel")}` })
    .where(eq(batch.id, bound("id")))
    .prepare();
  const ready = db
    .update(batch)
    .set({
      status: "ready",
      root: sql`${p("root")}`,
      issued: sql`${p("issued")}`,
      readyAt: sql`${p("at")}`,
      expiresAt: sql`${p("expiresAt")}`,
    })
    .where(eq(batch.id, bound("id")))
    .prepare();
  const close = db
    .update(batch)
    .set({ status: "closed", closedAt: sql`${p("at")}` })
    .where(eq(batch.id, bound("id")))
    .prepare();
  // Where it has them already no page is written: most events find that.
  const setLevels = direct(
    db
      .update(batch)
      .set({ chainLevels: sql`${p("levels")}` })
      .where(and(eq(batch.id, bound("id")), ne(batch.chainLevels, bound("levels")))),
  );
  // A batch has a root once its codes are out; this walks the index of starts.
  const issued = db.select().from(batch).where(isNotNull(batch.root)).orderBy(asc(batch.start)).prepare();
  const issuedInBrief = direct(
    db
      .select({
        id: batch.id,
        organisation: batch.organisation,
        product: batch.product,
        status: batch.status,
        lot: batch.lot,
        mode: batch.mode,
        category: batch.category,
        gtin: batch.gtin,
        quantity: batch.quantity,
        start: batch.start,
        chainLevels: batch.chainLevels,
        pins: sql<number>`${batch.withPin}`.as("pins"),
        closedAt: batch.closedAt,
        expiresAt: batch.expiresAt,
      })
      .from(batch)
      .where(isNotNull(batch.root))
      .orderBy(asc(batch.start)),
  );
  const withStatus = db
    .select()
    .from(batch)
    .where(eq(batch.status, bound("status")))
    .orderBy(asc(batch.requestedAt))
    .prepare();
  const list = db
    .select()
    .from(batch)
    .where(
      and(
        sql`(${bound("status")} IS NULL OR ${batch.status} = ${bound("status")})`,
        sql`(${batch.requestedAt}, ${batch.id}) < (${bound("at")}, ${bound("id")})`,
      ),
    )
    .orderBy(desc(batch.requestedAt), desc(batch.id))
    .limit(boundLimit("limit"))
    .prepare();
  const listOf = db
    .select()
    .from(batch)
    .where(
      and(
        eq(batch.organisation, bound("organisation")),
        sql`(${bound("status")} IS NULL OR ${batch.status} = ${bound("status")})`,
        sql`(${batch.requestedAt}, ${batch.id}) < (${bound("at")}, ${bound("id")})`,
      ),
    )
    .orderBy(desc(batch.requestedAt), desc(batch.id))
    .limit(boundLimit("limit"))
    .prepare();
  const ofProduct = db
    .select()
    .from(batch)
    .where(eq(batch.product, bound("product")))
    .orderBy(asc(batch.start))
    .prepare();
  const ordered = db
    .select({ codes: sql<number>`coalesce(sum(${batch.quantity}), 0)` })
    .from(batch)
    .where(
      and(
        eq(batch.organisation, bound("organisation")),
        inArray(batch.status, ["requested", "approved", "issuing", "ready", "closed"]),
      ),
    )
    .prepare();
  const insertHashes = db
    .insert(batchHash)
    .values({ batch: p("batch"), level: p("level"), page: p("page"), hashes: p("hashes") })
    .onConflictDoUpdate({
      target: [batchHash.batch, batchHash.level, batchHash.page],
      set: { hashes: sql`excluded.hashes` },
    })
    .prepare();
  const hashesAt = db
    .select({ hashes: batchHash.hashes })
    .from(batchHash)
    .where(
      and(
        eq(batchHash.batch, bound("batch")),
        eq(batchHash.level, bound("level")),
        eq(batchHash.page, bound("page")),
      ),
    )
    .prepare();
  const insertVehicle = db
    .insert(vehicle)
    .values({ vin: p("vin"), key: p("key") })
    .prepare();
  const vehicleByVin = db
    .select()
    .from(vehicle)
    .where(eq(vehicle.vin, bound("vin")))
    .prepare();
  const vehicleByKey = db
    .select()
    .from(vehicle)
    .where(eq(vehicle.key, bound("key")))
    .prepare();

  return {
    add: (
      row: Pick<
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
      >,
    ): void => void insert.run({ ...row, withPin: row.withPin ? 1 : 0 }),
    get: (id: string): BatchRow | undefined => byId.get({ id }),
    decide: (id: string, status: BatchStatus, reason: string | null, at: number): void =>
      void decide.run({ id, status, reason, at }),
    /** Sets its span of serials aside: from here on it is issuing. */
    assign: (id: string, start: number, spanLevel: number): void => void assign.run({ id, start, spanLevel }),
    ready: (id: string, root: Uint8Array, issuedCodes: number, at: number, expiresAt: number | null): void =>
      void ready.run({ id, root, issued: issuedCodes, at, expiresAt }),
    close: (id: string, at: number): void => void close.run({ id, at }),
    /** What was filed, as JSON: the order's terms, its goods and its enterprise. */
    filings: (id: string): BatchFilings | undefined => filings.get({ id }),
    setChainLevels: (id: string, levels: number): void => void setLevels.run({ id, levels }),
    /** Batches whose codes are out, by item key. */
    issued: (): BatchRow[] => issued.all(),
    /** The same without orders' terms and what else is long: a start reads all of them. */
    issuedInBrief: (): BriefBatch[] =>
      issuedInBrief.all({}).map(({ pins, ...row }) => ({ ...row, withPin: pins !== 0 })),
    withStatus: (status: BatchStatus): BatchRow[] => withStatus.all({ status }),
    list: (
      after: Place,
      limit: number,
      only: { organisation?: string | undefined; status?: BatchStatus | undefined } = {},
    ): BatchRow[] => {
      const given = { ...after, limit, status: only.status ?? null };
      return only.organisation === undefined
        ? list.all(given)
        : listOf.all({ ...given, organisation: only.organisation });
    },
    ofProduct: (product: string): BatchRow[] => ofProduct.all({ product }),
    /** Codes on order or out, for the quota. */
    ordered: (organisation: string): number => ordered.get({ organisation })?.codes ?? 0,
    putHashes: (id: string, level: number, page: number, hashes: Uint8Array): void =>
      void insertHashes.run({ batch: id, level, page, hashes }),
    hashes: (id: string, level: number, page: number): Uint8Array | undefined =>
      hashesAt.get({ batch: id, level, page })?.hashes,
    addVehicle: (vin: string, key: number): void => void insertVehicle.run({ vin, key }),
    vehicle: (vin: string): number | undefined => vehicleByVin.get({ vin })?.key,
    vinOf: (key: number): string | undefined => vehicleByKey.get({ key })?.vin,
  };
}

export type BatchStatements = ReturnType<typeof batchStatements>;
