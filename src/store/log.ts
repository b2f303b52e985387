import type { Prepare } from "./statement.ts";

export interface StoredRecord {
  index: number;
  bytes: Uint8Array;
  leaf: Uint8Array;
}

/** A signed note and the number of records it covers. */
export interface StoredCheckpoint {
  size: number;
  note: string;
}

/** A chain: the number of its records and the digest of the last one, null before the first. */
export interface ChainHead {
  id: number;
  of: string;
  length: number;
  head: Uint8Array | null;
}

/** The readers of a sealed field: its owner, the parties to the journey, or the authority. */
export type Tier = "owner" | "parties" | "authority";

export interface StoredDisclosure {
  digest: string;
  tier: Tier;
  text: string;
}

/** The truth of the store: records, the log's tree, checkpoints, chains and sealed fields. Records are only added. */
export function ledgerStatements(prepare: Prepare) {
  return {
    ...recordStatements(prepare),
    ...treeStatements(prepare),
    ...checkpointStatements(prepare),
    ...chainStatements(prepare),
    ...disclosureStatements(prepare),
  };
}

export type LedgerStatements = ReturnType<typeof ledgerStatements>;

interface Range {
  from: number;
  to: number;
}

const ADD_RECORD = `INSERT INTO record ("index", bytes, leaf) VALUES (:index, :bytes, :leaf)`;
const RECORD = `SELECT "index", bytes, leaf FROM record WHERE "index" = :index`;
const RECORDS = `
  SELECT "index", bytes, leaf FROM record WHERE "index" >= :from AND "index" < :to ORDER BY "index"`;
const LEAVES = `SELECT leaf FROM record WHERE "index" >= :from AND "index" < :to ORDER BY "index"`;
const LAST_RECORD = `SELECT max("index") AS last FROM record`;

function recordStatements(prepare: Prepare) {
  const add = prepare<StoredRecord>(ADD_RECORD);
  const at = prepare<{ index: number }, StoredRecord>(RECORD);
  const within = prepare<Range, StoredRecord>(RECORDS);
  const leavesWithin = prepare<Range, Pick<StoredRecord, "leaf">>(LEAVES);
  const lastRecord = prepare<void, { last: number | null }>(LAST_RECORD);
  return {
    addRecord: (index: number, bytes: Uint8Array, leaf: Uint8Array): void => add.run({ index, bytes, leaf }),
    record: (index: number): StoredRecord | undefined => at.get({ index }),
    /** Records [from, to) in log order. */
    records: (from: number, to: number): StoredRecord[] => within.all({ from, to }),
    /** Leaf hashes [from, to) in log order. */
    leaves: (from: number, to: number): Uint8Array[] =>
      leavesWithin.all({ from, to }).map(({ leaf }) => leaf),
    /** The number of records. */
    size: (): number => (lastRecord.get()?.last ?? -1) + 1,
  };
}

const ADD_TREE_HASH = `INSERT INTO tree_hash (level, "index", hash) VALUES (:level, :index, :hash)`;
const TREE_HASH = `SELECT hash FROM tree_hash WHERE level = :level AND "index" = :index`;

function treeStatements(prepare: Prepare) {
  const add = prepare<{ level: number; index: number; hash: Uint8Array }>(ADD_TREE_HASH);
  const at = prepare<{ level: number; index: number }, { hash: Uint8Array }>(TREE_HASH);
  return {
    addTreeHash: (level: number, index: number, hash: Uint8Array): void => add.run({ level, index, hash }),
    treeHash: (level: number, index: number): Uint8Array | undefined => at.get({ level, index })?.hash,
  };
}

/** Rows of the checkpoint table. */
const NEWEST = 1;
const PUBLISHED = 2;

const PUT_CHECKPOINT = `
  INSERT INTO checkpoint (id, size, note) VALUES (:id, :size, :note)
  ON CONFLICT (id) DO UPDATE SET size = excluded.size, note = excluded.note`;
const CHECKPOINT = `SELECT size, note FROM checkpoint WHERE id = :id`;
const DROP_CHECKPOINT = `DELETE FROM checkpoint WHERE id = :id`;

function checkpointStatements(prepare: Prepare) {
  const put = prepare<StoredCheckpoint & { id: number }>(PUT_CHECKPOINT);
  const get = prepare<{ id: number }, StoredCheckpoint>(CHECKPOINT);
  const drop = prepare<{ id: number }>(DROP_CHECKPOINT);
  return {
    putCheckpoint: (size: number, note: string): void => put.run({ id: NEWEST, size, note }),
    checkpoint: (): StoredCheckpoint | undefined => get.get({ id: NEWEST }),
    /** The newest checkpoint that witnesses cosigned, with their signatures. It may be older than `checkpoint`. */
    published: (): StoredCheckpoint | undefined => get.get({ id: PUBLISHED }),
    putPublished: (size: number, note: string): void => put.run({ id: PUBLISHED, size, note }),
    dropPublished: (): void => drop.run({ id: PUBLISHED }),
  };
}

