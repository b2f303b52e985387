/** A page covers the item keys with the same quotient by this: a batch of a million has 61 pages. */
export const PAGE_KEYS = 2 ** 14;

/** Regions are numbered below this; 9 bits in a slot. */
const REGION_LIMIT = 512;

/** In a slot this count says: look into `hot`. */
const HOT = 511;
const COUNT_STEP = 2 ** 9;

/** What the scan log says of one code. */
export interface Slot {
  count: number;
  /** The first scan in the order of the log. */
  firstSeconds: number;
  /** Its region's number. */
  firstRegion: number;
}

/**
 * The scanned codes among 16,384 consecutive item keys: two words each, sorted by key, with an eighth of room to grow.
 *
 *     word 0   key within the page (14 bits) | count (9) | number of the first scan's region (9)
 *     word 1   second of the first scan
 *
 * Found by halving, added by shifting what follows: half a microsecond with a tenth of the codes scanned, and no room
 * lost to a hash table's empty slots. Memory and store hold the same words, so that a page is read without decoding; they
 * are in the machine's own byte order, little-endian on all that this runs on.
 */
export class TallyPage {
  /** Row of the page in the store. */
  readonly number: number;
  /** The last block that the stored row includes; 0 where there is no row. */
  through: number;
  /** Set when it is asked for: a page that was not goes first when memory is short. */
  used = true;
  /** The sequence of the first block that the stored row lacks; 0 while there is none. */
  dirtySince = 0;
  private words: Uint32Array;
  private size: number;
  /** Exact counts of codes scanned 511 times and more, by key within the page. */
  private readonly hot: Map<number, number>;

  /** @param row as it was stored; absent for a page of which no code was scanned yet */
  constructor(number: number, row?: { through: number; slots: Uint8Array; hot: Uint8Array | null }) {
    this.number = number;
    this.through = row?.through ?? 0;
    const slots = row?.slots ?? new Uint8Array(0);
    if (slots.length % 8 !== 0) throw new RangeError(`page ${number} of the scan tally is not whole slots`);
    this.size = slots.length / 8;
    this.words = new Uint32Array(2 * roomFor(this.size));
    new Uint8Array(this.words.buffer).set(slots);
    this.hot = new Map(row?.hot ? pairsOf(row.hot) : []);
  }

  /** What it takes in memory; the hot counts of few codes are left out. */
  get sizeBytes(): number {
    return this.words.byteLength;
  }

  /** Counts a scan of a key within the page; gives what the log says of it now. */
  add(offset: number, region: number, atSeconds: number): Slot {
    const at = this.find(offset);
    if (this.has(at, offset)) this.increase(at, offset);
    else this.insert(at, ((offset << 18) | COUNT_STEP | region) >>> 0, atSeconds);
    return this.slot(at, offset);
  }

  get(offset: number): Slot | undefined {
    const at = this.find(offset);
    return this.has(at, offset) ? this.slot(at, offset) : undefined;
  }

  /** What the store keeps; `slots` is a view of the page itself. */
  row(): { slots: Uint8Array; hot: Uint8Array | null } {
    const slots = new Uint8Array(this.words.buffer, 0, 8 * this.size);
    const pairs = [...this.hot].flat();
    return { slots, hot: pairs.length === 0 ? null : new Uint8Array(Uint32Array.from(pairs).buffer) };
  }

  /** The place of a key, or where it would go. */
  private find(offset: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.words[2 * middle] as number) >>> 18 < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private has(at: number, offset: number): boolean {
    return at < this.size && (this.words[2 * at] as number) >>> 18 === offset;
  }

  private slot(at: number, offset: number): Slot {
    const word = this.words[2 * at] as number;
    const count = (word >>> 9) & HOT;
    return {
      count: count === HOT ? (this.hot.get(offset) as number) : count,
      firstSeconds: this.words[2 * at + 1] as number,
      firstRegion: word & (REGION_LIMIT - 1),
    };
  }

  private increase(at: number, offset: number): void {
    const word = this.words[2 * at] as number;
    const count = (word >>> 9) & HOT;
    if (count < HOT) this.words[2 * at] = word + COUNT_STEP;
    if (count >= HOT - 1) this.hot.set(offset, (this.hot.get(offset) ?? HOT - 1) + 1);
  }

  private insert(at: number, word: number, atSeconds: number): void {
    if (2 * this.size === this.words.length) this.grow();
    this.words.copyWithin(2 * at + 2, 2 * at, 2 * this.size);
    this.words[2 * at] = word;
    this.words[2 * at + 1] = atSeconds;
    this.size += 1;
  }

  private grow(): void {
    const wider = new Uint32Array(2 * roomFor(this.size + 1));
    wider.set(this.words);
    this.words = wider;
  }
}

/** Slots to make room for: an eighth more than there are. */
function roomFor(size: number): number {
  return Math.min(PAGE_KEYS, size + (size >>> 3) + (size === 0 ? 0 : 4));
}

function* pairsOf(hot: Uint8Array): Generator<[number, number]> {
  const words = new Uint32Array(hot.slice().buffer);
  for (let at = 0; at + 1 < words.length; at += 2) yield [words[at] as number, words[at + 1] as number];
}
