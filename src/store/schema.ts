import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

// One schema for better-sqlite3 and for Durable Objects. Times are integer milliseconds since 1970, UTC.
// What the ledger proves is `record`; every other table of custody is derived from it and can be rebuilt.

/** Facts about this store: format, log origin, ledger number, the next serial. */
export const meta = sqliteTable("meta", {
  key: text().primaryKey(),
  value: text().notNull(),
});

/** A code epoch: its secret stays in the key file; here only a value by which a wrong secret is recognised. */
export const epoch = sqliteTable("epoch", {
  number: integer().primaryKey(),
  keyCheck: text().notNull(),
  begunAt: integer().notNull(),
});

export const organisation = sqliteTable(
  "organisation",
  {
    id: text().primaryKey(),
    role: text({ enum: ["enterprise", "assessor", "authority"] }).notNull(),
    status: text({ enum: ["requested", "approved", "declined", "revoked"] }).notNull(),
    scheme: text().notNull(),
    number: text().notNull(),
    country: text().notNull(),
    province: text(),
    /** The filing as given, JSON. */
    filing: text().notNull(),
    reason: text(),
    /** Ed25519 public key (base64) that its statements may be signed with. */
    signingKey: text(),
    autoApprove: integer({ mode: "boolean" }).notNull().default(false),
    /** Most codes it may have on order or out; null is the service's default. */
    quota: integer(),
    filedAt: integer().notNull(),
    decidedAt: integer(),
  },
  (t) => [
    // A declined filing holds its number no longer: whoever filed it may not have been its bearer.
    uniqueIndex("organisation_number")
      .on(t.scheme, t.number, t.country)
      .where(sql`status <> 'declined'`),
    index("organisation_filed").on(t.filedAt, t.id),
  ],
);

/** API keys: shown once, stored as SHA-256. */
export const apiKey = sqliteTable(
  "api_key",
  {
    id: text().primaryKey(),
    hash: text().notNull(),
    role: text({ enum: ["enterprise", "assessor", "authority", "operator"] }).notNull(),
    organisation: text().notNull(),
    label: text().notNull(),
    createdAt: integer().notNull(),
    revokedAt: integer(),
  },
  (t) => [
    uniqueIndex("api_key_hash").on(t.hash),
    index("api_key_organisation").on(t.organisation, t.createdAt),
  ],
);

export const product = sqliteTable(
  "product",
  {
    id: text().primaryKey(),
    organisation: text().notNull(),
    status: text({ enum: ["requested", "approved", "declined"] }).notNull(),
    gtin: text(),
    category: text({ enum: ["food", "consumer_goods", "vehicles"] }).notNull(),
    /** The filing as given, JSON. */
    filing: text().notNull(),
    reason: text(),
    filedAt: integer().notNull(),
    decidedAt: integer(),
  },
  (t) => [
    index("product_organisation").on(t.organisation, t.filedAt, t.id),
    index("product_filed").on(t.filedAt, t.id),
    index("product_gtin").on(t.gtin),
  ],
);

/** An order, and from issuing on the batch of codes it became. */
export const batch = sqliteTable(
  "batch",
  {
    id: text().primaryKey(),
    organisation: text().notNull(),
    product: text().notNull(),
    status: text({ enum: ["requested", "approved", "declined", "issuing", "ready", "closed"] }).notNull(),
    lot: text().notNull(),
    mode: text().notNull(),
    category: text({ enum: ["food", "consumer_goods", "vehicles"] }).notNull(),
    gtin: text(),
    quantity: integer().notNull(),
    /** The order as given, JSON. */
    terms: text().notNull(),
    valueUsdCents: integer(),
    /** Item key (epoch·2^45 + serial) of position 0, aligned to the span. */
    start: integer(),
    /** 2^spanLevel keys are set aside for it. */
    spanLevel: integer(),
    /** Root of the RFC 6962 tree over its codes. */
    root: blob({ mode: "buffer" }),
    /** Bit l is set where some chain hangs from a node of level l: levels that a trace need not seek. */
    chainLevels: integer().notNull().default(0),
    issued: integer().notNull().default(0),
    withPin: integer({ mode: "boolean" }).notNull().default(false),
    reason: text(),
    requestedAt: integer().notNull(),
    decidedAt: integer(),
    readyAt: integer(),
    closedAt: integer(),
    /** When codes that were never activated expire. */
    expiresAt: integer(),
  },
  (t) => [
    uniqueIndex("batch_start").on(t.start),
    index("batch_organisation").on(t.organisation, t.requestedAt, t.id),
    index("batch_requested").on(t.requestedAt, t.id),
    index("batch_product").on(t.product, t.start),
    index("batch_status").on(t.status, t.requestedAt),
  ],
);

