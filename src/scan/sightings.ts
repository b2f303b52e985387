/** Scans from this many countries within the window are a caution. */
export const MANY_COUNTRIES = 3;
/** Scans from this many networks within the window are a caution: more than a shop, a family and their phones use. */
export const MANY_NETWORKS = 10;
/** The window: one day. */
export const WINDOW_SECONDS = 24 * 60 * 60;
/** The most countries and networks that are kept of one code in a day. */
export const MOST_MARKS = 64;
/** Limits of a table: 50 MB, and there are two. Where one is reached, the older is dropped early: the window is shorter. */
const MOST_CODES = 2 ** 20;
const MOST_MARKS_OF_ALL = 2 ** 21;

/** Countries and networks of repeated scans of one code within the window. */
export interface Spread {
  countries: number;
  networks: number;
  /** The earliest scan that counts, seconds since 1970. */
  sinceSeconds: number;
}

/**
 * The countries and networks of repeated scans, for the caution that a code is scanned widely. A sighting is a scan after the
 * first, from a known country or network. Countries of the first scan come from the tally.
 *
 * Two tables of a day each; the older is dropped when the younger is a day old. So the last 24 hours are complete, except
 * beyond the limits above, and nothing is older than 48. Networks are hashes that a start cannot read again: only countries
 * are in the scan log.
 */
export class Sightings {
  private younger = new DayTable();
  private older = new DayTable();
  private youngerSince = 0;

  /** Sightings come in the order of the log. `country` and `network` are numbers, 0 for unknown. */
  add(key: number, country: number, network: number, atSeconds: number): void {
    if (atSeconds >= this.youngerSince + WINDOW_SECONDS || this.younger.full) {
      this.older = this.younger;
      this.younger = new DayTable();
      this.youngerSince = atSeconds;
    }
    if (country !== 0) this.younger.add(key, country, atSeconds);
    if (network !== 0) this.younger.add(key, network | NETWORK, atSeconds);
  }

  /**
   * The spread of a code's scans in the 24 hours up to `nowSeconds`; exact up to `MOST_MARKS`.
   * @param first the country (0 for unknown) and time of the code's first scan
   */
  spread(key: number, nowSeconds: number, first: { country: number; seconds: number }): Spread {
    const from = nowSeconds - WINDOW_SECONDS;
    const marks = new Set<number>();
    let since = nowSeconds;
    if (first.country !== 0 && first.seconds >= from) {
      marks.add(first.country);
      since = first.seconds;
    }
    since = Math.min(since, this.younger.collect(key, from, marks), this.older.collect(key, from, marks));
    let countries = 0;
    for (const mark of marks) if (mark < NETWORK_LIMIT) countries += 1;
    return { countries, networks: marks.size - countries, sinceSeconds: since };
  }
}

/** Marks a network's number, so that one list holds countries and networks. */
const NETWORK = 0x80000000;
const NETWORK_LIMIT = 0x80000000;
const EMPTY = -1;

/**
 * The countries and networks of each code, each with the time of the last scan from it. An open-addressing table of codes in
 * typed arrays, half full at most, and one pool of linked marks.
 */
class DayTable {
  private mask = 0;
  private used = 0;
  /** Item keys. */
  private keys = new Float64Array(0);
  /** The first mark of each code. */
  private heads = new Int32Array(0);
  private marks = new Uint32Array(64);
  private seconds = new Uint32Array(64);
  private next = new Int32Array(64);
  private pooled = 0;

  constructor() {
    this.allocate(64);
  }

  get full(): boolean {
    return this.used >= MOST_CODES || this.pooled >= MOST_MARKS_OF_ALL;
  }

  add(key: number, signed: number, atSeconds: number): void {
    const mark = signed >>> 0;
    if (2 * (this.used + 1) > this.keys.length) this.grow();
    const slot = this.find(key);
    if (this.keys[slot] === EMPTY) {
      this.keys[slot] = key;
      this.heads[slot] = EMPTY;
      this.used += 1;
    }
    let count = 0;
    for (let at = this.heads[slot] as number; at !== EMPTY; at = this.next[at] as number) {
      if (this.marks[at] === mark) {
        this.seconds[at] = atSeconds;
        return;
      }
      count += 1;
    }
    if (count < MOST_MARKS) this.prepend(slot, mark, atSeconds);
  }

  /** Adds the marks of a code since `from` to `seen`; returns the earliest time of these, or Infinity. */
  collect(key: number, from: number, seen: Set<number>): number {
    let earliest = Infinity;
    const slot = this.find(key);
    if (this.keys[slot] === EMPTY) return earliest;
    for (let at = this.heads[slot] as number; at !== EMPTY; at = this.next[at] as number) {
      const seconds = this.seconds[at] as number;
      if (seconds < from) continue;
      seen.add(this.marks[at] as number);
      earliest = Math.min(earliest, seconds);
    }
    return earliest;
  }

  private prepend(slot: number, mark: number, atSeconds: number): void {
    const at = this.pooled++;
    if (at === this.marks.length) {
      this.marks = doubled(this.marks, new Uint32Array(2 * at));
      this.seconds = doubled(this.seconds, new Uint32Array(2 * at));
      this.next = doubled(this.next, new Int32Array(2 * at));
    }
    this.marks[at] = mark;
    this.seconds[at] = atSeconds;
    this.next[at] = this.heads[slot] as number;
    this.heads[slot] = at;
  }

  /** The slot of a key, or the empty slot for it. */
  private find(key: number): number {
    let slot = hashOf(key) & this.mask;
    while (this.keys[slot] !== key && this.keys[slot] !== EMPTY) slot = (slot + 1) & this.mask;
    return slot;
  }

  private grow(): void {
    const { keys, heads } = this;
    this.allocate(keys.length * 2);
    keys.forEach((key, from) => {
      if (key === EMPTY) return;
      const slot = this.find(key);
      this.keys[slot] = key;
      this.heads[slot] = heads[from] as number;
    });
  }

  /** `capacity` is a power of two. */
  private allocate(capacity: number): void {
    this.mask = capacity - 1;
    this.keys = new Float64Array(capacity).fill(EMPTY);
    this.heads = new Int32Array(capacity).fill(EMPTY);
  }
}

function doubled<T extends Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Spreads keys, which are consecutive in a batch (the finaliser of MurmurHash3). */
function hashOf(key: number): number {
  let hash = (key | 0) ^ Math.imul(Math.floor(key / 2 ** 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
