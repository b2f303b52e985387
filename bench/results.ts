import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reached, type Target, TARGETS, targetOf } from "./targets.ts";

/** One measured figure. */
export interface Row {
  id: string;
  value: number;
  unit: string;
  /** When, at what scale and of which commit: rows of several runs may stand together. */
  date: string;
  scale: number;
  commit: string;
  /** What it was worked out from, in a line. */
  note: string;
}

/** `results.json`. */
export interface Results {
  machine: string;
  date: string;
  scale: number;
  commit: string;
  rows: Row[];
}

/** Collects the rows of one run. */
export class Measured {
  readonly rows: Row[] = [];
  private readonly circumstances: Omit<Results, "rows">;
  private readonly asked: (id: string) => boolean;
  private readonly told: (line: string) => void;

  /**
   * @param asked which rows are kept
   * @param told is told each row as it comes
   */
  constructor(
    circumstances: Omit<Results, "rows">,
    asked: (id: string) => boolean,
    told: (line: string) => void,
  ) {
    this.circumstances = circumstances;
    this.asked = asked;
    this.told = told;
  }

  /**
   * Adds a row, if it was asked for.
   * @throws RangeError for an id that no row has, or a value that is no number
   */
  add(id: string, value: number, note: string): void {
    const { unit } = targetOf(id);
    if (!Number.isFinite(value)) throw new RangeError(`${id} came out as ${value}`);
    if (!this.asked(id)) return;
    const { date, scale, commit } = this.circumstances;
    this.rows.push({ id, value: rounded(value), unit, date, scale, commit, note });
    this.told(`${id.padEnd(22)} ${shown(rounded(value))} ${unit}   (${note})`);
  }

  get results(): Results {
    return { ...this.circumstances, rows: this.rows };
  }
}

/** Writes `results.json` and `RESULTS.md` into a folder; rows of an earlier run that this one has not stay. */
export function writeResults(folder: string, results: Results): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "results.json");
  const merged = mergeResults(
    existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : undefined,
    results,
  );
  writeFileSync(file, `${JSON.stringify(merged, null, 2)}\n`);
  writeFileSync(join(folder, "RESULTS.md"), resultsPage(merged));
}

/** A run's results over an earlier one's, row by row. Another machine's rows are not kept: they would not compare. */
export function mergeResults(before: Results | undefined, now: Results): Results {
  const measured = new Set(now.rows.map(({ id }) => id));
  const kept = before?.machine === now.machine ? before.rows.filter(({ id }) => !measured.has(id)) : [];
  return { ...now, rows: [...kept, ...now.rows].toSorted((a, b) => placeOf(a) - placeOf(b)) };
}

function placeOf({ id }: Row): number {
  return TARGETS.findIndex((target) => target.id === id);
}

/** The results as a page. */
export function resultsPage({ machine, date, scale, commit, rows }: Results): string {
  const oneRun = rows.every((row) => row.date === date);
  const bounded = rows.filter(({ id }) => targetOf(id).bound !== undefined);
  const figures = rows.filter(({ id }) => targetOf(id).bound === undefined);
  const missing = TARGETS.filter(({ id, bound }) => bound && !rows.some((row) => row.id === id));
  return [
    "# Results",
    "",
    "Written by `npm run bench`; what is measured and how stands in [README.md](README.md).",
    "",
    `- Machine: ${machine}`,
    `- Date: ${date}${oneRun ? "" : " (rows of other runs say theirs)"}`,
    `- Scale: ${scale} (1 is 51.68 million codes and 5.23 million scans)`,
    `- Commit: ${commit}`,
    "",
    "| id | what | value | at least | hoped for | reached |",
    "| --- | --- | --- | --- | --- | --- |",
    ...bounded.map((row) => boundedLine(row)),
    "",
    ...(bounded.some(isMissed)
      ? ["Why some are not reached, with the evidence: [docs/performance.md](../docs/performance.md).", ""]
      : []),
    ...(figures.length === 0
      ? []
      : ["| id | what | value |", "| --- | --- | --- |", ...figures.map(figureLine), ""]),
    "How each came about:",
    "",
    ...rows.map(
      (row) =>
        `- \`${row.id}\`: ${row.note}${oneRun ? "" : ` (${row.date}, scale ${row.scale}, ${row.commit})`}`,
    ),
    "",
    ...(missing.length === 0
      ? []
      : [`Not measured: ${missing.map(({ id }) => `\`${id}\``).join(", ")}.`, ""]),
  ].join("\n");
}

/** The rows as lines for a terminal. */
export function resultsTable(rows: readonly Row[]): string[] {
  return rows.map((row) => {
    const target = targetOf(row.id);
    const verdict = { hoped: "reached, as hoped", yes: "reached", no: "NOT reached" };
    const outcome = reached(target, row.value);
    const said = outcome === undefined ? "" : `${boundText(target)}: ${verdict[outcome]}`;
    return `${row.id.padEnd(22)} ${`${shown(row.value)} ${row.unit}`.padEnd(20)} ${said}`.trimEnd();
  });
}

function boundedLine(row: Row): string {
  const target = targetOf(row.id);
  const { atLeast, hoped } = target.bound as NonNullable<Target["bound"]>;
  const words = { hoped: "yes, as hoped", yes: "yes", no: "**no**" };
  const said = words[reached(target, row.value) ?? "no"];
  return `| \`${row.id}\` | ${target.what} | ${shown(row.value)} ${row.unit} | ${shown(atLeast)} | ${shown(hoped)} | ${said} |`;
}

function isMissed(row: Row): boolean {
  return reached(targetOf(row.id), row.value) === "no";
}

function figureLine(row: Row): string {
  return `| \`${row.id}\` | ${targetOf(row.id).what} | ${shown(row.value)} ${row.unit} |`;
}

function boundText({ bound, unit }: Target): string {
  if (bound === undefined) return "";
  return `${bound.better === "higher" ? "at least" : "at most"} ${shown(bound.atLeast)} ${unit}`;
}

/** Four significant digits; whole numbers from 1,000 on. */
function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}

function shown(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 6 });
}
