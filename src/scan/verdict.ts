import type { FoundVerdict, SuspicionReason, VoidReason } from "./answer.ts";

/**
 * The facts that decide the verdict on an issued code. Somebody answers for each of them: scans are none, since anybody can
 * make them.
 */
export interface Standing {
  /** The derived status (custody/state.ts); `issued` before the first event. */
  status: string;
  /** Under an active recall. */
  recalled: boolean;
  /** Unactivated codes of its batch have expired, or the batch was closed. */
  unusedExpired: boolean;
  /** False where the link names a GTIN other than the batch's. */
  gtinAgrees: boolean;
}

export interface Judgement {
  verdict: FoundVerdict;
  reason?: VoidReason | SuspicionReason;
}

const RECALLED: Judgement = { verdict: "recalled" };
const NOT_ACTIVATED: Judgement = { verdict: "not_activated" };
const GENUINE: Judgement = { verdict: "genuine" };

/**
 * The verdict on an issued code, by precedence: recalled; void or expired; not activated; suspicious; genuine. Sold, consumed,
 * exported and travelling goods are genuine alike.
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

/** A reason that concerns this label comes before one that concerns the item. */
function suspicionOf(standing: Standing): SuspicionReason | undefined {
  if (!standing.gtinAgrees) return "gtin_mismatch";
  return standing.status === "sampled" ? "sampled" : undefined;
}
