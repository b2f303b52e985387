import type { CorrectionReason, Kind } from "../../core/custody/vocabulary.ts";
import type { StatementSignature, Statement } from "../../core/ledger/record.ts";
import type { Tier } from "../../store/log.ts";
import type { SealedFields } from "../ledger/statement.ts";
import type { SubjectInput } from "./subjects.ts";
import type { Place, ReportView } from "./view.ts";

export interface DocumentInput {
  /** CBV 2.0 business transaction type (`bol`, `inv`, `po`, `cert`, …), or `declaration` or `waybill`. */
  type: string;
  number: string;
  /** The tier that may see the number; `parties` by default. */
  tier?: Tier;
}

/** A sensor's reading; `value` is a decimal string, `unit` a UN/ECE Rec 20 code. */
export interface ReadingInput {
  type: string;
  value: string;
  unit: string;
  at?: string;
  device?: string;
}

/** An ISO 17712 seal put on or taken off. */
export interface SealInput {
  class: "I" | "S" | "H";
  manufacturer: string;
  number: string;
}

/** A customs declaration; mode and category decide the required fields (goods/requirements.ts). */
export interface DeclarationInput {
  /** The number of the declaration, of the e-commerce inventory or of the pre-entry: see `parseCustomsNumber`. */
  number?: string;
  tradeMode: string;
  category?: "food" | "consumer_goods" | "vehicles";
  customsOffice?: string;
  declaredOn?: string;
  originCountry?: string;
  totalValue?: { amount: string; currency: string; usdRate?: string; usdRateOn?: string };
  transport?: { vehicleNo?: string; voyageNo?: string; billNo?: string };
  preference?: "CEPA";
  certificateOfOrigin?: { no?: string; issuingBody?: string; issuedOn?: string; expiresOn?: string };
}

/** One event as a client reports it. */
export interface EventInput {
  /** The reporter's id of the event, unique per organisation; generated if absent. */
  id?: string;
  kind: Kind;
  /** RFC 3339 with a zone. */
  at: string;
  /** The subjects: for moves the children, for a transformation the inputs. */
  subjects: SubjectInput[];
  /** Unit packed or loaded into. */
  into?: string;
  /** Unit unpacked or unloaded from; without subjects it is emptied. */
  from?: string;
  /** The outputs of a transformation. */
  outputs?: SubjectInput[];
  /** The next holder (shipping), or the delegate (delegating). */
  to?: string;
  carrier?: string;
  /** The event that a correction takes away: its id, and its reporter if that is another organisation. */
  corrects?: { id: string; organisation?: string };
  reason?: CorrectionReason;
  /** Ids of the reporter's events that replace the corrected one. */
  replacement?: string[];
  /** A CBV disposition other than the default of the kind. */
  disposition?: string;
  place?: Place;
  reports?: ReportView[];
  documents?: DocumentInput[];
  declaration?: DeclarationInput;
  readings?: ReadingInput[];
  seal?: SealInput;
  /** Further public fields. */
  fields?: Record<string, string>;
  /** Further sealed fields, by tier. */
  sealed?: SealedFields;
}

/** An event ready to be signed by its actor: the exact statement to record, and its sealed fields. */
export interface PreparedEvent {
  statement: Statement;
  disclosures: { digest: string; tier: Tier; text: string }[];
}

export interface SignedEvent extends PreparedEvent {
  signature: StatementSignature;
  /** The input that the statement was prepared from: signed events pass the same rules as unsigned ones. */
  input: EventInput;
}

/** The acknowledgement of a recorded event. */
export interface EventReceipt {
  id: string;
  kind: Kind;
  /** The record's index in the log. */
  index: number;
  /** Lower-case hex SHA-256 of the record. */
  digest: string;
  recorded: string;
}
