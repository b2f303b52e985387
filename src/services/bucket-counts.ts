/** A histogram in plain numbers: a value costs a few comparisons, and metrics read the sums when they are asked for. */
export class BucketCounts {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Values up to each bound and above the one before; last, those above every bound. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array<number>(bounds.length + 1).fill(0);
  }

  add(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }
}
