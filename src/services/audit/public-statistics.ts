import type { ScanSums } from "../../scan/answer.ts";
import type { Store } from "../../store/store.ts";
import type { Service } from "../service.ts";
import { type Dimension, DIMENSIONS, groupsOf } from "./statistics.ts";

/** Codes, two significant digits. */
interface CoarseVolume {
  batches: number;
  codes: number;
}

/**
 * The figures for everybody. Each published number, and each change of one from day to day, adds up at least three
 * enterprises, none of which has most of it: so neither a figure nor the difference of two is one enterprise's. Values are
 * not in it.
 */
export interface PublicStatistics extends Record<Dimension, Record<string, CoarseVolume>> {
  /** The start of the current day, UTC: nothing later is in the figures. */
  asOf: string;
  issued: CoarseVolume;
  scans: ScanSums;
  /** Size of the log, which its checkpoint gives exactly. */
  records: number;
  /** Number of enterprises in `issued`. */
  enterprises: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A number of fewer enterprises is not published, */
const FEWEST_ENTERPRISES = 3;
/** nor one of which an enterprise has a larger share, by codes: subtracting little would leave its own. */
const LARGEST_SHARE = 0.8;
/** Places with fewer scans are left out: a scan in a small place may be one person's. */
const FEWEST_SCANS = 10;

const published = new WeakMap<Store, { dayMs: number; figures: PublicStatistics }>();

/** The public figures, computed once a day from what was there before the day (UTC) began. */
export function publicStatistics({
  store,
  scan,
  platform,
}: Pick<Service, "store" | "scan" | "platform">): PublicStatistics {
  const nowMs = platform.now();
  const dayMs = nowMs - (nowMs % DAY_MS);
  const last = published.get(store);
  if (last?.dayMs === dayMs) return last.figures;
  const figures = addUp(store, dayMs, scan.dayFigures());
  published.set(store, { dayMs, figures });
  return figures;
}

/**
 * A sum that grows by steps of several enterprises. Batches wait, day after day, until those of enough enterprises can be
 * published together.
 */
class GuardedSum {
  batches = 0;
  codes = 0;
  /** Published codes of each enterprise. */
  readonly of = new Map<string, number>();
  private waiting = new Map<string, { batches: number; codes: number }>();

  add(enterprise: string, codes: number): void {
    const mine = this.waiting.get(enterprise) ?? { batches: 0, codes: 0 };
    this.waiting.set(enterprise, { batches: mine.batches + 1, codes: mine.codes + codes });
  }

  /** Publishes what waits, if it is of enough enterprises. Call at the end of each day. */
  endDay(): void {
    const all = [...this.waiting.values()];
    const codes = all.reduce((sum, mine) => sum + mine.codes, 0);
    const largest = Math.max(0, ...all.map((mine) => mine.codes));
    if (all.length < FEWEST_ENTERPRISES || largest > LARGEST_SHARE * codes) return;
    for (const [enterprise, mine] of this.waiting) {
      this.batches += mine.batches;
      this.codes += mine.codes;
      this.of.set(enterprise, (this.of.get(enterprise) ?? 0) + mine.codes);
    }
    this.waiting = new Map();
  }
}

function addUp(store: Store, beforeMs: number, scans: ScanSums): PublicStatistics {
  const total = new GuardedSum();
  const by = new Map(DIMENSIONS.map((dimension) => [dimension, new Map<string, GuardedSum>()]));
  const rows = store.batches
    .issued()
    .filter(({ readyAt }) => readyAt !== null && readyAt < beforeMs)
    .sort((a, b) => (a.readyAt as number) - (b.readyAt as number));
  const endDay = (): void => {
    total.endDay();
    for (const groups of by.values()) for (const sum of groups.values()) sum.endDay();
  };
  let day = -1;
  for (const row of rows) {
    const rowDay = Math.floor((row.readyAt as number) / DAY_MS);
    if (rowDay !== day) endDay();
    day = rowDay;
    total.add(row.organisation, row.quantity);
    const keys = groupsOf(store, row);
    for (const [dimension, groups] of by) {
      const key = keys[dimension];
      if (key === undefined) continue;
      const sum = groups.get(key) ?? new GuardedSum();
      groups.set(key, sum);
      sum.add(row.organisation, row.quantity);
    }
  }
  endDay();
  const figures = Object.fromEntries(
    [...by].map(([dimension, groups]) => [dimension, shown(total, groups)]),
  ) as Record<Dimension, Record<string, CoarseVolume>>;
  return {
    asOf: new Date(beforeMs).toISOString(),
    issued: coarseVolume(total),
    ...figures,
    scans: coarseScans(scans, total, figures),
    records: coarse(store.ledger.size()),
    enterprises: coarse(total.of.size),
  };
}

/** The groups of a dimension, without those that would give away a group left out as the rest of the total. */
function shown(total: GuardedSum, groups: ReadonlyMap<string, GuardedSum>): Record<string, CoarseVolume> {
  const left = [...groups].filter(([, sum]) => sum.codes > 0).sort(([, a], [, b]) => b.codes - a.codes);
  while (left.length > 0 && givesAway(total, left)) left.pop();
  left.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(left.map(([key, sum]) => [key, coarseVolume(sum)]));
}

/** Whether the total less the groups is of one or two enterprises. */
function givesAway(total: GuardedSum, groups: readonly (readonly [string, GuardedSum])[]): boolean {
  const rest = new Map(total.of);
  for (const [, { of }] of groups)
    for (const [enterprise, codes] of of) rest.set(enterprise, (rest.get(enterprise) ?? 0) - codes);
  const count = [...rest.values()].filter((codes) => codes !== 0).length;
  return count > 0 && count < FEWEST_ENTERPRISES;
}

/** Scans of kinds of goods are published where the codes of these goods are. */
function coarseScans(
  scans: ScanSums,
  total: GuardedSum,
  { byTradeMode, byCategory }: Record<Dimension, Record<string, CoarseVolume>>,
): ScanSums {
  const none = total.codes === 0;
  const some = (counts: Record<string, number>, keep: (key: string, count: number) => boolean) =>
    Object.fromEntries(
      Object.entries(counts)
        .filter(([key, count]) => !none && keep(key, count))
        .map(([key, count]) => [key, coarse(count)]),
    );
  const verdicts = Object.entries(scans.byVerdict).map(([key, count]) => [key, none ? 0 : coarse(count)]);
  return {
    total: none ? 0 : coarse(scans.total),
    codes: none ? 0 : coarse(scans.codes),
    byVerdict: Object.fromEntries(verdicts) as ScanSums["byVerdict"],
    byCountry: some(scans.byCountry, isEnough),
    byContinent: some(scans.byContinent, isEnough),
    byProvince: some(scans.byProvince, isEnough),
    byTradeMode: some(scans.byTradeMode, (key) => key in byTradeMode),
    byCategory: some(scans.byCategory, (key) => key in byCategory),
  };
}

function isEnough(_place: string, count: number): boolean {
  return count >= FEWEST_SCANS;
}

function coarseVolume({ batches, codes }: CoarseVolume): CoarseVolume {
  return { batches: coarse(batches), codes: coarse(codes) };
}

/** Two significant digits. */
function coarse(count: number): number {
  return Number(count.toPrecision(2));
}
