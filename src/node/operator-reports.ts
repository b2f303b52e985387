import type { OperatorReports } from "../compose.ts";
import { descriptorAdvice, lacksDescriptors } from "./descriptors.ts";

const REPEAT_AFTER_MS = 10_000;

/** Reports on standard error. A full disk refuses every group of writes: the same reason appears once in 10 s. */
export function operatorReports(data: string): OperatorReports {
  let lastReason = "";
  let lastMs = -Infinity;
  return {
    scansNotStored: (error) => console.error(`scans wait to be stored: ${describe(error)}`),
    issuingStopped: (batch, error) => console.error(`issuing of ${batch} stopped:`, error),
    witness: (message) => console.error(`suyuan: ${message}`),
    writesRefused(error) {
      const reason = describe(error);
      if (reason === lastReason && performance.now() - lastMs < REPEAT_AFTER_MS) return;
      lastReason = reason;
      lastMs = performance.now();
      console.error(
        `writes were refused: ${reason}. Acknowledged writes are stored. Check the disk of ${data} (space, health): ` +
          "the service accepts writes again as soon as the disk does",
      );
    },
  };
}

function describe(error: unknown): string {
  if (lacksDescriptors(error)) return descriptorAdvice();
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
