import type { CorrectionReason, Kind } from "../../core/custody/vocabulary.ts";
import type { StatementSignature, Statement } from "../../core/ledger/record.ts";
import type { Tier } from "../../store/log.ts";
import type { SealedFields } from "../ledger/statement.ts";
import type { SubjectInput } from "./subjects.ts";
import type { Place, ReportView } from "./view.ts";

export interface DocumentInput {
  /** CBV 2.0 business transaction type (`bol`, `inv`, `po`, `cert`, …) or a type of our own (`declaration`, `waybill`). */
  type: string;
  number: string;
  /** Who may see the number; parties to the journey unless said. */
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

/** What is declared to customs; which fields are needed follows from mode and category (goods/requirements.ts). */
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
  /** The reporter's own id, unique per organisation; made for it where absent. */
  id?: string;
  kind: Kind;
  /** RFC 3339 with a zone. */
  at: string;
  /** What it is about; for moves the children, for a transformation what is used up. */
  subjects: SubjectInput[];
  /** Unit packed or loaded into. */
  into?: string;
  /** Unit unpacked or unloaded from; with no subjects it is emptied. */
  from?: string;
  /** What a transformation yields. */
  outputs?: SubjectInput[];
  /** The next holder (shipping), or who may report too (delegating). */
  to?: string;
  carrier?: string;
  /** The event that a correction takes away: its id, and its reporter where that is somebody else. */
  corrects?: { id: string; organisation?: string };
  reason?: CorrectionReason;
  /** Ids of the reporter's events that stand in the corrected one's place. */
  replacement?: string[];
  /** A CBV disposition other than the kind's own. */
  disposition?: string;
  place?: Place;
  reports?: ReportView[];
  documents?: DocumentInput[];
  declaration?: DeclarationInput;
  readings?: ReadingInput[];
  seal?: SealInput;
  /** Further fields that everybody may see. */
  fields?: Record<string, string>;
  /** Further fields that only some may see. */
  sealed?: SealedFields;
}

/** An event ready to be signed by its actor: exactly what will be recorded, and the sealed fields beside it. */
export interface PreparedEvent {
  statement: Statement;
  disclosures: { digest: string; tier: Tier; text: string }[];
}

export interface SignedEvent extends PreparedEvent {
  signature: StatementSignature;
  /** What it was prepared from, read back from the statement: it is held to the same rules as what is not signed. */
  input: EventInput;
}

/** What a recorded event is acknowledged with. */
export interface EventReceipt {
  id: string;
  kind: Kind;
  /** The record's index in the log. */
  index: number;
  /** Lower-case hex SHA-256 of the record. */
  digest: string;
  recorded: string;
}
