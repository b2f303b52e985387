import type { MistypedReason } from "../core/code/alphabet.ts";
import type { Placed } from "./batch-register.ts";
import type { Names } from "../core/goods/names.ts";

/** The verdicts. The scan log stores their position here, so new ones go last. */
export const VERDICTS = [
  "genuine",
  "not_activated",
  "suspicious",
  "recalled",
  "void",
  "unknown",
  "mistyped",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Verdicts on an issued code; only these count for the code and enter the scan log. */
export type FoundVerdict = Exclude<Verdict, "unknown" | "mistyped">;

/** Why a code is void: its label was spoiled, its goods were destroyed, or it was not activated in time. */
export type VoidReason = "void" | "destroyed" | "expired";

/**
 * Why an issued and activated code is suspicious. Each reason is exact, none is a guess:
 * `gtin_mismatch`: the link names another GTIN than the batch's, so a label was moved to other goods;
 * `sampled`: the item was drawn as a sample and should not be on sale.
 */
export type SuspicionReason = "gtin_mismatch" | "sampled";

/**
 * A pattern of anonymous scans, with its numbers. Anybody can cause it, so it changes no verdict.
 * `scanned_widely`: scanned from many countries or networks within a day: several labels may carry the code.
 */
export interface Caution {
  kind: "scanned_widely";
  /** Countries and networks (/24 of IPv4, /48 of IPv6) of the scans, as far as they are known. */
  countries: number;
  networks: number;
  /** The earliest of these scans, within the last `hours`. */
  sinceMs: number;
  hours: number;
}

/** A question about a code, besides the code itself. */
export interface Question {
  /** The GTIN in the link, if any, as it was written. */
  gtin?: string;
  /** ISO 3166-1 alpha-2, `CN-` and the letters of a mainland province, or `unknown`. */
  region: string;
  nowMs: number;
  /**
   * Whether this is a scan by a person. Other requests (HEAD, a program's preview, the same page in another language) get
   * the same answer.
   */
  counts: boolean;
  /** True for a preview, a crawler or a browser's prefetch: counted apart. */
  program?: boolean;
  /** A number for the client's network (http/client-address.ts); absent or 0 for unknown. */
  network?: number;
}

/** The facts of a batch that a scan shows. */
export interface BatchFacts {
  product: {
    gtin: string | null;
    name: Names;
    brand?: string;
    specification?: string;
    category: string;
    /** ISO 3166-1 alpha-2. */
    originCountry?: string;
  };
  /** Dates are `YYYY-MM-DD`; `tradeMode` is the four digits of the supervision mode. */
  batch: { id: string; lot: string; productionDate?: string; expiryDate?: string; tradeMode: string };
  enterprise: { id: string; name: Names };
}

/** How often people scanned a code, including this scan if it counts. */
export interface ScanCount {
  count: number;
  /** Null before the first counted scan. */
  first: { atMs: number; region: string } | null;
  repeated: boolean;
}

/** The gravest active recall of a code. */
export interface RecallNotice {
  id: string;
  /** 1 is the gravest. */
  level?: number;
  reason?: string;
  /** The recalling party's advice to consumers. */
  advice?: string;
  /** When it was confirmed; RFC 3339, UTC. */
  since: string;
}

export interface MistypedAnswer {
  verdict: "mistyped";
  /** `link`: the address looks like a trace link and names no code. */
  reason: MistypedReason | "link";
  /** The wrong character, counted from 1, where it is known. */
  position?: number;
}

interface UnknownAnswer {
  verdict: "unknown";
  /** 16 characters, normalised. */
  code: string;
}

export interface FoundAnswer {
  verdict: FoundVerdict;
  reason?: VoidReason | SuspicionReason;
  /** 16 characters, normalised. */
  code: string;
  placed: Placed;
  /** `BatchFacts` as the members of a JSON object, without the braces; a byte text (scan/byte-text.ts). */
  factsJson: string;
  scans: ScanCount;
  /** Absent where there is none. */
  cautions?: readonly Caution[];
  recall?: RecallNotice;
}

export type ScanAnswer = MistypedAnswer | UnknownAnswer | FoundAnswer;

/** Scans of issued codes by people since the log started, and the rest since this process started. */
export interface ScanFigures extends ScanSums {
  /** Requests of programs for issued codes: previews, crawlers, prefetches. */
  programs: RecentCount;
  refused: { unknown: RecentCount; mistyped: RecentCount };
  /** Scans not yet stored, and scans that were answered but not counted while storage failed. */
  log: { waiting: number; lost: number };
}

/** Scans of issued codes by people. */
export interface ScanSums {
  total: number;
  /** Codes scanned at least once. */
  codes: number;
  byVerdict: Record<FoundVerdict, number>;
  /** By ISO 3166-1 alpha-2; `unknown` where the region is not known. */
  byCountry: Record<string, number>;
  /** By continent (goods/country.ts). */
  byContinent: Record<string, number>;
  /** By ISO 3166-2 of the mainland's provinces. */
  byProvince: Record<string, number>;
  byTradeMode: Record<string, number>;
  byCategory: Record<string, number>;
}

export interface RecentCount {
  sinceStart: number;
  lastHour: number;
}

/** The interface of the scan for services and routes. All calls are synchronous. */
export interface Scanning {
  /** The verdict on a code as it was typed or linked. Throws for no text that a client can send. */
  answer(code: string, question: Question): ScanAnswer;
  /** Call once a confirmed or lifted recall is committed: the very next scan sees it. */
  recallsChanged(): void;
  figures(): ScanFigures;
  /** The sums at the start of the current day (UTC). */
  dayFigures(): ScanSums;
  /** Memory of the tallies of scanned codes. */
  readonly tallyBytes: number;
}
