import { and, asc, desc, eq, ne, sql } from "drizzle-orm";
import type { Database } from "./binding.ts";
import { bound, boundLimit, p } from "./bound.ts";
import type { Direct } from "./direct.ts";
import { apiKey, organisation, product } from "./schema.ts";

export type OrganisationRow = typeof organisation.$inferSelect;
export type ApiKeyRow = typeof apiKey.$inferSelect;
export type ProductRow = typeof product.$inferSelect;

/** Organisations, their API keys and their filed goods. */
export function filingStatements(db: Database, direct: Direct) {
  const organisationById = db
    .select()
    .from(organisation)
    .where(eq(organisation.id, bound("id")))
    .prepare();
  const standingOf = direct(
    db
      .select({ status: organisation.status })
      .from(organisation)
      .where(eq(organisation.id, bound("id"))),
  );
  const organisationsByNumber = db
    .select()
    .from(organisation)
    .where(
      and(
        eq(organisation.scheme, bound("scheme")),
        eq(organisation.number, bound("number")),
        ne(organisation.status, sql`'declined'`),
      ),
    )
    .prepare();
  const insertOrganisation = db
    .insert(organisation)
    .values({
      id: p("id"),
      role: p("role"),
      status: p("status"),
      scheme: p("scheme"),
      number: p("number"),
      country: p("country"),
      province: p("province"),
      filing: p("filing"),
      filedAt: p("filedAt"),
    })
    .prepare();
  const decideOrganisation = db
    .update(organisation)
    .set({ status: sql`${p("status")}`, reason: sql`${p("reason")}`, decidedAt: sql`${p("at")}` })
    .where(eq(organisation.id, bound("id")))
    .prepare();
  const setSigningKey = db
    .update(organisation)
    .set({ signingKey: sql`${p("key")}` })
    .where(eq(organisation.id, bound("id")))
    .prepare();
  const setTerms = db
    .update(organisation)
    .set({ autoApprove: sql`${p("autoApprove")}`, quota: sql`${p("quota")}` })
    .where(eq(organisation.id, bound("id")))
    .prepare();
  // Lists page newest first by (time, id); the cursor is the last row's pair.
  const organisations = db
    .select()
    .from(organisation)
    .where(
      and(
        sql`(${bound("role")} IS NULL OR ${organisation.role} = ${bound("role")})`,
        sql`(${bound("status")} IS NULL OR ${organisation.status} = ${bound("status")})`,
        sql`(${organisation.filedAt}, ${organisation.id}) < (${bound("at")}, ${bound("id")})`,
      ),
    )
    .orderBy(desc(organisation.filedAt), desc(organisation.id))
    .limit(boundLimit("limit"))
    .prepare();
  const insertKey = db
    .insert(apiKey)
    .values({
      id: p("id"),
      hash: p("hash"),
      role: p("role"),
      organisation: p("organisation"),
      label: p("label"),
      createdAt: p("createdAt"),
    })
    .prepare();
  const keyByHash = direct(
    db
      .select()
      .from(apiKey)
      .where(eq(apiKey.hash, bound("hash"))),
  );
  const keyById = db
    .select()
    .from(apiKey)
    .where(eq(apiKey.id, bound("id")))
    .prepare();
  const keysOf = db
    .select()
    .from(apiKey)
    .where(eq(apiKey.organisation, bound("organisation")))
    .orderBy(asc(apiKey.createdAt))
    .prepare();
  const revokeKey = db
    .update(apiKey)
    .set({ revokedAt: sql`${p("at")}` })
    .where(eq(apiKey.id, bound("id")))
    .prepare();
  const insertProduct = db
    .insert(product)
    .values({
      id: p("id"),
      organisation: p("organisation"),
      status: p("status"),
      gtin: p("gtin"),
      category: p("category"),
      filing: p("filing"),
      filedAt: p("filedAt"),
    })
    .prepare();
  const productById = db
    .select()
    .from(product)
    .where(eq(product.id, bound("id")))
    .prepare();
  const decideProduct = db
    .update(product)
    .set({ status: sql`${p("status")}`, reason: sql`${p("reason")}`, decidedAt: sql`${p("at")}` })
    .where(eq(product.id, bound("id")))
    .prepare();
  const products = db
    .select()
    .from(product)
    .where(
      and(
        sql`(${bound("status")} IS NULL OR ${product.status} = ${bound("status")})`,
        sql`(${product.filedAt}, ${product.id}) < (${bound("at")}, ${bound("id")})`,
      ),
    )
    .orderBy(desc(product.filedAt), desc(product.id))
    .limit(boundLimit("limit"))
    .prepare();
  const productsOf = db
    .select()
    .from(product)
    .where(
      and(
        eq(product.organisation, bound("organisation")),
        sql`(${bound("status")} IS NULL OR ${product.status} = ${bound("status")})`,
        sql`(${product.filedAt}, ${product.id}) < (${bound("at")}, ${bound("id")})`,
      ),
    )
    .orderBy(desc(product.filedAt), desc(product.id))
    .limit(boundLimit("limit"))
    .prepare();

  return {
    organisation: (id: string): OrganisationRow | undefined => organisationById.get({ id }),
    /** What became of an organisation's filing; undefined for one that was not filed. Every call with a key asks it. */
    standing: (id: string): OrganisationRow["status"] | undefined => standingOf.get({ id })?.status,
    /** Those that filed a legal number and were not declined; a national number may be that of several countries. */
    organisationsByNumber: (scheme: string, number: string): OrganisationRow[] =>
      organisationsByNumber.all({ scheme, number }),
    addOrganisation: (
      row: Pick<
        OrganisationRow,
        "id" | "role" | "status" | "scheme" | "number" | "country" | "province" | "filing" | "filedAt"
      >,
    ): void => void insertOrganisation.run(row),
    decideOrganisation: (
      id: string,
      status: OrganisationRow["status"],
      reason: string | null,
      at: number,
    ): void => void decideOrganisation.run({ id, status, reason, at }),
    setSigningKey: (id: string, key: string | null): void => void setSigningKey.run({ id, key }),
    setTerms: (id: string, autoApprove: boolean, quota: number | null): void =>
      void setTerms.run({ id, autoApprove: autoApprove ? 1 : 0, quota }),
    organisations: (
      after: Place,
      limit: number,
      only: {
        role?: OrganisationRow["role"] | undefined;
        status?: OrganisationRow["status"] | undefined;
      } = {},
    ): OrganisationRow[] =>
      organisations.all({ ...after, limit, role: only.role ?? null, status: only.status ?? null }),
    addKey: (row: Omit<ApiKeyRow, "revokedAt">): void => void insertKey.run(row),
    keyByHash: (hash: string): ApiKeyRow | undefined => keyByHash.get({ hash }),
    key: (id: string): ApiKeyRow | undefined => keyById.get({ id }),
    keysOf: (organisationId: string): ApiKeyRow[] => keysOf.all({ organisation: organisationId }),
    revokeKey: (id: string, at: number): void => void revokeKey.run({ id, at }),
    product: (id: string): ProductRow | undefined => productById.get({ id }),
    addProduct: (
      row: Pick<ProductRow, "id" | "organisation" | "status" | "gtin" | "category" | "filing" | "filedAt">,
    ): void => void insertProduct.run(row),
    decideProduct: (id: string, status: ProductRow["status"], reason: string | null, at: number): void =>
      void decideProduct.run({ id, status, reason, at }),
    products: (
      after: Place,
      limit: number,
      only: { organisation?: string | undefined; status?: ProductRow["status"] | undefined } = {},
    ): ProductRow[] => {
      const given = { ...after, limit, status: only.status ?? null };
      return only.organisation === undefined
        ? products.all(given)
        : productsOf.all({ ...given, organisation: only.organisation });
    },
  };
}

/** Where a list newest first goes on: after the row of this time and id. */
export interface Place {
  at: number;
  id: string;
}

export type FilingStatements = ReturnType<typeof filingStatements>;
