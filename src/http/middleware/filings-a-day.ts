import { Problem } from "../../services/problem.ts";

const DAY_MS = 24 * 3_600_000;
/** Networks remembered, the latest. Memory must not grow with the addresses of an attacker. */
const MAX_NETWORKS = 100_000;

interface Count {
  /** When the day of this count ends, milliseconds. */
  endsMs: number;
  filings: number;
}

/** Counts filings by network and day, in memory. */
export class FilingsADay {
  private readonly most: number;
  /** The network counted first is first. */
  private readonly counts = new Map<string, Count>();

  /** @param most filings of one network in a day */
  constructor(most: number) {
    this.most = most;
  }

  /**
   * Counts one filing.
   * @returns the seconds until a further one is accepted; 0 where this one is
   */
  secondsToWait(network: string, nowMs: number): number {
    let count = this.counts.get(network);
    if (count === undefined || count.endsMs <= nowMs) {
      count = { endsMs: nowMs + DAY_MS, filings: 0 };
      this.counts.delete(network);
      this.counts.set(network, count);
      this.forgetOldest();
    }
    if (count.filings >= this.most) return Math.ceil((count.endsMs - nowMs) / 1000);
    count.filings += 1;
    return 0;
  }

  tooMany(): Problem {
    return new Problem("rate_limited", `at most ${this.most} filings a day from one address`);
  }

  private forgetOldest(): void {
    if (this.counts.size <= MAX_NETWORKS) return;
    const [oldest] = this.counts.keys();
    if (oldest !== undefined) this.counts.delete(oldest);
  }
}
