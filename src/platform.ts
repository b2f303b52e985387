import type { EpochKeys } from "./core/code/keys.ts";
import type { Signer } from "./core/ledger/ed25519.ts";
import type { Sha256 } from "./core/ledger/merkle.ts";

/** Bulk generator of codes, leaf hashes and PINs: AES over many blocks in Node, a loop over single ones elsewhere. */
export interface CodeGenerator {
  /** `count` codes (at most 65,536) from serial `first`, 16 ASCII bytes each. */
  codes(keys: EpochKeys, first: number, count: number): Uint8Array;
  /** The blinded leaf hashes, 32 bytes each, of codes that start at serial `first`. */
  leaves(keys: EpochKeys, first: number, codes: Uint8Array): Uint8Array;
  pins(keys: EpochKeys, first: number, count: number): string[];
  /**
   * The roots of each 256 leaves of a run (at most 65,536 codes), 32 bytes each, in another thread where the runtime has
   * threads. The last may have fewer leaves, which is right only at the end of its tree.
   */
  blocks(keys: EpochKeys, first: number, count: number): Promise<Uint8Array>;
}

/** Labels to print on sheets, as a PDF (labels/pdf.ts). */
export interface LabelSheets {
  /** At most 2,600; fields as `Label` has them. */
  labels: { link: string; grouped: string; caption?: string | undefined; pin?: string | undefined }[];
  /** The id of a sheet. */
  sheet: string;
  /** The first cell to print on, from 0. */
  startAt: number;
}

/** The functions that services take from their runtime, so that they run the same in Node, in Workers and in tests. */
export interface Platform {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that pass evenly, from any start: no clock that is set changes them. */
  monotonic(): number;
  /** `length` unpredictable bytes. */
  random(length: number): Uint8Array;
  sha256: Sha256;
  codes: CodeGenerator;
  /**
   * Makes the PDF of label sheets, in another thread where the runtime has threads.
   * @throws RangeError where a label does not fit
   */
  labelSheets(sheets: LabelSheets): Promise<Uint8Array<ArrayBuffer>>;
  /** Lets other work of the event loop run between slices of long work. */
  yield(): Promise<void>;
}

/** The log's identity: its origin (also its keys' name) and the keys that sign checkpoints. */
export interface LogIdentity {
  origin: string;
  /** At least one. While a key is being changed there are two, the newest last, and both sign. */
  signers: readonly Signer[];
}

/** A consistent copy of the live store, as one file. The keys are not in it: they are files of their own. */
export interface Backup {
  /** Absolute path on the service's machine. */
  file: string;
  sizeBytes: number;
  /** RFC 3339, UTC. */
  at: string;
}

/**
 * Copies the live store without stopping it, to a place that the runtime chooses and no caller names. The copy stays on
 * the service's machine: it holds sealed fields, which an operator's API key alone may not open.
 */
export type MakeBackup = () => Promise<Backup>;
