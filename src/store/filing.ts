import type { apiKey, organisation, product } from "./schema.ts";
import type { KeptRows } from "./kept-rows.ts";
import type { Prepare, Stored } from "./statement.ts";

export type OrganisationRow = typeof organisation.$inferSelect;
export type ApiKeyRow = typeof apiKey.$inferSelect;
export type ProductRow = typeof product.$inferSelect;

/** Where a page of a list ended, newest first: the time and id of its last row. */
export interface Place {
  at: number;
  id: string;
}

type NewOrganisation = Pick<
  OrganisationRow,
  "id" | "role" | "status" | "scheme" | "number" | "country" | "province" | "filing" | "filedAt"
>;
type NewProduct = Pick<
  ProductRow,
  "id" | "organisation" | "status" | "gtin" | "category" | "filing" | "filedAt"
>;

/** Organisations, their API keys and their filed goods. */
export function filingStatements(prepare: Prepare, kept: KeptRows) {
  return {
    ...organisationStatements(prepare, kept),
    ...organisationChanges(prepare, kept),
    ...keyStatements(prepare, kept),
    ...productStatements(prepare),
    ...waitingStatements(prepare, kept),
  };
}

export type FilingStatements = ReturnType<typeof filingStatements>;

const ORGANISATION = `SELECT * FROM organisation WHERE id = :id`;
const STANDING = `SELECT status FROM organisation WHERE id = :id`;
const NUMBER_HOLDERS = `
  SELECT * FROM organisation
  WHERE scheme = :scheme AND number = :number AND status IN ('approved', 'suspended')`;
const NUMBER_APPLICANTS = `
  SELECT * FROM organisation
  WHERE scheme = :scheme AND number = :number AND status = 'requested' LIMIT :limit`;
const ORGANISATIONS = `
  SELECT * FROM organisation
  WHERE (:role IS NULL OR role = :role) AND (:status IS NULL OR status = :status) AND (filedAt, id) < (:at, :id)
  ORDER BY filedAt DESC, id DESC LIMIT :limit`;

type OrganisationPage = Place & {
  limit: number;
  role: OrganisationRow["role"] | null;
  status: OrganisationRow["status"] | null;
};

function organisationStatements(prepare: Prepare, kept: KeptRows) {
  const byId = prepare<{ id: string }, Stored<OrganisationRow>>(ORGANISATION);
  const standing = prepare<{ id: string }, Pick<OrganisationRow, "status">>(STANDING);
  const holders = prepare<{ scheme: string; number: string }, Stored<OrganisationRow>>(NUMBER_HOLDERS);
  const applicants = prepare<{ scheme: string; number: string; limit: number }, Stored<OrganisationRow>>(
    NUMBER_APPLICANTS,
  );
  const list = prepare<OrganisationPage, Stored<OrganisationRow>>(ORGANISATIONS);
  return {
    organisation: (id: string): OrganisationRow | undefined => {
      const row = byId.get({ id });
      return row && toOrganisation(row);
    },
    /** The status of an organisation's filing; undefined without one. Every call with an API key reads it. */
    standing: (id: string): OrganisationRow["status"] | undefined =>
      kept.get(`standing ${id}`, () => standing.get({ id }))?.status,
    /** Approved and suspended organisations with a legal number. Two countries may use the same national number. */
    numberHolders: (scheme: string, number: string): OrganisationRow[] =>
      holders.all({ scheme, number }).map(toOrganisation),
    /** At most `limit` undecided filings of a legal number. */
    numberApplicants: (scheme: string, number: string, limit: number): OrganisationRow[] =>
      applicants.all({ scheme, number, limit }).map(toOrganisation),
    /** Organisations after a place in the list, newest first. */
    organisations: (
      after: Place,
      limit: number,
      only: {
        role?: OrganisationRow["role"] | undefined;
        status?: OrganisationRow["status"] | undefined;
      } = {},
    ): OrganisationRow[] =>
      list.all({ ...after, limit, role: only.role ?? null, status: only.status ?? null }).map(toOrganisation),
  };
}

const ADD_ORGANISATION = `
  INSERT INTO organisation (id, role, status, scheme, number, country, province, filing, filedAt)
  VALUES (:id, :role, :status, :scheme, :number, :country, :province, :filing, :filedAt)`;
const DECIDE_ORGANISATION = `
  UPDATE organisation SET status = :status, reason = :reason, decidedAt = :at WHERE id = :id`;
