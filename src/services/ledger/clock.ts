import type { Platform } from "../../platform.ts";
import type { Store } from "../../store/store.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A larger difference is reported: no clock that is kept by NTP steps so far. */
const REPORT_MS = 5 * MINUTE_MS;
/** While the service runs, a larger difference between the clock and the time that passed refuses records. */
const MAX_DRIFT_MS = DAY_MS;
/** At a start nothing but the clock says how long the service was off. It may be as long as this. */
const MAX_OFF_MS = 90 * DAY_MS;
/** No ledger is older than this software: a clock without a battery says 1970 or the year it was made. */
const EARLIEST_MS = Date.UTC(2020, 0, 1);
/** The comparison restarts after this long, so that small steps of NTP do not add up. */
const FOLLOW_EVERY_MS = HOUR_MS;
const REMEMBER_EVERY_MS = 10 * MINUTE_MS;
const REPEAT_REPORT_MS = 10 * MINUTE_MS;

const KEY = "clock";

/** The row `clock` of the store: what must survive a restart. Times are milliseconds since 1970. */
interface Remembered {
  /** The last reading that was trusted: 0 where there is none. */
  seenMs: number;
  /** The first of the readings too far ahead, which are refused: a restart does not make them right. */
  refusedMs: number | null;
  /** The operator's decision that was applied last, as the operator's file has it. */
  decision: string | null;
  /** Records up to this time may be ahead of the clock: the operator decided so. */
  aheadMs: number;
}

/** One reading of the clock. */
export interface Reading {
  /** The true time as far as known: the clock's, or where that is refused, the last trusted one with the time since. */
  clockMs: number;
  /** Present where no record may be made: what is wrong, in words. */
  refusal?: string;
}

export interface ClockCallbacks {
  /** The operator's last decision that a clock is right: the time that it showed, RFC 3339. */
  decision(): string | undefined;
  /** Reports to the operator that the clock is doubted, or refused. */
  doubted(message: string): void;
  /** Reports to the operator that the clock is trusted again. */
  trusted(message: string): void;
}

/** A difference that was found: from which time, and whether it refuses records. */
interface Doubt {
  refuses: boolean;
  message: string;
}

/**
 * Compares the wall clock with the time that passed (the monotonic clock), with the last record, and with what earlier
 * runs saw. One wrong reading must not date every later record: times in the log never go backwards.
 *
 * A difference above 5 minutes is reported. Records are refused where the clock is more than 24 hours away from the time
 * that passed, more than 24 hours behind the last record, or at a start more than 90 days ahead of what was seen last,
 * until it is right again or the operator accepts it.
 */
export class LedgerClock {
  private readonly store: Store;
  private readonly platform: Pick<Platform, "now" | "monotonic">;
  private readonly callbacks: ClockCallbacks;
  private remembered: Remembered;
  /** A trusted reading of both clocks in this run. */
  private anchor: { wallMs: number; monotonicMs: number } | undefined;
  private unsaved = false;
  private savedMs = 0;
  /** The doubt that was reported last, and when. */
  private reported: { refuses: boolean; atMs: number } | undefined;

  constructor(store: Store, platform: Pick<Platform, "now" | "monotonic">, callbacks: ClockCallbacks) {
    this.store = store;
    this.platform = platform;
    this.callbacks = callbacks;
    this.remembered = rememberedBy(store);
  }

  /** @param lastRecordedMs the time of the last record, 0 where there is none */
  read(lastRecordedMs: number): Reading {
    const wallMs = this.platform.now();
    const monotonicMs = this.platform.monotonic();
    const doubt = this.doubt(wallMs, monotonicMs, lastRecordedMs);
    if (doubt === undefined || this.decided(wallMs, lastRecordedMs)) {
      this.trust(wallMs, monotonicMs, doubt !== undefined);
      return { clockMs: wallMs };
    }
    this.report(doubt, monotonicMs);
    if (!doubt.refuses) return { clockMs: wallMs };
    const knownMs = this.expectedMs(monotonicMs) ?? Math.max(this.remembered.seenMs, lastRecordedMs);
    if (wallMs > knownMs) this.rememberRefused(wallMs);
    return { clockMs: knownMs, refusal: doubt.message };
  }

  /** Stores what must survive a restart, where it changed. Call inside the group's transaction. */
  save(): void {
    if (!this.unsaved && this.remembered.seenMs < this.savedMs + REMEMBER_EVERY_MS) return;
    this.store.service.setMeta(KEY, JSON.stringify(this.remembered));
    this.unsaved = false;
    this.savedMs = this.remembered.seenMs;
  }

  /** Call where a group was refused: the store may lack what was saved in it. */
  reload(): void {
    this.unsaved = true;
  }

