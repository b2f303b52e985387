import type { Keyring } from "../core/code/keyring.ts";
import type { Store } from "../store/store.ts";
import type { MakeBackup } from "./backup.ts";
import type { Issuer } from "./codes/issuer.ts";
import type { BatchRegister } from "../scan/batch-register.ts";
import type { BatchTrees } from "./codes/tree.ts";
import type { Publisher } from "./ledger/publisher.ts";
import type { Writer } from "./ledger/writer.ts";
import type { LogIdentity, Platform } from "../platform.ts";
import type { Role } from "../core/custody/vocabulary.ts";
import type { Scanning } from "../scan/answer.ts";

/** What an operator decides in the configuration. */
export interface Settings {
  /** The host (with port, if any) that codes' URLs name, e.g. `trace.example.org`. */
  host: string;
  /** This service's ledger number, 0–255: the high bits of its serials. */
  ledgerNumber: number;
  /** Approve filings and orders without the authority, as far as they are complete and within quota. */
  autoApprove: boolean;
  /** Most codes an enterprise may have on order or out, unless it was given a quota of its own. */
  defaultQuota: number;
  /** Days after which codes that were never activated expire; null for never. */
  unusedExpireDays: number | null;
  /** Take a scanner's region from the headers of a proxy in front. */
  trustProxy: boolean;
  /** Most writes without an API key that one address may make in a minute; null for no limit. */
  anonymousPerMinute: number | null;
}

/** Everything the verbs of this folder work with. Each verb takes it first. */
export interface Service {
  readonly store: Store;
  readonly writer: Writer;
  readonly publisher: Publisher;
  readonly platform: Platform;
  readonly identity: LogIdentity;
  readonly keyring: Keyring;
  readonly register: BatchRegister;
  readonly trees: BatchTrees;
  readonly scan: Scanning;
  readonly issuer: Issuer;
  readonly makeBackup: MakeBackup;
  readonly settings: Settings;
}

/** Who calls: the holder of an API key, or nobody in particular. */
export interface Caller {
  role: Role | "anonymous";
  /** The organisation's id; "operator" for the operator; "" for anonymous. */
  organisation: string;
  /** The API key's id: who in the organisation it is, for records. */
  key: string;
}

export const ANONYMOUS: Caller = { role: "anonymous", organisation: "", key: "" };
