import type { Statement, StatementSignature } from "../../core/ledger/record.ts";
import type { MoveName, PartName } from "../../store/derived/events.ts";
import type { ChainHead, Tier } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";

/** A chain that a record is to extend, and as what its thing takes part. */
export interface ChainPart {
  of: string;
  part: PartName;
  /** Where the record moves the chain's thing into a unit, or empties the unit that it is. */
  move?: MoveName;
  /** The item key and level of a segment's node, noted when its chain begins. */
  node?: { start: number; level: number };
  /** The chain as the store has it, null for one that it has not; absent where that was not asked yet. */
  known?: ChainHead | null;
}

/** A record to be appended: the statement, its chains, and what of it is kept beside the record. */
export interface RecordDraft {
  statement: Statement;
  signature?: StatementSignature;
  chains: ChainPart[];
  disclosures: { digest: string; tier: Tier; text: string }[];
  /** Chain id of the unit moved into or out of. */
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
}

/** What a job may do inside the commit: read and write the store, and append records. */
export interface Transaction {
  readonly store: Store;
  /** The commit's own time, milliseconds. */
  readonly nowMs: number;
  append(draft: RecordDraft): Appended;
}

/** An answer that the same request will be given again. */
export interface Idempotent {
  owner: string;
  key: string;
  requestDigest: string;
}

/** Records of one write: `count` of them, which stand together in the log from `first` on. */
export interface Written {
  first: number;
  count: number;
}

/** How a request to write wants to be answered. */
export interface WriteRequest {
  /** Where it has an Idempotency-Key. */
  idempotent?: Idempotent;
  /** Told which records the answer stands for when they are durable, also where it is given again. */
  acknowledged?: (written: Written) => void;
}

export interface StoredAnswer<T> {
  value: T;
  /** True where an earlier request with the same key was answered so already. */
  replayed: boolean;
}
