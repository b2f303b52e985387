import type { Breach } from "../../core/custody/state.ts";
import type { Kind, Role } from "../../core/custody/vocabulary.ts";
import type { Names } from "../../core/goods/names.ts";
import type { Tier } from "../../store/log.ts";

/** The reported place of an event. */
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

/** One step of a code's journey, with the fields that its reader may see. */
export interface TraceStep {
  /** The log index of the record that proves the step. */
  index: number;
  /** The actor's id of the event. */
  event: string;
  kind: Kind;
  bizStep: string;
  disposition: string;
  /** RFC 3339 in the reported zone. */
  at: string;
  recorded: string;
  by: { organisation: string; role: Role; name: Names };
  place?: Place;
  reports: ReportView[];
  /** The rest of the statement's public fields. */
  public: Record<string, unknown>;
  /** Sealed fields that this reader may see, by tier. */
  sealed: { tier: Tier; name: string; value: unknown }[];
  /** The number of fields that stay sealed for this reader. */
  withheld: number;
  /** The units that connect the step with the code, innermost first; parties and authority see their numbers. */
  via: { type: "sscc" | "container" | "other"; id?: string }[];
  /** True where the actor signed the statement. */
  signed: boolean;
  /** Log index of the correction. */
  correctedBy?: number;
  /** For a step of a bulk input: the log index of the transformation. */
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
  /** For parties and the authority only. */
  holder?: string;
  held: boolean;
  recalls: string[];
  steps: TraceStep[];
  findings: Breach[];
}
