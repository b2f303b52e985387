import type { OperatorReports } from "../compose.ts";
import { descriptorAdvice, lacksDescriptors } from "./descriptors.ts";

const REPEAT_AFTER_MS = 10_000;

/** Reports on standard error. A full disk refuses every group of writes: the same line appears once in 10 s. */
export function operatorReports(data: string): OperatorReports {
  const [scans, writes] = [withoutRepeats(), withoutRepeats()];
  return {
    scansNotStored: (error) => scans(`scans wait to be stored: ${describe(error)}`),
    issuingStopped: (batch, error) => console.error(`issuing of ${batch} stopped:`, error),
    damaged: (message) => console.error(`suyuan: ${message}`),
    clockTrusted: (message) => console.error(`suyuan: ${message}`),
    clockDoubted: (message) =>
      console.error(
        `suyuan: ${message}. Set the clock right; or, if it is right, run: suyuan clock accept --data ${data}`,
      ),
    witness: (message) => console.error(`suyuan: ${message}`),
    writesRefused: (error) =>
      writes(
        `writes were refused: ${describe(error)}. Acknowledged writes are stored. Check the disk of ${data} (space, health), ` +
          "and that no other process has its database open: the service accepts writes again as soon as the disk does",
      ),
  };
}

/** Prints a line unless the last one was the same and is younger than 10 s. */
function withoutRepeats(): (line: string) => void {
  let lastLine = "";
  let lastMs = -Infinity;
  return (line) => {
    if (line === lastLine && performance.now() - lastMs < REPEAT_AFTER_MS) return;
    lastLine = line;
    lastMs = performance.now();
    console.error(line);
  };
}

function describe(error: unknown): string {
  if (lacksDescriptors(error)) return descriptorAdvice();
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
