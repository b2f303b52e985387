import type { DemoBatch } from "./batch.ts";
import { forged, misread, type PlannedScan } from "./scans.ts";

/** The goods that the crowd scans. */
export interface Shelves {
  formula: { batch: DemoBatch; sampled: number[] };
  cream: { batch: DemoBatch; commissioned: number };
  eggRolls: { batch: DemoBatch };
  rice: { batch: DemoBatch; spoiled: number[] };
  mixed: DemoBatch[];
  cars: DemoBatch;
}

const REGIONS = "CN-GD CN-GD CN-SH CN-BJ CN-SC HK MO SG NZ US GB AE ZA BR".split(" ");

/** The regions where a copied label is scanned, in order. From the third country on its answer has a caution. */
const COPIED_LABEL = ["CN-GD", "TH", "FR", "US"];

/** A few thousand scans as people make them. Each run is made in its order. */
export function crowd({ formula, cream, eggRolls, rice, mixed, cars }: Shelves): PlannedScan[][] {
  const real = [formula.batch, cream.batch, eggRolls.batch, rice.batch];
  const runs: PlannedScan[][] = [];
  // First scans and repeats: every fourth code again, twice, from the same place.
  for (const batch of real)
    runs.push(
      ...times(480, (i) => {
        const one = plan(batch, 600 + i * 14, i, "genuine");
        return i % 4 === 0 ? [one, one, one] : [one];
      }),
    );
  for (const batch of [...mixed, cars])
    runs.push(...times(Math.min(10, batch.codes.length), (i) => [plan(batch, i, i, "genuine")]));
  // Labels of goods that were never reported as made, and labels spoiled at the press.
  runs.push(...times(120, (i) => [plan(cream.batch, cream.commissioned + i, i, "not_activated")]));
  runs.push(...rice.spoiled.map((position, i) => [plan(rice.batch, position, i, "void")]));
  // Suspicious: a sampled tin on sale, a label moved to other goods. With a caution: a copied label.
  runs.push(...formula.sampled.map((position, i) => [plan(formula.batch, position, i, "suspicious")]));
  const moved = cream.batch.gtin;
  runs.push(...times(40, (i) => [{ ...plan(formula.batch, 30_000 + i, i, "suspicious"), gtin: moved }]));
  runs.push(...times(15, (i) => copies(formula.batch, 31_000 + i)));
  // Forged codes with a right check character, and mistyped codes.
  runs.push(...times(600, (i) => [{ code: forged(), region: regionOf(i), expected: "unknown" as const }]));
  runs.push(...times(500, (i) => [mistyped(formula.batch, i)]));
  return shuffled(runs);
}

function plan(
  { codes, gtin }: DemoBatch,
  position: number,
  n: number,
  expected: PlannedScan["expected"],
): PlannedScan {
  return { code: codes[position] as string, gtin, region: regionOf(n), expected };
}

function copies(batch: DemoBatch, position: number): PlannedScan[] {
  return COPIED_LABEL.map((region) => ({ ...plan(batch, position, 0, "genuine"), region }));
}

function mistyped({ codes }: DemoBatch, n: number): PlannedScan {
  return { code: misread(codes[n * 7] as string, n), region: regionOf(n), expected: "mistyped" };
}

function regionOf(n: number): string {
  return REGIONS[n % REGIONS.length] as string;
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Shuffles with a linear congruential generator: the same order in every run of the demo. */
function shuffled<T>(items: T[]): T[] {
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let i = items.length - 1; i > 0; i--) {
    const j = next(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
