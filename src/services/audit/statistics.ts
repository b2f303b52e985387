import { continentOf } from "../../core/goods/country.ts";
import { TRADE_MODES } from "../../core/goods/trade-mode.ts";
import type { Store } from "../../store/store.ts";
import type { Service } from "../service.ts";

/** Codes and the declared value of their goods. */
export interface Volume {
  batches: number;
  codes: number;
  /** Decimal string, US dollars. */
  valueUsd: string;
}

/** The figures that the original system reported. */
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
 * Adds up the rows of the store; there are no counters. Public, so it is computed again only after a new record.
 */
export function statistics({ store, scan }: Pick<Service, "store" | "scan">): Statistics {
  const log = `${store.ledger.size()} ${store.ledger.checkpoint()?.note}`;
  const last = added.get(store);
  const recorded = last?.log === log ? last.recorded : addUp(store);
  added.set(store, { log, recorded });
  return { ...recorded, scans: scan.figures() };
}

function addUp(store: Store): Recorded {
  const groups = {
    mode: new Map<string, Sum>(),
    family: new Map<string, Sum>(),
    category: new Map<string, Sum>(),
    province: new Map<string, Sum>(),
    country: new Map<string, Sum>(),
    continent: new Map<string, Sum>(),
  };
  const total: Sum = { batches: 0, codes: 0, cents: 0n };
  const enterprises = new Set<string>();
  for (const row of store.batches.issued()) {
    const organisation = store.filing.organisation(row.organisation);
    enterprises.add(row.organisation);
    const keys = {
      mode: row.mode,
      family: TRADE_MODES.find(({ code }) => code === row.mode)?.family,
      category: row.category,
      province: organisation?.province ?? undefined,
      country: organisation?.country,
      continent: organisation && continentOf(organisation.country),
    };
    add(total, row.quantity, row.valueUsdCents);
    for (const [group, key] of Object.entries(keys))
      if (key !== undefined)
        add(sumIn(groups[group as keyof typeof groups], key), row.quantity, row.valueUsdCents);
  }
  return {
    issued: volume(total),
    byTradeMode: volumes(groups.mode),
    byFamily: volumes(groups.family),
    byCategory: volumes(groups.category),
    byProvince: volumes(groups.province),
    byCountry: volumes(groups.country),
    byContinent: volumes(groups.continent),
    clearance: clearance(store.custody.clearances()),
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
