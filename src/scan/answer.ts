import type { MistypedReason } from "../core/code/alphabet.ts";
import type { Placed } from "./batch-register.ts";
import type { Names } from "../core/goods/names.ts";

/** What a scan is answered with; the order is the number that the scan log stores, so new ones go last. */
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

/** Verdicts on a code that was issued; only these are counted for the code and kept in the scan log. */
export type FoundVerdict = Exclude<Verdict, "unknown" | "mistyped">;

/** Why a code is void: its label was spoiled, its goods were destroyed, or it was not activated in time. */
export type VoidReason = "void" | "destroyed" | "expired";

/**
 * Why a code that was issued and activated is suspicious. Each is worked out exactly, none is guessed:
 * `gtin_mismatch`: the link names another GTIN than the batch's, so a label was moved to other goods;
 * `sampled`: the item was drawn as a sample and should not be on sale;
 * `many_regions`: scanned from three or more countries within the last 24 hours, so more than one label carries it.
 */
export type SuspicionReason = "gtin_mismatch" | "sampled" | "many_regions";

/** What is asked besides the code itself. */
export interface Question {
  /** The GTIN that the link named, if any, as it stood there. */
  gtin?: string;
  /** ISO 3166-1 alpha-2, `CN-` and the letters of a mainland province, or `unknown`. */
  region: string;
  nowMs: number;
  /** False for what is no scan (HEAD, a prefetch): answered alike, and left out of the tally. */
  counts: boolean;
}

/** What a scan shows of a batch. */
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

/** How often a code was scanned, this scan included where it counts. */
export interface ScanCount {
  count: number;
  /** Null while no scan was counted. */
  first: { atMs: number; region: string } | null;
  repeated: boolean;
}

/** The gravest recall that a code is under. */
export interface RecallNotice {
  id: string;
  /** 1 is the gravest. */
  level?: number;
  reason?: string;
  /** What a consumer should do, as the recalling party says it. */
  advice?: string;
  /** When it was confirmed; RFC 3339, UTC. */
  since: string;
}

export interface MistypedAnswer {
  verdict: "mistyped";
  /** `link`: the address is of a trace link's kind, but names no code. */
  reason: MistypedReason | "link";
  /** Which character is wrong, counted from 1, where that is known. */
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
  recall?: RecallNotice;
}

export type ScanAnswer = MistypedAnswer | UnknownAnswer | FoundAnswer;

/** Scans of issued codes since the log began, and what was turned away since this process started. */
export interface ScanFigures {
  total: number;
  /** Codes scanned at least once. */
  codes: number;
  byVerdict: Record<FoundVerdict, number>;
  /** By ISO 3166-1 alpha-2; scans from nowhere in particular are under `unknown`. */
  byCountry: Record<string, number>;
  /** By continent as goods/country.ts has them. */
  byContinent: Record<string, number>;
  /** By ISO 3166-2 of the mainland's provinces. */
  byProvince: Record<string, number>;
  byTradeMode: Record<string, number>;
  byCategory: Record<string, number>;
  refused: { unknown: RefusedCount; mistyped: RefusedCount };
  /** Scans not yet stored, and scans that were counted but could not be kept while storage failed. */
  log: { waiting: number; lost: number };
}

export interface RefusedCount {
  sinceStart: number;
  lastHour: number;
}

/** What verbs and doors ask of the scan; `src/scan/` keeps it. All calls are synchronous. */
export interface Scanning {
  /** The verdict on a code as it was typed or linked. Never throws for what a client sends. */
  answer(code: string, question: Question): ScanAnswer;
  /** To be called after a recall was confirmed or lifted and committed: the very next scan sees it. */
  recallsChanged(): void;
  figures(): ScanFigures;
}