const ADD_CHAIN = `INSERT INTO chain (id, "of", length, head) VALUES (:id, :of, :length, :head)`;
const ADD_CHAIN_NAME = `INSERT INTO chain_name ("of", chain) VALUES (:of, :chain)`;
const CHAIN_BY_NAME = `
  SELECT c.id, c."of", c.length, c.head FROM chain_name AS n JOIN chain AS c ON c.id = n.chain
  WHERE n."of" = :of AND c."of" = n."of"`;
const CHAIN_BY_ID = `SELECT id, "of", length, head FROM chain WHERE id = :id`;
const LAST_CHAIN = `SELECT max(id) AS last FROM chain`;
const ADVANCE_CHAIN = `UPDATE chain SET length = :length, head = :head WHERE id = :id`;
const CHAINS_AFTER = `SELECT id, "of", length, head FROM chain WHERE id > :id ORDER BY id LIMIT :limit`;

function chainStatements(prepare: Prepare) {
  const add = prepare<ChainHead>(ADD_CHAIN);
  const addName = prepare<{ of: string; chain: number }>(ADD_CHAIN_NAME);
  const byName = prepare<{ of: string }, ChainHead>(CHAIN_BY_NAME);
  const byId = prepare<{ id: number }, ChainHead>(CHAIN_BY_ID);
  const last = prepare<void, { last: number | null }>(LAST_CHAIN);
  const advance = prepare<Omit<ChainHead, "of">>(ADVANCE_CHAIN);
  const after = prepare<{ id: number; limit: number }, ChainHead>(CHAINS_AFTER);
  const lastChain = (): number => last.get()?.last ?? 0;
  // Ids are counted here. RETURNING opens a statement journal, which grew to 200 µs an insert in a large savepoint.
  let nextChain = lastChain() + 1;
  const newChain = (of: string, head: Uint8Array | null): number => {
    const id = nextChain++;
    add.run({ id, of, length: head === null ? 0 : 1, head });
    return id;
  };
  return {
    /** A chain by its name. A node's chain has no name here: find it with custody's `chainAt`. */
    chain: (of: string): ChainHead | undefined => byName.get({ of }),
    chainById: (id: number): ChainHead | undefined => byId.get({ id }),
    /** Adds a chain, with its first record's digest if it has one. Its id is used once, even when this is undone. */
    addChain: (of: string, head: Uint8Array | null = null): number => {
      const id = newChain(of, head);
      addName.run({ of, chain: id });
      return id;
    },
    /** Adds a node's chain. Call custody's `addNode` with it, since the node's position is how it is found. */
    addNodeChain: (of: string, head: Uint8Array): number => newChain(of, head),
    advanceChain: (id: number, length: number, head: Uint8Array): void => advance.run({ id, length, head }),
    /** The id of the newest chain, 0 when there is none. */
    lastChain,
    /** Chains with an id above `id`, ascending. */
    chainsAfter: (id: number, limit: number): ChainHead[] => after.all({ id, limit }),
  };
}

const ADD_DISCLOSURE = `
  INSERT INTO disclosure ("index", digest, tier, text) VALUES (:index, :digest, :tier, :text)`;
const DISCLOSURES = `SELECT digest, tier, text FROM disclosure WHERE "index" = :index`;
const ERASE_DISCLOSURE = `
  DELETE FROM disclosure WHERE "index" = :index AND digest = :digest RETURNING digest`;

function disclosureStatements(prepare: Prepare) {
  const add = prepare<StoredDisclosure & { index: number }>(ADD_DISCLOSURE);
  const ofRecord = prepare<{ index: number }, StoredDisclosure>(DISCLOSURES);
  const erase = prepare<{ index: number; digest: string }, { digest: string }>(ERASE_DISCLOSURE);
  return {
    addDisclosure: (index: number, { digest, tier, text }: StoredDisclosure): void =>
      add.run({ index, digest, tier, text }),
    disclosures: (index: number): StoredDisclosure[] => ofRecord.all({ index }),
    /** Erases one sealed field. Returns false when there was none. */
    eraseDisclosure: (index: number, digest: string): boolean => erase.all({ index, digest }).length > 0,
  };
}
