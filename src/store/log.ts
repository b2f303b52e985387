import { and, asc, count, eq, gte, lt, max, sql } from "drizzle-orm";
import type { Database } from "./binding.ts";
import type { Direct } from "./direct.ts";
import { bound, boundLimit, p } from "./bound.ts";
import { chain, chainName, checkpoint, disclosure, record, treeHash } from "./schema.ts";

export interface StoredRecord {
  index: number;
  bytes: Uint8Array;
  leaf: Uint8Array;
}

/** A signed note and how many records it is of. */
export interface StoredCheckpoint {
  size: number;
  note: string;
}

export interface ChainHead {
  id: number;
  of: string;
  length: number;
  head: Uint8Array | null;
}

/** Rows of the checkpoint table. */
const NEWEST = 1;
const PUBLISHED = 2;

export type Tier = "owner" | "parties" | "authority";

export interface StoredDisclosure {
  digest: string;
  tier: Tier;
  text: string;
}

/** Records, the log's tree, chains' heads and sealed fields. Records are only ever added. */
export function ledgerStatements(db: Database, direct: Direct) {
  const insertRecord = direct(
    db.insert(record).values({ index: p("index"), bytes: p("bytes"), leaf: p("leaf") }),
  );
  const recordAt = direct(
    db
      .select()
      .from(record)
      .where(eq(record.index, bound("index"))),
  );
  const recordsFrom = direct(
    db
      .select()
      .from(record)
      .where(and(gte(record.index, bound("from")), lt(record.index, bound("to"))))
      .orderBy(asc(record.index)),
  );
  const leavesFrom = direct(
    db
      .select({ leaf: record.leaf })
      .from(record)
      .where(and(gte(record.index, bound("from")), lt(record.index, bound("to"))))
      .orderBy(asc(record.index)),
  );
  const lastIndex = db
    .select({ last: max(record.index) })
    .from(record)
    .prepare();
  const insertTreeHash = direct(
    db.insert(treeHash).values({ level: p("level"), index: p("index"), hash: p("hash") }),
  );
  const treeHashAt = direct(
    db
      .select({ hash: treeHash.hash })
      .from(treeHash)
      .where(and(eq(treeHash.level, bound("level")), eq(treeHash.index, bound("index")))),
  );
  const putCheckpoint = direct(
    db
      .insert(checkpoint)
      .values({ id: p("id"), size: p("size"), note: p("note") })
      .onConflictDoUpdate({
        target: checkpoint.id,
        set: { size: sql`excluded.size`, note: sql`excluded.note` },
      }),
  );
  const getCheckpoint = db
    .select()
    .from(checkpoint)
    .where(eq(checkpoint.id, bound("id")))
    .prepare();
  const dropCheckpoint = db
    .delete(checkpoint)
    .where(eq(checkpoint.id, bound("id")))
    .prepare();
  const chainOf = direct(
    db
      .select({ id: chain.id, of: chain.of, length: chain.length, head: chain.head })
      .from(chainName)
      .innerJoin(chain, eq(chain.id, chainName.chain))
      .where(and(eq(chainName.of, bound("of")), eq(chain.of, chainName.of))),
  );
  const chainById = direct(
    db
      .select()
      .from(chain)
      .where(eq(chain.id, bound("id"))),
  );
  const insertChain = direct(
    db.insert(chain).values({ id: p("id"), of: p("of"), length: p("length"), head: p("head") }),
  );
  const insertName = direct(db.insert(chainName).values({ of: p("of"), chain: p("chain") }));
  const lastChain = db
    .select({ last: max(chain.id) })
    .from(chain)
    .prepare();
  // Ids are counted here: RETURNING opens a statement journal, which in a large savepoint grew to 200 µs an insert.
  const newestChain = (): number => lastChain.get()?.last ?? 0;
  let nextChain = newestChain() + 1;
  const newChain = (of: string, head: Uint8Array | null): number => {
    const id = nextChain++;
    insertChain.run({ id, of, length: head === null ? 0 : 1, head });
    return id;
  };
  const advance = direct(
    db
      .update(chain)
      .set({ length: sql`${p("length")}`, head: sql`${p("head")}` })
      .where(eq(chain.id, bound("id"))),
  );
  const countChains = db.select({ n: count() }).from(chain).prepare();
  const chainsAfter = direct(
    db
      .select()
      .from(chain)
      .where(sql`${chain.id} > ${bound("id")}`)
      .orderBy(asc(chain.id))
      .limit(boundLimit("limit")),
  );
  const insertDisclosure = direct(
    db
      .insert(disclosure)
      .values({ index: p("index"), digest: p("digest"), tier: p("tier"), text: p("text") }),
  );
  const disclosuresOf = direct(
    db
      .select()
      .from(disclosure)
      .where(eq(disclosure.index, bound("index"))),
  );
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
    putCheckpoint: (size: number, note: string): void => void putCheckpoint.run({ id: NEWEST, size, note }),
    checkpoint: (): StoredCheckpoint | undefined => getCheckpoint.get({ id: NEWEST }),
    /** The newest that witnesses cosigned, with their signatures; it may be behind `checkpoint`. */
    published: (): StoredCheckpoint | undefined => getCheckpoint.get({ id: PUBLISHED }),
    putPublished: (size: number, note: string): void => void putCheckpoint.run({ id: PUBLISHED, size, note }),
    dropPublished: (): void => void dropCheckpoint.run({ id: PUBLISHED }),
    /** A chain by its name; a node's is found by its place alone (custody's `chainAt`). */
    chain: (of: string): ChainHead | undefined => chainOf.get({ of }),
    chainById: (id: number): ChainHead | undefined => chainById.get({ id }),
    /** Begins a chain, with its first record's digest where it has one; its id is used once, also where this is undone. */
    addChain: (of: string, head: Uint8Array | null = null): number => {
      const id = newChain(of, head);
      insertName.run({ of, chain: id });
      return id;
    },
    /** Begins a node's chain, which is to be found by its place: custody's `addNode` goes with it. */
    addNodeChain: (of: string, head: Uint8Array): number => newChain(of, head),
    advanceChain: (id: number, length: number, head: Uint8Array): void =>
      void advance.run({ id, length, head }),
    /** The id of the chain begun last, 0 where there is none. */
    lastChain: newestChain,
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
