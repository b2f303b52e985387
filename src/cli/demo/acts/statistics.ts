import { CommandFailed } from "../../command.ts";
import { formatCount } from "../../output.ts";
import type { Narrator } from "../narrator.ts";
import type { Scanner } from "../scans.ts";

/** What this story uses of `GET /v1/stats`. */
export interface Statistics {
  issued: { batches: number; codes: number; valueUsd: string };
  byTradeMode: Record<string, unknown>;
  scans: {
    total: number;
    byCountry: Record<string, number>;
    byContinent: Record<string, number>;
    refused: { unknown: { sinceStart: number }; mistyped: { sinceStart: number } };
  };
  clearance: { releases: number; medianSeconds: number | null };
  records: number;
}

/**
 * Compares the service's count of scans with the story's own. Other visitors may scan while it runs, so the service may
 * have counted more.
 * @throws CommandFailed where the service counted fewer
 */
export function checkStatistics({ scans }: Statistics, { total, verdicts }: Scanner): void {
  const { unknown, mistyped } = scans.refused;
  const counted = scans.total + unknown.sinceStart + mistyped.sinceStart;
  if (counted < total) throw new CommandFailed(`${total} scans were made, the service counted ${counted}`);
  if (unknown.sinceStart < verdicts.unknown || mistyped.sinceStart < verdicts.mistyped)
    throw new CommandFailed("the service counted fewer unknown or mistyped codes than it answered");
}

/** Prints the figures of the service. */
export function sayStatistics(narrator: Narrator, stats: Statistics): void {
  const { issued, byTradeMode, scans, clearance, records } = stats;
  const modes = Object.keys(byTradeMode).length;
  const minutes = Math.round((clearance.medianSeconds ?? 0) / 60);
  narrator.title("In figures");
  narrator.say(
    `${formatCount(issued.codes)} codes in ${issued.batches} batches by ${modes} trade modes, worth US$ ${formatCount(Number(issued.valueUsd))}.`,
    `${formatCount(records)} records. From declared to released: ${minutes} minutes (median of ${clearance.releases}).`,
    `${formatCount(scans.total)} scans of real codes from ${Object.keys(scans.byCountry).length} countries and regions on ${Object.keys(scans.byContinent).length} continents.`,
  );
}
