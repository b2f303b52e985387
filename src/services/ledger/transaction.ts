import type { Statement, StatementSignature } from "../../core/ledger/record.ts";
import type { Extension } from "../../store/derived/custody.ts";
import type { NodePlace } from "../../store/derived/chains.ts";
import type { MoveName, PartName } from "../../store/derived/packed-chain.ts";
import type { Tier } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";

/** A chain that a record will extend, and the part that its subject takes. */
export interface ChainPart {
  of: string;
  part: PartName;
  /** Set where the record moves the chain's subject into a unit, or empties the unit. */
  move?: MoveName;
  /** The place of a segment's node; other chains are found by their names. */
  node?: NodePlace;
  /** For a node: the item key of its batch's first position. */
  batch?: number;
}

/** A record before it is appended: the statement, its chains, and the fields stored beside the record. */
export interface RecordDraft {
  statement: Statement;
  /** The statement's time, milliseconds since 1970, where the caller knows it. */
  atMs?: number;
  signature?: StatementSignature;
  chains: ChainPart[];
  disclosures: { digest: string; tier: Tier; text: string }[];
  /** The number of the unit moved into or out of. */
  unit?: number;
  to?: string;
  carrier?: string;
  recall?: string;
  corrects?: number;
}

export interface Appended {
  index: number;
  digest: string;
  recorded: string;
  /** The chains that the record extends, in its order. */
  extended: readonly Extension[];
}

/** The actions of a job inside the commit: it reads and writes the store, and appends records. */
export interface Transaction {
  readonly store: Store;
  /** The true time as far as known, milliseconds: what times that callers give are compared with. */
  readonly clockMs: number;
  /** The commit's own time, milliseconds: `clockMs`, and never before the last record. */
  readonly nowMs: number;
  /** Why the clock is not trusted, so that `append` refuses; undefined where it is. */
  readonly clockRefusal: string | undefined;
  append(draft: RecordDraft): Appended;
}

/** The key under which an answer is stored for repetitions of the same request. */
export interface Idempotent {
  owner: string;
  key: string;
  requestDigest: string;
}

/** The records of one write: `count` of them, consecutive in the log from index `first`. */
export interface Written {
  first: number;
  count: number;
}

/** Options of a request that writes. */
export interface WriteRequest {
  /** Present where the request has an Idempotency-Key. */
  idempotent?: Idempotent;
  /**
   * Checked inside the transaction before anything else: the key may be revoked, or the organisation suspended, after the
   * request began. @throws Problem
   */
  requireAllowed?: (store: Store) => void;
  /** Called with the records of the answer once they are durable, also for a replayed answer. */
  acknowledged?: (written: Written) => void;
}

export interface StoredAnswer<T> {
  value: T;
  /** True where an earlier request with the same key got this answer. */
  replayed: boolean;
}
