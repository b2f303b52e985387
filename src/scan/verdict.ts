import type { FoundVerdict, SuspicionReason, VoidReason } from "./answer.ts";
import { MANY_COUNTRIES } from "./sightings.ts";

/** All that the verdict on an issued code rests on. */
export interface Standing {
  /** The derived status (custody/state.ts); `issued` while nothing happened to the code. */
  status: string;
  /** Under an active recall. */
  recalled: boolean;
  /** Codes of its batch that were never activated count no more: their time is over, or the batch was closed. */
  unusedExpired: boolean;
  /** False where the link names a GTIN other than the batch's. */
  gtinAgrees: boolean;
  /** Different countries that it was scanned from within the last 24 hours. */
  countries: number;
}

export interface Judgement {
  verdict: FoundVerdict;
  reason?: VoidReason | SuspicionReason;
}

const RECALLED: Judgement = { verdict: "recalled" };
const NOT_ACTIVATED: Judgement = { verdict: "not_activated" };
const GENUINE: Judgement = { verdict: "genuine" };

/**
 * The verdict on an issued code, by precedence: recalled; void or expired; not activated; suspicious; genuine. What was
 * sold, consumed, exported or is on its way is genuine alike.
 */
export function judge(standing: Standing): Judgement {
  const { status } = standing;
  if (standing.recalled) return RECALLED;
  if (status === "void" || status === "destroyed") return { verdict: "void", reason: status };
  if (status === "issued" || status === "applied")
    return standing.unusedExpired ? { verdict: "void", reason: "expired" } : NOT_ACTIVATED;
  const suspicion = suspicionOf(standing);
  return suspicion === undefined ? GENUINE : { verdict: "suspicious", reason: suspicion };
}

/** What concerns this one label before what concerns all that carry the code. */
function suspicionOf(standing: Standing): SuspicionReason | undefined {
  if (!standing.gtinAgrees) return "gtin_mismatch";
  if (standing.status === "sampled") return "sampled";
  return standing.countries >= MANY_COUNTRIES ? "many_regions" : undefined;
}
