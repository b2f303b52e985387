import type { Cosigned } from "../core/ledger/policy.ts";

/** Last second that a Date can have. */
const MAX_DATE_SECONDS = 8.64e12;

/** Who cosigned a checkpoint and when, a line each. */
export function cosignedLines(cosigned: Cosigned["cosigned"]): string[] {
  return cosigned.map(({ name, atSeconds }) => `Cosigned by ${name} at ${formatSeconds(atSeconds)}.`);
}

export function viewCosigned(cosigned: Cosigned["cosigned"]): Record<string, unknown>[] {
  return cosigned.map(({ name, atSeconds }) => ({ name, at: formatSeconds(atSeconds) }));
}

/** A witness may state any time, also one that is in no calendar. */
function formatSeconds(seconds: number): string {
  if (seconds > MAX_DATE_SECONDS) return `${seconds} seconds after 1970`;
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}
