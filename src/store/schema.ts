import {
  customType,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

// drizzle-kit generates the migrations from these tables, and rows take their types from them. Other files import only
// types from here, so the running service loads no drizzle code. Every column is named as its property.
// One schema serves better-sqlite3 and Durable Objects. Times are integer milliseconds since 1970, UTC.
// The ledger proves `record`; every other table of custody can be rebuilt from it.

/** Bytes as every runtime has them: better-sqlite3 returns a Buffer, which is a Uint8Array. */
const bytes = customType<{ data: Uint8Array }>({ dataType: () => "blob" });

/** Facts about this store: format, log origin, ledger number, the next serial. */
export const meta = sqliteTable("meta", {
  key: text().primaryKey(),
  value: text().notNull(),
});

/** A code epoch. Its secret stays in the key file; the key check recognises a wrong secret. */
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
    status: text({ enum: ["requested", "approved", "declined", "suspended"] }).notNull(),
    scheme: text().notNull(),
    number: text().notNull(),
    country: text().notNull(),
    province: text(),
    /** The filing as given, JSON. */
    filing: text().notNull(),
    reason: text(),
    /** Ed25519 public key (base64) that verifies its signed statements. */
    signingKey: text(),
    autoApprove: integer({ mode: "boolean" }).notNull().default(false),
    /** The most codes it may have on order or issued; null means the service's default. */
    quota: integer(),
    filedAt: integer().notNull(),
    decidedAt: integer(),
  },
  (t) => [
    // Not unique: anybody can file a number, so filings of one number wait side by side.
    index("organisation_number").on(t.scheme, t.number, t.status),
    index("organisation_filed").on(t.filedAt, t.id),
  ],
);

/** API keys, stored as SHA-256; a key is shown once. */
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
    /** Until then a repeated request gets the secret again; null once the key was used, or if it is never repeated. */
    repeatableUntil: integer(),
  },
  (t) => [
    uniqueIndex("api_key_hash").on(t.hash),
    index("api_key_organisation").on(t.organisation, t.createdAt),
  ],
);

/**
 * Records about an organisation that nobody approved, as JSON drafts. Row 0 is its filing. Approval appends them to the log;
 * a declined filing keeps row 0 alone until it expires.
 */
export const waitingRecord = sqliteTable(
  "waiting_record",
  {
    organisation: text().notNull(),
    n: integer().notNull(),
    at: integer().notNull(),
    draft: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.organisation, t.n] }), index("waiting_record_age").on(t.n, t.at)],
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

/** An order, which becomes a batch of codes when it is issued. */
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
    /** Item key (epoch·2^45 + serial) of position 0, a multiple of the span. */
    start: integer(),
    /** The batch reserves 2^spanLevel item keys. */
    spanLevel: integer(),
    /** Root of the RFC 6962 tree over its codes. */
    root: bytes(),
    issued: integer().notNull().default(0),
    withPin: integer({ mode: "boolean" }).notNull().default(false),
    reason: text(),
    requestedAt: integer().notNull(),
    decidedAt: integer(),
    readyAt: integer(),
    closedAt: integer(),
    /** Codes not activated by this time expire. */
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

/** Hashes of a batch's tree at levels 8, 16 and 24, 256 to a row. A proof recomputes the 256 codes below one. */
export const batchHash = sqliteTable(
  "batch_hash",
  {
    batch: text().notNull(),
    level: integer().notNull(),
    page: integer().notNull(),
    hashes: bytes().notNull(),
  },
  (t) => [primaryKey({ columns: [t.batch, t.level, t.page] })],
);

/** A vehicle's VIN and the item key of its code. */
export const vehicle = sqliteTable("vehicle", { vin: text().primaryKey(), key: integer().notNull() }, (t) => [
  uniqueIndex("vehicle_key").on(t.key),
]);

/** The log in order: the exact bytes of each record and its leaf hash (RFC 6962, 2.1). */
export const record = sqliteTable("record", {
  index: integer().primaryKey(),
  bytes: bytes().notNull(),
  leaf: bytes().notNull(),
});