const SET_SIGNING_KEY = `UPDATE organisation SET signingKey = :key WHERE id = :id`;
const SET_TERMS = `UPDATE organisation SET autoApprove = :autoApprove, quota = :quota WHERE id = :id`;

function organisationChanges(prepare: Prepare, kept: KeptRows) {
  const add = prepare<NewOrganisation>(ADD_ORGANISATION);
  const decide = prepare<{ id: string; status: string; reason: string | null; at: number }>(
    DECIDE_ORGANISATION,
  );
  const setSigningKey = prepare<{ id: string; key: string | null }>(SET_SIGNING_KEY);
  const setTerms = prepare<{ id: string; autoApprove: number; quota: number | null }>(SET_TERMS);
  return {
    addOrganisation: (row: NewOrganisation): void => {
      kept.forget();
      add.run(row);
    },
    decideOrganisation: (
      id: string,
      status: OrganisationRow["status"],
      reason: string | null,
      at: number,
    ): void => {
      kept.forget();
      decide.run({ id, status, reason, at });
    },
    setSigningKey: (id: string, key: string | null): void => setSigningKey.run({ id, key }),
    setTerms: (id: string, autoApprove: boolean, quota: number | null): void =>
      setTerms.run({ id, autoApprove: autoApprove ? 1 : 0, quota }),
  };
}

const ADD_KEY = `
  INSERT INTO api_key (id, hash, role, organisation, label, createdAt, repeatableUntil)
  VALUES (:id, :hash, :role, :organisation, :label, :createdAt, :repeatableUntil)`;
const KEY_BY_HASH = `SELECT * FROM api_key WHERE hash = :hash`;
const KEY = `SELECT * FROM api_key WHERE id = :id`;
const KEYS_OF = `SELECT * FROM api_key WHERE organisation = :organisation ORDER BY createdAt`;
const REVOKE_KEY = `UPDATE api_key SET revokedAt = :at WHERE id = :id`;
const END_REPEATS = `UPDATE api_key SET repeatableUntil = NULL WHERE id = :id`;

function keyStatements(prepare: Prepare, kept: KeptRows) {
  const add = prepare<Omit<ApiKeyRow, "revokedAt">>(ADD_KEY);
  const byHash = prepare<{ hash: string }, ApiKeyRow>(KEY_BY_HASH);
  const byId = prepare<{ id: string }, ApiKeyRow>(KEY);
  const keysOf = prepare<{ organisation: string }, ApiKeyRow>(KEYS_OF);
  const revoke = prepare<{ id: string; at: number }>(REVOKE_KEY);
  const endRepeats = prepare<{ id: string }>(END_REPEATS);
  return {
    addKey: (row: Omit<ApiKeyRow, "revokedAt">): void => {
      kept.forget();
      add.run(row);
    },
    keyByHash: (hash: string): ApiKeyRow | undefined => kept.get(`hash ${hash}`, () => byHash.get({ hash })),
    key: (id: string): ApiKeyRow | undefined => kept.get(`key ${id}`, () => byId.get({ id })),
    /** An organisation's keys, oldest first, revoked ones included. */
    keysOf: (organisation: string): ApiKeyRow[] => keysOf.all({ organisation }),
    revokeKey: (id: string, at: number): void => {
      kept.forget();
      revoke.run({ id, at });
    },
    /** From now on no repeated request gets the key's secret again. */
    endRepeats: (id: string): void => {
      kept.forget();
      endRepeats.run({ id });
    },
  };
}

const ADD_PRODUCT = `
  INSERT INTO product (id, organisation, status, gtin, category, filing, filedAt)
  VALUES (:id, :organisation, :status, :gtin, :category, :filing, :filedAt)`;
const PRODUCT = `SELECT * FROM product WHERE id = :id`;
const DECIDE_PRODUCT = `UPDATE product SET status = :status, reason = :reason, decidedAt = :at WHERE id = :id`;
const PRODUCTS = `
  SELECT * FROM product
  WHERE (:status IS NULL OR status = :status) AND (filedAt, id) < (:at, :id)
  ORDER BY filedAt DESC, id DESC LIMIT :limit`;
const PRODUCTS_OF = `
  SELECT * FROM product
  WHERE organisation = :organisation AND (:status IS NULL OR status = :status) AND (filedAt, id) < (:at, :id)
  ORDER BY filedAt DESC, id DESC LIMIT :limit`;

