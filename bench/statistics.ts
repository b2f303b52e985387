/** The middle of some numbers; between the two middle ones where their count is even. @throws RangeError for none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted[sorted.length >> 1];
  const low = sorted[(sorted.length - 1) >> 1];
  if (high === undefined || low === undefined) throw new RangeError("the median of no values");
  return (low + high) / 2;
}

/** The smallest value that at least `share` (0 to 1) of all values do not exceed (nearest rank). @throws RangeError for none */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("a percentile of no values");
  return value;
}

/** Two things measured in turn. */
export interface Paired {
  a: number[];
  b: number[];
  /** Median of a / b, each pair's own: what drifts during the run drifts for both. */
  ratio: number;
}

/** Measures A B A B …, `pairs` times. */
export async function inTurn(
  pairs: number,
  a: () => Promise<number> | number,
  b: () => Promise<number> | number,
): Promise<Paired> {
  const paired: Paired = { a: [], b: [], ratio: 0 };
  for (let i = 0; i < pairs; i++) {
    paired.a.push(await a());
    paired.b.push(await b());
  }
  return { ...paired, ratio: median(paired.a.map((value, i) => value / (paired.b[i] as number))) };
}
