import type { RecentCount } from "./answer.ts";

const MINUTE_MS = 60_000;
const MINUTES = 60;

/** Counts requests that no log keeps, by minute over the last hour. In memory only. */
export class RecentCounter {
  private readonly minutes = new Float64Array(MINUTES);
  private readonly counts = new Uint32Array(MINUTES);
  private total = 0;

  add(nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const slot = minute % MINUTES;
    if (this.minutes[slot] !== minute) {
      this.minutes[slot] = minute;
      this.counts[slot] = 0;
    }
    this.counts[slot] = (this.counts[slot] as number) + 1;
    this.total += 1;
  }

  /** The last hour is the current minute and the 59 before it. */
  count(nowMs: number): RecentCount {
    const minute = Math.floor(nowMs / MINUTE_MS);
    let lastHour = 0;
    for (let slot = 0; slot < MINUTES; slot++) {
      const ageMinutes = minute - (this.minutes[slot] as number);
      if (ageMinutes >= 0 && ageMinutes < MINUTES) lastHour += this.counts[slot] as number;
    }
    return { sinceStart: this.total, lastHour };
  }
}
