import type { Breach } from "../../core/custody/state.ts";
import type { Kind, Role } from "../../core/custody/vocabulary.ts";
import type { Names } from "../../core/goods/names.ts";
import type { Tier } from "../../store/log.ts";

/** Where an event happened, as far as its reporter said. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  country?: string;
  /** UN/LOCODE. */
  locode?: string;
  /** GS1 location number. */
  gln?: string;
  name?: string;
}

/** A third-party report or certificate: its digest is in the record, the file in the store. */
export interface ReportView {
  title: string;
  number?: string;
  result?: "conformant" | "non_conformant";
  standard?: string;
  /** Lower-case hex SHA-256 of the file, fetched at /v1/files/{digest}. */
  digest: string;
}

/** One step of a code's journey as somebody may see it. */
export interface TraceStep {
  /** The record's index in the log: what proves the step. */
  index: number;
  /** The actor's own id for the event. */
  event: string;
  kind: Kind;
  bizStep: string;
  disposition: string;
  /** RFC 3339 with the zone it was given in. */
  at: string;
  recorded: string;
  by: { organisation: string; role: Role; name: Names };
  place?: Place;
  reports: ReportView[];
  /** The rest of the statement's public fields. */
  public: Record<string, unknown>;
  /** Sealed fields that this reader may see, by tier. */
  sealed: { tier: Tier; name: string; value: unknown }[];
  /** How many fields stay sealed for this reader. */
  withheld: number;
  /** The units through which the step reached the code, innermost first; their numbers for parties and authority. */
  via: { type: "sscc" | "container" | "other"; id?: string }[];
  /** True where the actor signed the statement itself. */
  signed: boolean;
  /** Index of the record that corrected it. */
  correctedBy?: number;
  /** For what happened to a bulk input before: the index of the transforming record. */
  upstream?: number;
}

/** A code's whole journey. */
export interface TraceView {
  code: string;
  batch: string;
  position: number;
  product: { id: string; gtin: string | null; name: Names; category: string; lot: string };
  enterprise: { id: string; name: Names };
  status: string;
  /** Shown to parties and authority only. */
  holder?: string;
  held: boolean;
  recalls: string[];
  steps: TraceStep[];
  findings: Breach[];
}
