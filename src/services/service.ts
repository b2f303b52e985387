import type { Keyring } from "../core/code/keyring.ts";
import type { Store } from "../store/store.ts";
import type { BatchRegister } from "../scan/batch-register.ts";
import type { PinTries } from "./codes/pin-tries.ts";
import type { BatchTrees } from "./codes/tree.ts";
import type { Publisher } from "./ledger/publisher.ts";
import type { Integrity } from "./integrity.ts";
import type { Writer } from "./ledger/writer.ts";
import type { LogIdentity, MakeBackup, Platform } from "../platform.ts";
import type { Settings } from "./settings.ts";
import type { Scanning } from "../scan/answer.ts";

/** The queue of batches whose codes are being made (`codes/issuer.ts`). */
export interface IssuingQueue {
  /** Adds an approved batch. */
  enqueue(id: string): void;
  /** The number of codes made so far of a batch that is being issued. */
  issued(id: string): number;
  /** The reason why issuing of a batch stopped, for its enterprise; undefined for none. */
  failure(id: string): string | undefined;
  /** Resolves when no batch is left to be made. */
  settled(): Promise<void>;
  /** Resolves when the current slice is done; the next start takes up what is unfinished. */
  stop(): Promise<void>;
}

/** The parts that the verbs of this folder use. It is the first parameter of each verb. */
export interface Service {
  readonly store: Store;
  readonly writer: Writer;
  readonly publisher: Publisher;
  readonly platform: Platform;
  readonly identity: LogIdentity;
  readonly keyring: Keyring;
  /** 32 bytes, from which the secrets of API keys are derived. */
  readonly apiKeySecret: Uint8Array;
  readonly pinTries: PinTries;
  readonly register: BatchRegister;
  readonly trees: BatchTrees;
  readonly scan: Scanning;
  readonly issuer: IssuingQueue;
  /** Damage found in stored data. */
  readonly integrity: Integrity;
  readonly makeBackup: MakeBackup;
  readonly settings: Settings;
}
