/** Scans from this many countries within the window make a code suspicious. */
export const MANY_COUNTRIES = 3;
/** The window: one day. */
export const WINDOW_SECONDS = 24 * 60 * 60;

/**
 * The countries of repeated scans, which decide `many_regions` together with the first scan in the tally. A sighting is a
 * scan after the first, from a known country.
 *
 * Two tables of a day each; the older is dropped when the younger is a day old. So the last 24 hours are always complete,
 * and nothing is older than 48. Fifty to a hundred bytes per code that was scanned again.
 */
export class Sightings {
  private younger = new DayTable();
  private older = new DayTable();
  private youngerSince = 0;

  /** Sightings come in the order of the log. `country` is a number above 0. */
  add(key: number, country: number, atSeconds: number): void {
    if (atSeconds >= this.youngerSince + WINDOW_SECONDS) {
      this.older = this.younger;
      this.younger = new DayTable();
      this.youngerSince = atSeconds;
    }
    this.younger.add(key, country, atSeconds);
  }

  /**
   * The number of countries that scanned a code in the 24 hours up to `nowSeconds`; exact up to `MANY_COUNTRIES`.
   * @param first the country (0 for unknown) and time of the code's first scan
   */
  countries(key: number, nowSeconds: number, first: { country: number; seconds: number }): number {
    const from = nowSeconds - WINDOW_SECONDS;
    const seen = new Set<number>();
    if (first.country !== 0 && first.seconds >= from) seen.add(first.country);
    this.younger.collect(key, from, seen);
    this.older.collect(key, from, seen);
    return Math.min(seen.size, MANY_COUNTRIES);
  }
}

const EMPTY = -1;

/**
 * The last three countries of each code with the time of the last scan there: three decide the verdict. An open-addressing
 * table in typed arrays, half full at most.
 */
class DayTable {
  private mask = 0;
  private used = 0;
  /** Item keys. */
  private keys = new Float64Array(0);
  /** Three per slot, each once, the latest first; 0 is none. */
  private countries = new Uint16Array(0);
  private seconds = new Uint32Array(0);

  constructor() {
    this.allocate(64);
  }

  add(key: number, country: number, atSeconds: number): void {
    if (2 * (this.used + 1) > this.keys.length) this.grow();
    const slot = this.find(key);
    if (this.keys[slot] === EMPTY) {
      this.keys[slot] = key;
      this.used += 1;
    }
    const base = slot * MANY_COUNTRIES;
    let at = base;
    while (at < base + MANY_COUNTRIES - 1 && this.countries[at] !== country && this.countries[at] !== 0)
      at += 1;
    this.countries.copyWithin(base + 1, base, at);
    this.seconds.copyWithin(base + 1, base, at);
    this.countries[base] = country;
    this.seconds[base] = atSeconds;
  }

  /** Adds the countries that scanned a code since `from`, in seconds. */
  collect(key: number, from: number, seen: Set<number>): void {
    const slot = this.find(key);
    if (this.keys[slot] === EMPTY) return;
    for (let at = slot * MANY_COUNTRIES; at < (slot + 1) * MANY_COUNTRIES; at++)
      if (this.countries[at] !== 0 && (this.seconds[at] as number) >= from)
        seen.add(this.countries[at] as number);
  }

  /** The slot of a key, or the empty slot for it. */
  private find(key: number): number {
    let slot = hashOf(key) & this.mask;
    while (this.keys[slot] !== key && this.keys[slot] !== EMPTY) slot = (slot + 1) & this.mask;
    return slot;
  }

  private grow(): void {
    const { keys, countries, seconds } = this;
    this.allocate(keys.length * 2);
    keys.forEach((key, from) => {
      if (key === EMPTY) return;
      const slot = this.find(key);
      const [at, end] = [from * MANY_COUNTRIES, (from + 1) * MANY_COUNTRIES];
      this.keys[slot] = key;
      this.countries.set(countries.subarray(at, end), slot * MANY_COUNTRIES);
      this.seconds.set(seconds.subarray(at, end), slot * MANY_COUNTRIES);
    });
  }

  /** `capacity` is a power of two. */
  private allocate(capacity: number): void {
    this.mask = capacity - 1;
    this.keys = new Float64Array(capacity).fill(EMPTY);
    this.countries = new Uint16Array(capacity * MANY_COUNTRIES);
    this.seconds = new Uint32Array(capacity * MANY_COUNTRIES);
  }
}

/** Spreads keys, which are consecutive in a batch (the finaliser of MurmurHash3). */
function hashOf(key: number): number {
  let hash = (key | 0) ^ Math.imul(Math.floor(key / 2 ** 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