/** Hashes of a batch's tree at levels 8, 16, 24, 256 to a row: a proof recomputes the block of 256 below. */
export const batchHash = sqliteTable(
  "batch_hash",
  {
    batch: text().notNull(),
    level: integer().notNull(),
    page: integer().notNull(),
    hashes: blob({ mode: "buffer" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.batch, t.level, t.page] })],
);

/** A vehicle's VIN and the code that stands for it. */
export const vehicle = sqliteTable("vehicle", { vin: text().primaryKey(), key: integer().notNull() }, (t) => [
  uniqueIndex("vehicle_key").on(t.key),
]);

/** The log, in order: the exact bytes of each record and its leaf hash (RFC 6962 2.1). */
export const record = sqliteTable("record", {
  index: integer().primaryKey(),
  bytes: blob({ mode: "buffer" }).notNull(),
  leaf: blob({ mode: "buffer" }).notNull(),
});

/** Perfect subtrees of the log at levels 8, 16, 24: with the leaves, all that tiles and proofs need. */
export const treeHash = sqliteTable(
  "tree_hash",
  {
    level: integer().notNull(),
    index: integer().notNull(),
    hash: blob({ mode: "buffer" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.level, t.index] })],
);

/** Row 1: the newest signed checkpoint. Row 2: the newest that witnesses cosigned, where there are any. */
export const checkpoint = sqliteTable("checkpoint", {
  id: integer().primaryKey(),
  size: integer().notNull(),
  note: text().notNull(),
});

/** Every chain: how long it is and the digest of its last record. */
export const chain = sqliteTable("chain", {
  id: integer().primaryKey(),
  of: text().notNull(),
  length: integer().notNull(),
  head: blob({ mode: "buffer" }),
});

/**
 * Chains by name, other than those of batches' nodes: these are found by their place (`node`). Their names are hashes, so
 * each would go to a page of its own in an index of millions (measured: a tenth of what an event costs, or more).
 */
export const chainName = sqliteTable("chain_name", {
  of: text().primaryKey(),
  chain: integer().notNull(),
});

/** Which record is the n-th of a chain, and as what the chain's thing takes part in it. */
export const link = sqliteTable(
  "link",
  {
    chain: integer().notNull(),
    n: integer().notNull(),
    index: integer().notNull(),
    /** The event's own time: the journey's order. */
    at: integer().notNull(),
    part: integer().notNull(),
    /** 1 where the thing enters a unit, 2 where it is a unit that is emptied, else 0. */
    move: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.chain, t.n] }),
    index("link_at").on(t.chain, t.at, t.index),
    // Not a partial index: where a table has one, SQLite plans a statement anew each time its values are bound.
    index("link_move").on(t.chain, t.move, t.at, t.index),
  ],
);

/** Nodes of batches that have a chain: `start` is the item key of the first position under the node. */
export const node = sqliteTable(
  "node",
  { start: integer().notNull(), level: integer().notNull(), chain: integer().notNull() },
  (t) => [primaryKey({ columns: [t.start, t.level] })],
);

/** Logistic units by their number (`sscc:…`, `container:…`), with the salt that hides it in the record. */
export const unit = sqliteTable(
  "unit",
  {
    /** The id of its chain. */
    chain: integer().primaryKey(),
    id: text().notNull(),
    salt: blob({ mode: "buffer" }).notNull(),
    /**
     * Milliseconds: nothing that is or was in it was reported on for later than this. It may be too late, never too
     * early: only a report on the unit for an earlier time must look into what was in it.
     */
    latestWithin: integer().notNull().default(0),
  },
  (t) => [uniqueIndex("unit_id").on(t.id)],
);

/** What custody and idempotency need of each record without opening it. */
export const event = sqliteTable(
  "event",
  {
    /** The record's index in the log. */
    index: integer().primaryKey(),
    kind: text().notNull(),
    at: integer().notNull(),
    organisation: text().notNull(),
    /** The actor's own id for its statement. */
    statement: text().notNull(),
    /** Chain id of the unit moved into or out of. */
    unit: integer(),
    to: text(),
    carrier: text(),
    recall: text(),
    /** Index of the record that this one corrects. */
    corrects: integer(),
    correctedBy: integer(),
  },
  (t) => [
    uniqueIndex("event_statement").on(t.organisation, t.statement),
    index("event_organisation").on(t.organisation, t.index),
  ],
);

