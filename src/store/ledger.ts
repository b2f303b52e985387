import { and, asc, count, eq, gte, lt, max, sql } from "drizzle-orm";
import type { Database } from "./binding.ts";
import { bound, boundLimit, p } from "./bound.ts";
import { chain, checkpoint, disclosure, record, treeHash } from "./schema.ts";

export interface StoredRecord {
  index: number;
  bytes: Uint8Array;
  leaf: Uint8Array;
}

export interface ChainHead {
  id: number;
  of: string;
  length: number;
  head: Uint8Array | null;
}

export type Tier = "owner" | "parties" | "authority";

export interface StoredDisclosure {
  digest: string;
  tier: Tier;
  text: string;
}

/** Records, the log's tree, chains' heads and sealed fields. Records are only ever added. */
export function ledgerStatements(db: Database) {
  const insertRecord = db
    .insert(record)
    .values({ index: p("index"), bytes: p("bytes"), leaf: p("leaf") })
    .prepare();
  const recordAt = db
    .select()
    .from(record)
    .where(eq(record.index, bound("index")))
    .prepare();
  const recordsFrom = db
    .select()
    .from(record)
    .where(and(gte(record.index, bound("from")), lt(record.index, bound("to"))))
    .orderBy(asc(record.index))
    .prepare();
  const leavesFrom = db
    .select({ leaf: record.leaf })
    .from(record)
    .where(and(gte(record.index, bound("from")), lt(record.index, bound("to"))))
    .orderBy(asc(record.index))
    .prepare();
  const lastIndex = db
    .select({ last: max(record.index) })
    .from(record)
    .prepare();
  const insertTreeHash = db
    .insert(treeHash)
    .values({ level: p("level"), index: p("index"), hash: p("hash") })
    .prepare();
  const treeHashAt = db
    .select({ hash: treeHash.hash })
    .from(treeHash)
    .where(and(eq(treeHash.level, bound("level")), eq(treeHash.index, bound("index"))))
    .prepare();
  const putCheckpoint = db
    .insert(checkpoint)
    .values({ id: 1, size: p("size"), note: p("note") })
    .onConflictDoUpdate({
      target: checkpoint.id,
      set: { size: sql`excluded.size`, note: sql`excluded.note` },
    })
    .prepare();
  const getCheckpoint = db.select().from(checkpoint).where(eq(checkpoint.id, 1)).prepare();
  const chainOf = db
    .select()
    .from(chain)
    .where(eq(chain.of, bound("of")))
    .prepare();
  const chainById = db
    .select()
    .from(chain)
    .where(eq(chain.id, bound("id")))
    .prepare();
  const insertChain = db
    .insert(chain)
    .values({ id: p("id"), of: p("of"), length: 0 })
    .prepare();
  const lastChain = db
    .select({ last: max(chain.id) })
    .from(chain)
    .prepare();
  // Ids are counted here: RETURNING opens a statement journal, which in a large savepoint grew to 200 µs an insert.
  let nextChain = (lastChain.get()?.last ?? 0) + 1;
  const advance = db
    .update(chain)
    .set({ length: sql`${p("length")}`, head: sql`${p("head")}` })
    .where(eq(chain.id, bound("id")))
    .prepare();
  const countChains = db.select({ n: count() }).from(chain).prepare();
  const chainsAfter = db
    .select()
    .from(chain)
    .where(sql`${chain.id} > ${bound("id")}`)
    .orderBy(asc(chain.id))
    .limit(boundLimit("limit"))
    .prepare();
  const insertDisclosure = db
    .insert(disclosure)
    .values({ index: p("index"), digest: p("digest"), tier: p("tier"), text: p("text") })
    .prepare();
  const disclosuresOf = db
    .select()
    .from(disclosure)
    .where(eq(disclosure.index, bound("index")))
    .prepare();
  const eraseDisclosure = db
    .delete(disclosure)
    .where(and(eq(disclosure.index, bound("index")), eq(disclosure.digest, bound("digest"))))
    .returning({ digest: disclosure.digest })
    .prepare();

  return {
    addRecord: (index: number, bytes: Uint8Array, leaf: Uint8Array): void =>
      void insertRecord.run({ index, bytes, leaf }),
    record: (index: number): StoredRecord | undefined => recordAt.get({ index }),
    /** Records [from, to) in log order. */
    records: (from: number, to: number): StoredRecord[] => recordsFrom.all({ from, to }),
    /** Leaf hashes [from, to) in log order. */
    leaves: (from: number, to: number): Uint8Array[] => leavesFrom.all({ from, to }).map((row) => row.leaf),
    /** How many records there are. */
    size: (): number => (lastIndex.get()?.last ?? -1) + 1,
    addTreeHash: (level: number, index: number, hash: Uint8Array): void =>
      void insertTreeHash.run({ level, index, hash }),
    treeHash: (level: number, index: number): Uint8Array | undefined =>
      treeHashAt.get({ level, index })?.hash,
    putCheckpoint: (size: number, note: string): void => void putCheckpoint.run({ size, note }),
    checkpoint: (): { size: number; note: string } | undefined => getCheckpoint.get(),
    chain: (of: string): ChainHead | undefined => chainOf.get({ of }),
    chainById: (id: number): ChainHead | undefined => chainById.get({ id }),
    /** Begins a chain; its id is used once, also where the transaction is undone. */
    addChain: (of: string): number => {
      const id = nextChain++;
      insertChain.run({ id, of });
      return id;
    },
    advanceChain: (id: number, length: number, head: Uint8Array): void =>
      void advance.run({ id, length, head }),
    countChains: (): number => countChains.get()?.n ?? 0,
    /** Chains by id, a page at a time. */
    chainsAfter: (id: number, limit: number): ChainHead[] => chainsAfter.all({ id, limit }),
    addDisclosure: (index: number, entry: StoredDisclosure): void =>
      void insertDisclosure.run({ index, digest: entry.digest, tier: entry.tier, text: entry.text }),
    disclosures: (index: number): StoredDisclosure[] => disclosuresOf.all({ index }),
    /** Forgets one sealed field for good; false where there was none. */
    eraseDisclosure: (index: number, digest: string): boolean =>
      eraseDisclosure.all({ index, digest }).length > 0,
  };
}

export type LedgerStatements = ReturnType<typeof ledgerStatements>;