  private doubt(wallMs: number, monotonicMs: number, lastRecordedMs: number): Doubt | undefined {
    const says = `the clock says ${timeText(wallMs)}`;
    if (wallMs < EARLIEST_MS) return { refuses: true, message: `${says}, before this software was written` };
    const behindMs = lastRecordedMs - wallMs;
    if (lastRecordedMs > this.remembered.aheadMs && behindMs > REPORT_MS)
      return {
        refuses: behindMs > MAX_DRIFT_MS,
        message: `${says}, ${spanText(behindMs)} before the last record of ${timeText(lastRecordedMs)}`,
      };
    const expectedMs = this.expectedMs(monotonicMs);
    if (expectedMs === undefined) return this.doubtAtStart(wallMs, lastRecordedMs, says);
    const driftMs = wallMs - expectedMs;
    if (Math.abs(driftMs) <= REPORT_MS) return undefined;
    const where = driftMs > 0 ? "ahead of" : "behind";
    return {
      refuses: Math.abs(driftMs) > MAX_DRIFT_MS,
      message: `${says}, ${spanText(Math.abs(driftMs))} ${where} ${timeText(expectedMs)}, the time that has passed since it was right`,
    };
  }

  private doubtAtStart(wallMs: number, lastRecordedMs: number, says: string): Doubt | undefined {
    const { seenMs, refusedMs, aheadMs } = this.remembered;
    if (refusedMs !== null && wallMs >= refusedMs - REPORT_MS)
      return {
        refuses: true,
        message: `${says}, and it was refused from ${timeText(refusedMs)} on before this start`,
      };
    // A version without this memory left no reading: its last record says only when somebody last wrote.
    const lastMs = Math.max(seenMs, lastRecordedMs > aheadMs && seenMs > 0 ? lastRecordedMs : 0);
    const offMs = wallMs - lastMs;
    if (lastMs > 0 && offMs > MAX_OFF_MS)
      return {
        refuses: true,
        message: `${says}, ${spanText(offMs)} after ${timeText(lastMs)}, when this ledger was last in use`,
      };
    const behindMs = seenMs - wallMs;
    if (behindMs <= REPORT_MS) return undefined;
    return {
      refuses: behindMs > MAX_DRIFT_MS,
      message: `${says}, ${spanText(behindMs)} before ${timeText(seenMs)}, when this ledger was last in use`,
    };
  }

  /** What the clock should say, by the time that passed in this run. */
  private expectedMs(monotonicMs: number): number | undefined {
    return this.anchor && this.anchor.wallMs + (monotonicMs - this.anchor.monotonicMs);
  }

  /** Applies a decision of the operator, once, where it is about the present reading. */
  private decided(wallMs: number, lastRecordedMs: number): boolean {
    const decision = this.callbacks.decision();
    if (decision === undefined || decision === this.remembered.decision) return false;
    const sinceMs = wallMs - Date.parse(decision);
    if (!(sinceMs > -REPORT_MS && sinceMs < DAY_MS)) return false;
    this.anchor = undefined;
    this.remembered = { seenMs: wallMs, refusedMs: null, decision, aheadMs: lastRecordedMs };
    this.unsaved = true;
    return true;
  }

  private trust(wallMs: number, monotonicMs: number, decided: boolean): void {
    if (this.anchor === undefined || monotonicMs - this.anchor.monotonicMs >= FOLLOW_EVERY_MS)
      this.anchor = { wallMs, monotonicMs };
    if (this.remembered.refusedMs !== null) {
      this.remembered.refusedMs = null;
      this.unsaved = true;
    }
    this.remembered.seenMs = wallMs;
    if (this.reported === undefined && !decided) return;
    this.reported = undefined;
    const how = decided ? "is accepted by the operator" : "is right again";
    this.callbacks.trusted(`the clock says ${timeText(wallMs)} and ${how}`);
  }

  private rememberRefused(wallMs: number): void {
    const { refusedMs } = this.remembered;
    if (refusedMs !== null && refusedMs <= wallMs) return;
    this.remembered.refusedMs = wallMs;
    this.unsaved = true;
  }

  private report({ refuses, message }: Doubt, monotonicMs: number): void {
    const { reported } = this;
    if (reported?.refuses === refuses && monotonicMs - reported.atMs < REPEAT_REPORT_MS) return;
    this.reported = { refuses, atMs: monotonicMs };
    this.callbacks.doubted(refuses ? `${message}: records are refused` : message);
  }
}

function rememberedBy(store: Store): Remembered {
  const nothing: Remembered = { seenMs: 0, refusedMs: null, decision: null, aheadMs: 0 };
  const text = store.service.meta(KEY);
  return text === undefined ? nothing : { ...nothing, ...(JSON.parse(text) as Partial<Remembered>) };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function spanText(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)} days`;
  return ms >= 2 * HOUR_MS ? `${Math.floor(ms / HOUR_MS)} hours` : `${Math.floor(ms / MINUTE_MS)} minutes`;
}