type ProductPage = Place & { limit: number; status: ProductRow["status"] | null };

function productStatements(prepare: Prepare) {
  const add = prepare<NewProduct>(ADD_PRODUCT);
  const byId = prepare<{ id: string }, ProductRow>(PRODUCT);
  const decide = prepare<{ id: string; status: string; reason: string | null; at: number }>(DECIDE_PRODUCT);
  const list = prepare<ProductPage, ProductRow>(PRODUCTS);
  const listOf = prepare<ProductPage & { organisation: string }, ProductRow>(PRODUCTS_OF);
  return {
    product: (id: string): ProductRow | undefined => byId.get({ id }),
    addProduct: (row: NewProduct): void => add.run(row),
    decideProduct: (id: string, status: ProductRow["status"], reason: string | null, at: number): void =>
      decide.run({ id, status, reason, at }),
    /** Products after a place in the list, newest first. */
    products: (
      after: Place,
      limit: number,
      only: { organisation?: string | undefined; status?: ProductRow["status"] | undefined } = {},
    ): ProductRow[] => {
      const page = { ...after, limit, status: only.status ?? null };
      const { organisation } = only;
      return organisation === undefined ? list.all(page) : listOf.all({ ...page, organisation });
    },
  };
}

const ADD_WAITING = `
  INSERT INTO waiting_record (organisation, n, at, draft) VALUES (:organisation, :n, :at, :draft)`;
const WAITING = `SELECT draft FROM waiting_record WHERE organisation = :organisation ORDER BY n`;
const NEXT_WAITING = `SELECT max(n) + 1 AS n FROM waiting_record WHERE organisation = :organisation`;
const WAITING_FILINGS = `SELECT count(*) AS count FROM waiting_record WHERE n = 0`;
const OLDEST_WAITING = `SELECT organisation, at FROM waiting_record WHERE n = 0 ORDER BY at LIMIT :limit`;
const DROP_WAITING = `DELETE FROM waiting_record WHERE organisation = :organisation AND n >= :from`;
const REMOVE_ORGANISATION = `DELETE FROM organisation WHERE id = :organisation`;
const REMOVE_KEYS = `DELETE FROM api_key WHERE organisation = :organisation`;
const REMOVE_PRODUCTS = `DELETE FROM product WHERE organisation = :organisation`;

type Of = { organisation: string };

/** Records of organisations that nobody approved. */
function waitingStatements(prepare: Prepare, kept: KeptRows) {
  const add = prepare<Of & { n: number; at: number; draft: string }>(ADD_WAITING);
  const drafts = prepare<Of, { draft: string }>(WAITING);
  const next = prepare<Of, { n: number | null }>(NEXT_WAITING);
  const count = prepare<void, { count: number }>(WAITING_FILINGS);
  const oldest = prepare<{ limit: number }, Of & { at: number }>(OLDEST_WAITING);
  const drop = prepare<Of & { from: number }>(DROP_WAITING);
  const remove = [REMOVE_ORGANISATION, REMOVE_KEYS, REMOVE_PRODUCTS].map((sql) => prepare<Of>(sql));
  return {
    addWaiting: (organisation: string, n: number, at: number, draft: string): void =>
      add.run({ organisation, n, at, draft }),
    /** The drafts that wait with an organisation's filing, in order; empty where its filing is in the log. */
    waiting: (organisation: string): string[] => drafts.all({ organisation }).map(({ draft }) => draft),
    /** How many records wait with an organisation's filing; 0 where the filing is in the log. */
    waitingCount: (organisation: string): number => next.get({ organisation })?.n ?? 0,
    /** How many filings are not in the log. */
    waitingFilings: (): number => count.get()?.count ?? 0,
    /** The oldest filings that are not in the log. */
    oldestWaiting: (limit: number): (Of & { at: number })[] => oldest.all({ limit }),
    /** Drops the drafts of an organisation from number `from` on. */
    dropWaiting: (organisation: string, from: number): void => drop.run({ organisation, from }),
    /** Removes an organisation that no record names, with its keys, goods and drafts. */
    removeUnrecorded: (organisation: string): void => {
      kept.forget();
      drop.run({ organisation, from: 0 });
      for (const statement of remove) statement.run({ organisation });
    },
  };
}

function toOrganisation(row: Stored<OrganisationRow>): OrganisationRow {
  return { ...row, autoApprove: row.autoApprove === 1 };
}