/** Hashes of the log's full subtrees at levels 8, 16 and 24. Tiles and proofs need these and the leaves. */
export const treeHash = sqliteTable(
  "tree_hash",
  {
    level: integer().notNull(),
    index: integer().notNull(),
    hash: bytes().notNull(),
  },
  (t) => [primaryKey({ columns: [t.level, t.index] })],
);

/** Row 1 is the newest signed checkpoint. Row 2 is the newest one that witnesses cosigned, if any. */
export const checkpoint = sqliteTable("checkpoint", {
  id: integer().primaryKey(),
  size: integer().notNull(),
  note: text().notNull(),
});

/** Derived: texts that chains name by number (kinds, organisations, recalls), in the order in which the log names them. */
export const term = sqliteTable("term", { number: integer().primaryKey(), text: text().notNull() }, (t) => [
  uniqueIndex("term_text").on(t.text),
]);

/** Derived: names of chains other than those of nodes and units, in the order in which the log names them. */
export const namedChain = sqliteTable(
  "named_chain",
  { number: integer().primaryKey(), text: text().notNull() },
  (t) => [uniqueIndex("named_chain_text").on(t.text)],
);

/** Derived: the chains of all nodes that start at 64 item keys, packed (derived/packed-page.ts). */
export const chainPage = sqliteTable("chain_page", {
  /** Item key of the first, divided by 64. */
  number: integer().primaryKey(),
  chains: bytes().notNull(),
});

/** Derived: chains of units (number above 0) and of other things with a name (the number of the name, negative). */
export const numberedChain = sqliteTable("numbered_chain", {
  number: integer().primaryKey(),
  /**
   * An upper bound on the event times of everything that is or was in the unit, milliseconds. Only a report on the
   * unit for an earlier time must check its contents.
   */
  latestWithin: integer().notNull(),
  /** The number of full blocks, the number of newer facts, and these, packed (derived/packed-chain.ts). */
  chain: bytes().notNull(),
});

/** Derived: the older facts of long chains, 256 to a row, with the earliest and the latest event time. */
export const chainBlock = sqliteTable(
  "chain_block",
  {
    start: integer().notNull(),
    /** 255 for a numbered chain, whose number is then `start`. */
    level: integer().notNull(),
    block: integer().notNull(),
    facts: bytes().notNull(),
  },
  (t) => [primaryKey({ columns: [t.start, t.level, t.block] })],
);

/** Derived: bit l is set where a node of level l of the batch has a chain. A trace skips the other levels. */
export const batchLevel = sqliteTable("batch_level", {
  /** Item key of the batch's first position. */
  start: integer().primaryKey(),
  levels: integer().notNull(),
});

/** Derived: records by 48 bits of the hash of their reporter and id. */
export const statementAt = sqliteTable(
  "statement_at",
  { hash: integer().notNull(), index: integer().notNull() },
  (t) => [primaryKey({ columns: [t.hash, t.index] })],
);

/** Derived: the records of each organisation (the number of its term), packed: those among 4,096 records of the log. */
export const organisationPage = sqliteTable(
  "organisation_page",
  {
    organisation: integer().notNull(),
    /** The index of the first of the log's records, divided by 4,096. */
    page: integer().notNull(),
    /** Differences between indexes, ascending from 0 (derived/packing.ts). */
    records: bytes().notNull(),
  },
  (t) => [primaryKey({ columns: [t.organisation, t.page] })],
);

/** Derived: the record that corrects another one. */
export const correction = sqliteTable("correction", {
  index: integer().primaryKey(),
  by: integer().notNull(),
});

/**
 * Logistic units by number (`sscc:…`, `container:…`), with the salt that hides the number in records. No record has
 * them: they are not derived.
 */
export const unit = sqliteTable(
  "unit",
  {
    number: integer().primaryKey(),
    id: text().notNull(),
    salt: bytes().notNull(),
    /** The first 48 bits of its chain's name. */
    tag: integer().notNull(),
  },
  (t) => [uniqueIndex("unit_id").on(t.id), index("unit_tag").on(t.tag)],
);

