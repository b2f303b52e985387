import { countryOfRegion, UNKNOWN_REGION } from "./region.ts";

/** From how many countries within the window a code must be scanned to be suspicious. */
export const MANY_COUNTRIES = 3;
/** The window, in seconds: one day. */
const WINDOW_SECONDS = 24 * 60 * 60;

/** What the scan log says of one code. */
export interface Tallied {
  count: number;
  /** The first scan in the order of the log. */
  firstSeconds: number;
  firstRegion: string;
}

/**
 * Counts and first scans of codes, worked out from the scan log and kept in memory: 36 bytes a slot, a quarter to a
 * half of the slots taken.
 *
 * An open-addressing table in typed arrays: a Map would end at 2^24 codes, and cost several times the room. Behind these
 * few methods it can give way to pages on disk.
 */
export class Tally {
  private readonly regions = new RegionTable();
  private mask = 0;
  private used = 0;
  /** Item keys; -1 is an empty slot. */
  private keys = new Float64Array(0);
  private counts = new Uint32Array(0);
  private firstSeconds = new Uint32Array(0);
  private firstRegions = new Uint16Array(0);
  /** The last countries that a code was scanned from, each once, the latest first; 0 is none. */
  private countries = new Uint16Array(0);
  /** When that was, in seconds. */
  private countrySeconds = new Uint32Array(0);

  constructor(capacity = 1024) {
    this.allocate(capacity);
  }

  /** How many codes were ever scanned. */
  get size(): number {
    return this.used;
  }

  /** Takes in a scan; scans come in the order of the log. */
  add(key: number, region: string, atSeconds: number): void {
    const slot = this.slotFor(key);
    const place = this.regions.placeOf(region);
    if (this.counts[slot] === 0) {
      this.firstSeconds[slot] = atSeconds;
      this.firstRegions[slot] = place;
    }
    this.counts[slot] = (this.counts[slot] as number) + 1;
    const country = this.regions.countryOf(place);
    if (country !== 0) this.noteCountry(slot, country, atSeconds);
  }

  get(key: number): Tallied | undefined {
    const slot = this.find(key);
    if (this.keys[slot] !== key) return undefined;
    return {
      count: this.counts[slot] as number,
      firstSeconds: this.firstSeconds[slot] as number,
      firstRegion: this.regions.name(this.firstRegions[slot] as number),
    };
  }

  /** From how many countries a code was scanned in the 24 hours up to `nowSeconds`; exact up to `MANY_COUNTRIES`. */
  countriesOf(key: number, nowSeconds: number): number {
    const slot = this.find(key);
    if (this.keys[slot] !== key) return 0;
    let found = 0;
    for (let at = slot * MANY_COUNTRIES; at < (slot + 1) * MANY_COUNTRIES; at++)
      if (this.countries[at] !== 0 && (this.countrySeconds[at] as number) >= nowSeconds - WINDOW_SECONDS)
        found += 1;
    return found;
  }

  /** Keeping the last three countries is enough: of three within a day, none can be older than the third last. */
  private noteCountry(slot: number, country: number, atSeconds: number): void {
    const base = slot * MANY_COUNTRIES;
    let at = base;
    while (at < base + MANY_COUNTRIES - 1 && this.countries[at] !== country && this.countries[at] !== 0)
      at += 1;
    this.countries.copyWithin(base + 1, base, at);
    this.countrySeconds.copyWithin(base + 1, base, at);
    this.countries[base] = country;
    this.countrySeconds[base] = atSeconds;
  }

  /** The slot of a key, taken if it is new. */
  private slotFor(key: number): number {
    const slot = this.find(key);
    if (this.keys[slot] === key) return slot;
    if ((this.used + 1) * 2 > this.keys.length) {
      this.grow();
      return this.slotFor(key);
    }
    this.keys[slot] = key;
    this.used += 1;
    return slot;
  }

  /** The slot that has a key, or the empty one where it would go. */
  private find(key: number): number {
    let slot = hashOf(key) & this.mask;
    while (this.keys[slot] !== key && this.keys[slot] !== -1) slot = (slot + 1) & this.mask;
    return slot;
  }

  private grow(): void {
    const { keys, counts, firstSeconds, firstRegions, countries, countrySeconds } = this;
    this.allocate(keys.length * 2);
    for (let from = 0; from < keys.length; from++) {
      const key = keys[from] as number;
      if (key === -1) continue;
      const slot = this.find(key);
      this.keys[slot] = key;
      this.counts[slot] = counts[from] as number;
      this.firstSeconds[slot] = firstSeconds[from] as number;
      this.firstRegions[slot] = firstRegions[from] as number;
      for (let at = 0; at < MANY_COUNTRIES; at++) {
        this.countries[slot * MANY_COUNTRIES + at] = countries[from * MANY_COUNTRIES + at] as number;
        this.countrySeconds[slot * MANY_COUNTRIES + at] = countrySeconds[
          from * MANY_COUNTRIES + at
        ] as number;
      }
    }
  }

  /** `capacity` is a power of two. */
  private allocate(capacity: number): void {
    this.mask = capacity - 1;
    this.keys = new Float64Array(capacity).fill(-1);
    this.counts = new Uint32Array(capacity);
    this.firstSeconds = new Uint32Array(capacity);
    this.firstRegions = new Uint16Array(capacity);
    this.countries = new Uint16Array(capacity * MANY_COUNTRIES);
    this.countrySeconds = new Uint32Array(capacity * MANY_COUNTRIES);
  }
}

/** Regions and countries by small numbers; 0 is `unknown`, and no country. */
class RegionTable {
  private readonly names = [UNKNOWN_REGION];
  private readonly countries = [0];
  private readonly places = new Map([[UNKNOWN_REGION, 0]]);

  placeOf(region: string): number {
    const known = this.places.get(region);
    if (known !== undefined) return known;
    const country = countryOfRegion(region);
    const place = this.names.length;
    this.names.push(region);
    this.places.set(region, place);
    this.countries.push(place);
    if (country !== undefined && country !== region) this.countries[place] = this.placeOf(country);
    return place;
  }

  countryOf(place: number): number {
    return this.countries[place] as number;
  }

  name(place: number): string {
    return this.names[place] as string;
  }
}

/** Keys of one batch are consecutive: they must be spread (the finaliser of MurmurHash3). */
function hashOf(key: number): number {
  let hash = (key | 0) ^ Math.imul(Math.floor(key / 2 ** 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
