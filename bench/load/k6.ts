import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, runProgram } from "../process.ts";
import type { PlannedScan } from "../traffic.ts";

export const K6 = findProgram("k6");
export const HOW_TO_GET_K6 =
  "k6 is missing: with Go, go install go.k6.io/k6@latest (it is looked for on PATH and in ~/go/bin)";

interface Summary {
  scans: number;
  rightShare: number;
  /** Thresholds of the script that did not hold. */
  crossed: string[];
  /** Arrivals that k6 itself could not make in time. */
  dropped: number;
  stages: { rate: number; p50Ms: number; p95Ms: number; p99Ms: number }[];
}

/** k6's exit code where a threshold did not hold; which one, its summary says. */
const THRESHOLDS_CROSSED = 99;
const SHARES = [0.25, 0.5, 0.75, 1];

/**
 * Mixed scans at rising constant rates, every verdict checked by k6. k6 takes more of a core for a request than the
 * server does, so it goes no further than `most`; saturation is wrk's to find.
 * @throws Error where a verdict was wrong or a request failed
 */
export async function mixedTraffic(
  url: string,
  scans: readonly PlannedScan[],
  {
    folder,
    seconds,
    most,
    core,
  }: { folder: string; seconds: number; most: number; core: number | undefined },
): Promise<{ p99Ms: number; note: string }> {
  if (K6 === undefined) throw new Error(HOW_TO_GET_K6);
  const file = join(folder, "mixed.json");
  writeFileSync(file, JSON.stringify(scans));
  const rates = SHARES.map((share) => Math.max(1, Math.round(most * share)));
  const settings = {
    URL: url,
    SCANS: file,
    STAGES: JSON.stringify(rates),
    SECONDS: String(Math.ceil(seconds)),
  };
  const printed = await runProgram(
    K6,
    [
      "run",
      "--quiet",
      "--no-usage-report",
      ...Object.entries(settings).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      join(import.meta.dirname, "scan.k6.js"),
    ],
    core,
    [THRESHOLDS_CROSSED],
  );
  const line = printed.split("\n").find((one) => one.startsWith("{"));
  if (line === undefined) throw new Error(`k6 said no figures:\n${printed}`);
  const summary = JSON.parse(line) as Summary;
  if (summary.rightShare !== 1) throw new Error(`k6 saw wrong verdicts: ${line}`);
  const stages = summary.stages.map(
    ({ rate, p50Ms, p95Ms, p99Ms }) =>
      `${rate}/s: p50 ${p50Ms.toFixed(2)}, p95 ${p95Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} ms`,
  );
  const half = summary.stages[1] as Summary["stages"][number];
  const crossed =
    summary.crossed.length === 0 ? "all thresholds held" : `crossed: ${summary.crossed.join(", ")}`;
  const dropped = summary.dropped === 0 ? "" : `; ${summary.dropped} arrivals k6 could not make`;
  return {
    p99Ms: half.p99Ms,
    note: `${summary.scans} mixed scans, all verdicts right; ${crossed}; ${stages.join("; ")}${dropped}`,
  };
}
