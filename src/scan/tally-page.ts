/** Item keys per page: a batch of a million has 61 pages. */
export const PAGE_KEYS = 2 ** 14;

/** Regions are numbered below this; 9 bits in a slot. */
const REGION_LIMIT = 512;

/** The count in a slot that means: see `hot`. */
const HOT = 511;
const COUNT_STEP = 2 ** 9;

/** The sums of one code. */
export interface Slot {
  count: number;
  /** Time of the first scan in log order. */
  firstSeconds: number;
  /** Its region number. */
  firstRegion: number;
}

/**
 * The golden section of a page: multiplied by it, consecutive keys are spread evenly (Knuth, TAOCP 3, 6.4). Odd, so that
 * the multiplication is a permutation.
 */
const MIXER = 10_125;
const UNMIXER = inverse(MIXER);
/** The bits of a word 0 below the key. */
const BELOW_KEY = 2 ** 18 - 1;
/** The most slots after the last home, for keys that find no room at their own. */
const OVERHANG = 16;

/**
 * The scanned codes among 16,384 consecutive item keys: two words each.
 *
 *     word 0   key within the page (14 bits) | count (9) | number of the first scan's region (9)
 *     word 1   second of the first scan
 *
 * In memory keys are mixed, and slots are ordered by mixed key with gaps between, each at its home or soon after it; the home
 * is its place if keys were spread evenly. So a code is found, and mostly added, within a few neighbouring slots, in one or
 * two cache lines. A gap has a word 0 of zero: a present code was scanned. Between a twelfth and a seventh of the slots are
 * gaps. The store has the slots without gaps, in any order, with unmixed keys, in the byte order of the machine, which is
 * little-endian on every supported one.
 */
export class TallyPage {
  /** The number of the page's row in the store. */
  readonly number: number;
  /** The last block that the stored row includes; 0 where there is no row. */
  through: number;
  /** Set on use: a page that was not used is evicted first. */
  used = true;
  /** The sequence of the first block that the stored row lacks; 0 for none. */
  dirtySince = 0;
  private words = new Uint32Array(0);
  private size = 0;
  /** The number of homes. */
  private homes = 0;
  /** Exact counts of codes scanned 511 times or more, by mixed key; few pages have any. */
  private hot: Map<number, number> | undefined;

  /** @param row the stored row; absent for a page without scans */
  constructor(number: number, row?: { through: number; slots: Uint8Array; hot: Uint8Array | null }) {
    this.number = number;
    this.through = row?.through ?? 0;
    if (row === undefined) return;
    if (row.slots.length % 8 !== 0)
      throw new RangeError(`page ${number} of the scan tally is not whole slots`);
    this.makeRoom(row.slots.length / 8);
    for (const [word, seconds] of pairsOf(row.slots)) {
      const key = mixed(word >>> 18);
      this.insert(this.find(key), key, word, seconds);
    }
    for (const [offset, count] of row.hot ? pairsOf(row.hot) : []) this.setHot(mixed(offset), count);
  }

  /** Memory of the page in bytes, without the few hot counts. */
  get sizeBytes(): number {
    return this.words.byteLength;
  }

  /** Counts a scan of a key within the page; returns the new sums of the code. */
  add(offset: number, region: number, atSeconds: number): Slot {
    const key = mixed(offset);
    let at = this.find(key);
    if (this.has(at, key)) this.increase(at, key);
    else at = this.insert(at, key, COUNT_STEP | region, atSeconds);
    return this.slot(at, key);
  }

  get(offset: number): Slot | undefined {
    const key = mixed(offset);
    const at = this.find(key);
    return this.has(at, key) ? this.slot(at, key) : undefined;
  }

  /** The row for the store. */
  row(): { slots: Uint8Array; hot: Uint8Array | null } {
    const slots = new Uint32Array(2 * this.size);
    let filled = 0;
    for (let at = 0; at < this.words.length; at += 2) {
      const word = this.words[at] as number;
      if (word === 0) continue;
      slots[filled] = (unmixed(word >>> 18) << 18) | (word & BELOW_KEY);
      slots[filled + 1] = this.words[at + 1] as number;
      filled += 2;
    }
    const pairs = [...(this.hot ?? [])].flatMap(([key, count]) => [unmixed(key), count]);
    return {
      slots: new Uint8Array(slots.buffer),
      hot: pairs.length === 0 ? null : new Uint8Array(Uint32Array.from(pairs).buffer),
    };
  }

