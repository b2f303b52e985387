import type { AddedRows } from "./added-rows.ts";
import type { UndoLog } from "./derived/undo-log.ts";
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

/** The readers of a sealed field: its owner, the parties to the journey, or the authority. */
export type Tier = "owner" | "parties" | "authority";

export interface StoredDisclosure {
  digest: string;
  tier: Tier;
  text: string;
}

/** The truth of the store: records, the log's tree, checkpoints and sealed fields. Records are only added. */
export function ledgerStatements(prepare: Prepare, added: AddedRows, undo: UndoLog) {
  return {
    ...recordStatements(prepare, added, undo),
    ...treeStatements(prepare, added),
    ...checkpointStatements(prepare),
    ...disclosureStatements(prepare, added),
  };
}

export type LedgerStatements = ReturnType<typeof ledgerStatements>;

interface Range {
  from: number;
  to: number;
}

const ADD_RECORD = `INSERT INTO record ("index", bytes, leaf) VALUES (:index, :bytes, :leaf)`;
const REMOVE_RECORD = `DELETE FROM record WHERE "index" = :index`;
const RECORD = `SELECT "index", bytes, leaf FROM record WHERE "index" = :index`;
const RECORDS = `
  SELECT "index", bytes, leaf FROM record WHERE "index" >= :from AND "index" < :to ORDER BY "index"`;
const LEAVES = `SELECT leaf FROM record WHERE "index" >= :from AND "index" < :to ORDER BY "index"`;
const LAST_RECORD = `SELECT max("index") AS last FROM record`;

function recordStatements(prepare: Prepare, added: AddedRows, undo: UndoLog) {
  const add = prepare<StoredRecord>(ADD_RECORD);
  const remove = prepare<{ index: number }>(REMOVE_RECORD);
  const at = prepare<{ index: number }, StoredRecord>(RECORD);
  const within = prepare<Range, StoredRecord>(RECORDS);
  const leavesWithin = prepare<Range, Pick<StoredRecord, "leaf">>(LEAVES);
  const lastRecord = prepare<void, { last: number | null }>(LAST_RECORD);
  /** Records of the running transaction. */
  const recent = new Map<number, StoredRecord & { digest: Uint8Array }>();
  const inOrder: number[] = [];
  undo.add({
    get size() {
      return inOrder.length;
    },
    cutTo(size) {
      for (const index of inOrder.splice(size)) recent.delete(index);
    },
    settled() {
      recent.clear();
      inOrder.length = 0;
    },
  });
  return {
    /** Adds a record. @param digest the SHA-256 of its bytes */
    addRecord: (index: number, bytes: Uint8Array, leaf: Uint8Array, digest: Uint8Array): void => {
      recent.set(index, { index, bytes, leaf, digest });
      inOrder.push(index);
      added.add({ insert: () => add.run({ index, bytes, leaf }), remove: () => remove.run({ index }) });
    },
    record: (index: number): StoredRecord | undefined => at.get({ index }) ?? recent.get(index),
    /** The digest of a record; undefined where the log has none. */
    digest: (index: number, sha256: (bytes: Uint8Array) => Uint8Array): Uint8Array | undefined => {
      const known = recent.get(index)?.digest;
      if (known !== undefined) return known;
      const row = at.get({ index });
      return row && sha256(row.bytes);
    },
    /** Records [from, to) in log order. */
    records: (from: number, to: number): StoredRecord[] => {
      added.insertAll();
      return within.all({ from, to });
    },
    /** Leaf hashes [from, to) in log order. */
    leaves: (from: number, to: number): Uint8Array[] => {
      added.insertAll();
      return leavesWithin.all({ from, to }).map(({ leaf }) => leaf);
    },
    /** The number of records. */
    size: (): number => {
      added.insertAll();
      return (lastRecord.get()?.last ?? -1) + 1;
    },
  };
}

const ADD_TREE_HASH = `INSERT INTO tree_hash (level, "index", hash) VALUES (:level, :index, :hash)`;
const REMOVE_TREE_HASH = `DELETE FROM tree_hash WHERE level = :level AND "index" = :index`;
const TREE_HASH = `SELECT hash FROM tree_hash WHERE level = :level AND "index" = :index`;

function treeStatements(prepare: Prepare, added: AddedRows) {
  const add = prepare<{ level: number; index: number; hash: Uint8Array }>(ADD_TREE_HASH);
  const remove = prepare<{ level: number; index: number }>(REMOVE_TREE_HASH);
  const at = prepare<{ level: number; index: number }, { hash: Uint8Array }>(TREE_HASH);
  return {
    addTreeHash: (level: number, index: number, hash: Uint8Array): void =>
      added.add({
        insert: () => add.run({ level, index, hash }),
        remove: () => remove.run({ level, index }),
      }),
    treeHash: (level: number, index: number): Uint8Array | undefined => {
      added.insertAll();
      return at.get({ level, index })?.hash;
    },
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

const ADD_DISCLOSURE = `
  INSERT INTO disclosure ("index", digest, tier, text) VALUES (:index, :digest, :tier, :text)`;
const DISCLOSURES = `SELECT digest, tier, text FROM disclosure WHERE "index" = :index`;
const ERASE_DISCLOSURE = `
  DELETE FROM disclosure WHERE "index" = :index AND digest = :digest RETURNING digest`;

function disclosureStatements(prepare: Prepare, added: AddedRows) {
  const add = prepare<StoredDisclosure & { index: number }>(ADD_DISCLOSURE);
  const ofRecord = prepare<{ index: number }, StoredDisclosure>(DISCLOSURES);
  const erase = prepare<{ index: number; digest: string }, { digest: string }>(ERASE_DISCLOSURE);
  return {
    addDisclosure: (index: number, { digest, tier, text }: StoredDisclosure): void =>
      added.add({
        insert: () => add.run({ index, digest, tier, text }),
        remove: () => void erase.all({ index, digest }),
      }),
    disclosures: (index: number): StoredDisclosure[] => {
      added.insertAll();
      return ofRecord.all({ index });
    },
    /** Erases one sealed field. Returns false when there was none. */
    eraseDisclosure: (index: number, digest: string): boolean => {
      added.insertAll();
      return erase.all({ index, digest }).length > 0;
    },
  };
}
