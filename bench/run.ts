import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, clearWork } from "./bench.ts";
import { describeCommit, describeMachine } from "./machine.ts";
import { type Options, parseOptions, USAGE, wanted } from "./options.ts";
import { Measured, type Results, resultsTable, writeResults } from "./results.ts";
import { auditRows } from "./rows/audit.ts";
import { custodyRows } from "./rows/custody.ts";
import { hostileRows } from "./rows/hostile.ts";
import { issueRows } from "./rows/issue.ts";
import { recordRows } from "./rows/record.ts";
import { scanRows } from "./rows/scan.ts";
import { stepRows } from "./rows/steps.ts";
import { traceRows } from "./rows/trace.ts";
import { type Manifest, readManifest, seedStore } from "./seed/seed.ts";

/** Told what happens, a line at a time. */
type Tell = (line: string) => void;

/**
 * Fills a store (or takes one that is filled), measures every row that was asked for, in order, and writes the results.
 * @throws Error at a wrong verdict or count; what other kinds of rows were measured before is written all the same
 */
export async function runBench(options: Options, told: Tell): Promise<Results> {
  const work = mkdtempSync(join(tmpdir(), "suyuan-bench-"));
  const date = new Date().toISOString();
  const circumstances = { machine: describeMachine(), date, scale: options.scale, commit: describeCommit() };
  const measured = new Measured(circumstances, (id) => wanted(options, id), told);
  try {
    const folder = options.data ?? join(work, "seeded");
    const manifest = await filledStore(folder, options, told);
    seedRows(measured, manifest);
    const bench: Bench = { options, measured, work, seeded: { folder, manifest }, note: told };
    for (const rows of [
      scanRows,
      stepRows,
      issueRows,
      recordRows,
      custodyRows,
      traceRows,
      auditRows,
      hostileRows,
    ]) {
      await rows(bench);
      clearWork(bench);
      // A run takes most of an hour: what was measured stays, whatever ends it.
      if (measured.rows.length > 0) writeResults(options.out, measured.results);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return measured.results;
}

async function filledStore(folder: string, { scale, seed }: Options, told: Tell): Promise<Manifest> {
  const known = readManifest(folder, scale, seed);
  if (known !== undefined) {
    told(`using the store in ${folder}, filled before with this scale and seed`);
    return known;
  }
  const manifest = await seedStore(folder, scale, seed);
  const { codes, batches, goods, enterprises, events, scans, records, seconds, bytes, peakMemoryMb } =
    manifest.figures;
  told(
    `filled: ${codes} codes in ${batches} batches of ${goods} goods of ${enterprises} enterprises, ` +
      `${events} events, ${scans} scans, ${records} records`,
  );
  told(
    `${seconds.toFixed(1)} s (${Object.entries(manifest.figures.secondsBy)
      .map(([stage, spent]) => `${stage} ${spent.toFixed(1)}`)
      .join(", ")}), ${bytes} bytes on disk, ${(bytes / codes).toFixed(2)} bytes a code, ` +
      `peak memory ${Math.round(peakMemoryMb)} MB`,
  );
  return manifest;
}

/** What filling took: measured when the store was filled, maybe in an earlier run. */
function seedRows(measured: Measured, { figures, filled }: Manifest): void {
  const { codes, events, scans, records, seconds, bytes, peakMemoryMb } = figures;
  const when = `filled ${filled.date}, commit ${filled.commit}`;
  const what = `${codes} codes, ${records} records, ${events} events, ${scans} scans`;
  measured.add("seed_seconds", seconds, `${what}; ${when}`);
  measured.add("seed_bytes", bytes, `the database file, closed; ${when}`);
  measured.add("seed_bytes_per_code", bytes / codes, `filings, records and scans included; ${when}`);
  measured.add("seed_peak_memory", peakMemoryMb, `of the process that filled it; ${when}`);
}

function tell(line: string): void {
  console.log(line);
}

async function main(): Promise<void> {
  let options: Options | "help";
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (options === "help") {
    console.log(USAGE);
    return;
  }
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => process.exit(code));
  tell(describeMachine());
  const { rows } = await runBench(options, tell);
  tell("");
  for (const line of resultsTable(rows)) tell(line);
  tell(`\nwritten: ${join(options.out, "RESULTS.md")} and results.json`);
}

if (import.meta.main) await main();
