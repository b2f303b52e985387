import { continentOf } from "../../core/goods/country.ts";
import { TRADE_MODES } from "../../core/goods/trade-mode.ts";
import type { BatchRow } from "../../store/batches.ts";
import type { Store } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import type { Service } from "../service.ts";

/** Codes and the declared value of their goods. */
export interface Volume {
  batches: number;
  codes: number;
  /** Decimal string, US dollars; for the authority alone, since it is sealed. */
  valueUsd?: string;
}

/** The figures that the original system reported: exact and current, for the authority and the operator. */
export interface Statistics {
  issued: Volume;
  byTradeMode: Record<string, Volume>;
  byFamily: Record<string, Volume>;
  byCategory: Record<string, Volume>;
  /** By mainland province, country and continent of the ordering enterprise. */
  byProvince: Record<string, Volume>;
  byCountry: Record<string, Volume>;
  byContinent: Record<string, Volume>;
  scans: ReturnType<Service["scan"]["figures"]>;
  /** The time from declaration to release. */
  clearance: { releases: number; medianSeconds: number | null; meanSeconds: number | null };
  records: number;
  enterprises: number;
}

interface Sum {
  batches: number;
  codes: number;
  cents: bigint;
}

type Recorded = Omit<Statistics, "scans">;

/** The last result, with the log that it belongs to: only a record changes it. */
const added = new WeakMap<Store, { log: string; recorded: Recorded }>();

/**
 * Adds up the rows of the store; there are no counters. Computed again only after a new record.
 * @param caller the authority sees values too
 */
export function statistics(
  { store, scan }: Pick<Service, "store" | "scan">,
  { role }: Pick<Caller, "role">,
): Statistics {
  const log = `${store.ledger.size()} ${store.ledger.checkpoint()?.note}`;
  const last = added.get(store);
  const recorded = last?.log === log ? last.recorded : addUp(store);
  added.set(store, { log, recorded });
  return { ...(role === "authority" ? recorded : withoutValues(recorded)), scans: scan.figures() };
}

/** The groups that a batch counts in: one of each dimension, undefined where it is not known. */
export function groupsOf(
  store: Store,
  row: Pick<BatchRow, "mode" | "category" | "organisation">,
): Record<Dimension, string | undefined> {
  const organisation = store.filing.organisation(row.organisation);
  return {
    byTradeMode: row.mode,
    byFamily: TRADE_MODES.find(({ code }) => code === row.mode)?.family,
    byCategory: row.category,
    byProvince: organisation?.province ?? undefined,
    byCountry: organisation?.country,
    byContinent: organisation && continentOf(organisation.country),
  };
}

export const DIMENSIONS = [
  "byTradeMode",
  "byFamily",
  "byCategory",
  "byProvince",
  "byCountry",
  "byContinent",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

function withoutValues(recorded: Recorded): Recorded {
  const less = { ...recorded, issued: withoutValue(recorded.issued) };
  for (const dimension of DIMENSIONS)
    less[dimension] = Object.fromEntries(
      Object.entries(recorded[dimension]).map(([key, one]) => [key, withoutValue(one)]),
    );
  return less;
}

function withoutValue({ batches, codes }: Volume): Volume {
  return { batches, codes };
}

function addUp(store: Store): Recorded {
  const groups = new Map(DIMENSIONS.map((dimension) => [dimension, new Map<string, Sum>()]));
  const total: Sum = { batches: 0, codes: 0, cents: 0n };
  const enterprises = new Set<string>();
  for (const row of store.batches.issued()) {
    enterprises.add(row.organisation);
    add(total, row.quantity, row.valueUsdCents);
    const keys = groupsOf(store, row);
    for (const [dimension, sums] of groups) {
      const key = keys[dimension];
      if (key !== undefined) add(sumIn(sums, key), row.quantity, row.valueUsdCents);
    }
  }
  const by = Object.fromEntries([...groups].map(([dimension, sums]) => [dimension, volumes(sums)]));
  return {
    issued: volume(total),
    ...(by as Record<Dimension, Record<string, Volume>>),
    clearance: clearance(store.custody.recorded.clearances()),
    records: store.ledger.size(),
    enterprises: enterprises.size,
  };
}

function sumIn(sums: Map<string, Sum>, key: string): Sum {
  const known = sums.get(key);
  if (known) return known;
  const sum = { batches: 0, codes: 0, cents: 0n };
  sums.set(key, sum);
  return sum;
}

function add(sum: Sum, codes: number, cents: number | null): void {
  sum.batches += 1;
  sum.codes += codes;
  sum.cents += BigInt(cents ?? 0);
}

function volume({ batches, codes, cents }: Sum): Volume {
  return { batches, codes, valueUsd: `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}` };
}

function volumes(sums: Map<string, Sum>): Record<string, Volume> {
  return Object.fromEntries(
    [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, sum]) => [key, volume(sum)]),
  );
}

/** @param sortedMs clearance times in milliseconds, ascending */
function clearance(sortedMs: number[]): Statistics["clearance"] {
  const upper = sortedMs[Math.floor(sortedMs.length / 2)];
  const lower = sortedMs[Math.floor((sortedMs.length - 1) / 2)];
  if (upper === undefined || lower === undefined)
    return { releases: 0, medianSeconds: null, meanSeconds: null };
  const sum = sortedMs.reduce((total, ms) => total + ms, 0);
  return {
    releases: sortedMs.length,
    medianSeconds: Math.round((lower + upper) / 2 / 1000),
    meanSeconds: Math.round(sum / sortedMs.length / 1000),
  };
}