/** Derived: milliseconds from declaration to release, by the log index of the release, when both are known. */
export const clearance = sqliteTable("clearance", {
  index: integer().primaryKey(),
  ms: integer().notNull(),
});

/** Sealed fields (RFC 9901). Each can be erased; the record holds only digests and stays valid. */
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

/** Derived: statuses of codes with events, as intervals of item keys [start, end) that do not overlap. */
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
    /** The reach reported with the draft, JSON. */
    reach: text().notNull(),
    createdAt: integer().notNull(),
    confirmedAt: integer(),
    liftedAt: integer(),
  },
  (t) => [index("recall_status").on(t.status, t.createdAt)],
);

/** Item keys under a recall, as intervals [start, end) that do not overlap within one recall. */
export const recallRange = sqliteTable(
  "recall_range",
  { recall: text().notNull(), start: integer().notNull(), end: integer().notNull() },
  (t) => [primaryKey({ columns: [t.recall, t.start] })],
);

/** Answers of acknowledged writes, repeated when the same key comes with the same body: in the order of the writes. */
export const answer = sqliteTable(
  "answer",
  {
    number: integer().primaryKey(),
    owner: text().notNull(),
    key: text().notNull(),
    requestDigest: text().notNull(),
    /** The answer covers `count` records starting at index `first`. */
    first: integer().notNull(),
    count: integer().notNull(),
    body: text().notNull(),
    at: integer().notNull(),
  },
  (t) => [index("answer_age").on(t.at)],
);

/** Derived: answers by 48 bits of the hash of owner and key. */
export const answerAt = sqliteTable(
  "answer_at",
  { hash: integer().notNull(), number: integer().notNull() },
  (t) => [primaryKey({ columns: [t.hash, t.number] })],
);

/** The bytes of third-party reports and other files, each digest once. Records hold the digests. */
export const file = sqliteTable("file", {
  digest: text().primaryKey(),
  mediaType: text().notNull(),
  name: text().notNull(),
  organisation: text().notNull(),
  sizeBytes: integer().notNull(),
  bytes: bytes().notNull(),
  at: integer().notNull(),
});

/** The name and type that each organisation gave a file: a stranger who stores the same bytes renames nothing. */
export const fileUpload = sqliteTable(
  "file_upload",
  {
    digest: text().notNull(),
    organisation: text().notNull(),
    mediaType: text().notNull(),
    name: text().notNull(),
    at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.digest, t.organisation] })],
);

/** The bytes of all files that an organisation stored, which its quota limits. */
export const fileUsage = sqliteTable("file_usage", {
  organisation: text().primaryKey(),
  sizeBytes: integer().notNull(),
});

/** The recent part of the scan log: scans in arrival order, one compact block per flush. */
export const scanBlock = sqliteTable("scan_block", {
  sequence: integer().primaryKey(),
  /** Time of the block's last scan, seconds since 1970. */
  at: integer().notNull(),
  /** Number of sightings in the block (scan/sightings.ts). A block with sightings is kept a day longer. */
  sightings: integer().notNull(),
  scans: bytes().notNull(),
});

/** Derived from the scan log: tallies of the scanned codes among 16,384 item keys (scan/tally-page.ts). */
export const scanPage = sqliteTable("scan_page", {
  number: integer().primaryKey(),
  /** Sequence of the last block included. */
  through: integer().notNull(),
  slots: bytes().notNull(),
  /** Counts too large for a slot; null when there are none. */
  hot: bytes(),
});

/** Derived from the scan log: row 1 holds the distribution of scans up to block `through`, JSON. */
export const scanTotals = sqliteTable("scan_totals", {
  id: integer().primaryKey(),
  through: integer().notNull(),
  /** Every page includes the blocks up to this sequence. */
  tail: integer().notNull(),
  totals: text().notNull(),
});

/** Attempts at a code's PIN. */
export const pinState = sqliteTable("pin_state", {
  key: integer().primaryKey(),
  state: text().notNull(),
});

/** Completed audits with their findings. */
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