/** For a release, by its log index: how long after the goods were declared it came, where that is known. */
export const clearance = sqliteTable("clearance", {
  index: integer().primaryKey(),
  ms: integer().notNull(),
});

/** Sealed fields (RFC 9901): erasable one by one while the record, which holds only digests, stays valid. */
export const disclosure = sqliteTable(
  "disclosure",
  {
    index: integer().notNull(),
    digest: text().notNull(),
    tier: text({ enum: ["owner", "parties", "authority"] }).notNull(),
    text: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.index, t.digest] })],
);

/** Derived: the life of codes that anything happened to, as intervals of item keys that do not overlap. */
export const codeState = sqliteTable("code_state", {
  start: integer().primaryKey(),
  end: integer().notNull(),
  status: text().notNull(),
});

export const recall = sqliteTable(
  "recall",
  {
    id: text().primaryKey(),
    status: text({ enum: ["draft", "active", "lifted"] }).notNull(),
    organisation: text().notNull(),
    /** Scope, reason and level as given, JSON. */
    terms: text().notNull(),
    codes: integer().notNull(),
    /** What the draft told of its reach, JSON. */
    reach: text().notNull(),
    createdAt: integer().notNull(),
    confirmedAt: integer(),
    liftedAt: integer(),
  },
  (t) => [index("recall_status").on(t.status, t.createdAt)],
);

/** The item keys under a recall, intervals that do not overlap within one recall. */
export const recallRange = sqliteTable(
  "recall_range",
  { recall: text().notNull(), start: integer().notNull(), end: integer().notNull() },
  (t) => [primaryKey({ columns: [t.recall, t.start] })],
);

/** Answers of acknowledged writes, to give again when the same key comes with the same body. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    owner: text().notNull(),
    key: text().notNull(),
    requestDigest: text().notNull(),
    /** The records that the answer stands for: `count` of them from index `first` on. */
    first: integer().notNull(),
    count: integer().notNull(),
    body: text().notNull(),
    at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.owner, t.key] }), index("idempotency_at").on(t.at)],
);

/** Third-party reports and other files; the record holds their digest. */
export const file = sqliteTable("file", {
  digest: text().primaryKey(),
  mediaType: text().notNull(),
  name: text().notNull(),
  organisation: text().notNull(),
  sizeBytes: integer().notNull(),
  bytes: blob({ mode: "buffer" }).notNull(),
  at: integer().notNull(),
});

/** The end of the scan log: scans in the order they came, one compact block a flush. */
export const scanBlock = sqliteTable("scan_block", {
  sequence: integer().primaryKey(),
  /** When its last scan was, in seconds since 1970. */
  at: integer().notNull(),
  /** How many of its scans are sightings (scan/sightings.ts), for which it is kept a day longer. */
  sightings: integer().notNull(),
  scans: blob({ mode: "buffer" }).notNull(),
});

/** Derived from the scan log: what it says of the scanned codes among 16,384 item keys (scan/tally-page.ts). */
export const scanPage = sqliteTable("scan_page", {
  number: integer().primaryKey(),
  /** The last block that it includes. */
  through: integer().notNull(),
  slots: blob({ mode: "buffer" }).notNull(),
  /** Counts too large for a slot; null where there are none. */
  hot: blob({ mode: "buffer" }),
});

/** Derived from the scan log, row 1: how scans are distributed, up to block `through`, JSON. */
export const scanTotals = sqliteTable("scan_totals", {
  id: integer().primaryKey(),
  through: integer().notNull(),
  /** Every page includes the blocks up to this one. */
  tail: integer().notNull(),
  totals: text().notNull(),
});

/** What became of tries at a code's PIN. */
export const pinState = sqliteTable("pin_state", {
  key: integer().primaryKey(),
  state: text().notNull(),
});

/** Audits that were run, with their findings. */
export const audit = sqliteTable(
  "audit",
  {
    id: text().primaryKey(),
    organisation: text().notNull(),
    scope: text().notNull(),
    ok: integer({ mode: "boolean" }).notNull(),
    result: text().notNull(),
    at: integer().notNull(),
  },
  (t) => [index("audit_at").on(t.at, t.id)],
);
