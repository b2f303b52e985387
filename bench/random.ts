/** Numbers that look random and follow from a seed alone, so that two runs fill a store alike. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to, but not, 1: 32 bits of it (the generator known as mulberry32). */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `limit` - 1; `limit` may be larger than 2^32. */
  below(limit: number): number {
    if (limit <= 2 ** 32) return Math.floor(this.fraction() * limit);
    const high = Math.floor(this.fraction() * 2 ** 20);
    return Math.floor(((high * 2 ** 32 + this.fraction() * 2 ** 32) / 2 ** 52) * limit);
  }

  /** One of them, each as likely as the others. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** Normally distributed, mean 0, deviation 1 (Box and Muller, 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }

  /** A rank from 0 to `count` - 1, rank r about proportional to 1 / (r + 1): Zipf's law with exponent 1. */
  zipf(count: number): number {
    return Math.min(count - 1, Math.floor((count + 1) ** this.fraction()) - 1);
  }
}