  /** The slot of a key or, if absent, its insertion point: the first slot from its home that is a gap or has no lower key. */
  private find(key: number): number {
    let at = (key * this.homes) >>> 14;
    for (; at < this.slotCount; at++) {
      const word = this.words[2 * at] as number;
      if (word === 0 || word >>> 18 >= key) break;
    }
    return at;
  }

  private get slotCount(): number {
    return this.words.length >>> 1;
  }

  private has(at: number, key: number): boolean {
    const word = this.words[2 * at];
    return word !== undefined && word !== 0 && word >>> 18 === key;
  }

  private slot(at: number, key: number): Slot {
    const word = this.words[2 * at] as number;
    const count = (word >>> 9) & HOT;
    return {
      count: count === HOT ? (this.hot?.get(key) as number) : count,
      firstSeconds: this.words[2 * at + 1] as number,
      firstRegion: word & (REGION_LIMIT - 1),
    };
  }

  private increase(at: number, key: number): void {
    const word = this.words[2 * at] as number;
    const count = (word >>> 9) & HOT;
    if (count < HOT) this.words[2 * at] = word + COUNT_STEP;
    if (count >= HOT - 1) this.setHot(key, (this.hot?.get(key) ?? HOT - 1) + 1);
  }

  private setHot(key: number, count: number): void {
    this.hot ??= new Map();
    this.hot.set(key, count);
  }

  /** Inserts a slot at the point that `find` returned, and moves the slots there towards the next gap. Returns its place. */
  private insert(at: number, key: number, word: number, atSeconds: number): number {
    let gap = at;
    while (gap < this.slotCount && this.words[2 * gap] !== 0) gap += 1;
    // Every key has a home already.
    if (gap === this.slotCount || (25 * this.size >= 23 * this.homes && this.homes < PAGE_KEYS)) {
      this.makeRoom(this.size + 1);
      return this.insert(this.find(key), key, word, atSeconds);
    }
    this.words.copyWithin(2 * at + 2, 2 * at, 2 * gap);
    this.words[2 * at] = (key << 18) | (word & BELOW_KEY);
    this.words[2 * at + 1] = atSeconds;
    this.size += 1;
    return at;
  }

  /** Rebuilds the table with a sixth more homes than `size`, and a gap after the last slot. */
  private makeRoom(size: number): void {
    const { words } = this;
    this.homes = Math.min(PAGE_KEYS, size + Math.ceil(size / 6) + 2);
    this.words = new Uint32Array(2 * (this.homes + Math.min(OVERHANG, 2 + (size >>> 3))));
    let next = 0;
    for (let at = 0; at < words.length; at += 2) {
      const word = words[at] as number;
      if (word === 0) continue;
      next = Math.max(next, ((word >>> 18) * this.homes) >>> 14);
      this.words[2 * next] = word;
      this.words[2 * next + 1] = words[at + 1] as number;
      next += 1;
      if (next === this.slotCount) this.words = widened(this.words);
    }
  }
}

function widened(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(words.length + 2 * OVERHANG);
  wider.set(words);
  return wider;
}

function mixed(offset: number): number {
  return (offset * MIXER) & (PAGE_KEYS - 1);
}

function unmixed(key: number): number {
  return (key * UNMIXER) & (PAGE_KEYS - 1);
}

/** The inverse of an odd number modulo the keys of a page: each step of Newton's method doubles the correct bits. */
function inverse(odd: number): number {
  let found = odd;
  for (let step = 0; step < 4; step++) found = (found * (2 - odd * found)) & (PAGE_KEYS - 1);
  return found;
}

function* pairsOf(words: Uint8Array): Generator<[number, number]> {
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  for (let at = 0; at + 8 <= words.length; at += 8)
    yield [view.getUint32(at, true), view.getUint32(at + 4, true)];
}
