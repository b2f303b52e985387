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
 * The golden section of a page: multiplied by it, keys that lie together end up evenly apart (Knuth, TAOCP 3, 6.4). Odd,
 * so that it only puts them in another order.
 */
const MIXER = 10_125;
const UNMIXER = inverse(MIXER);
/** The bits of a word 0 below the key. */
const BELOW_KEY = 2 ** 18 - 1;
/** Most slots after the last home, for what does not find room at its own. */
const OVERHANG = 16;

/**
 * The scanned codes among 16,384 consecutive item keys: two words each.
 *
 *     word 0   key within the page (14 bits) | count (9) | number of the first scan's region (9)
 *     word 1   second of the first scan
 *
 * In memory the key is mixed, and slots are in the order of mixed keys with gaps between, each at its home or soon after:
 * home is where it would be if keys were spread evenly. So a code is found, and most are added, within a few neighbouring
 * slots, in one or two lines of the processor's cache. A gap is a word 0 of nothing: a code that is there was scanned.
 * Between a twelfth and a seventh of the slots are gaps. The store has the slots alone, in any order, their keys unmixed, in the
 * machine's own byte order, little-endian on all that this runs on.
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
  private words = new Uint32Array(0);
  private size = 0;
  /** How many slots are homes. */
  private homes = 0;
  /** Exact counts of codes scanned 511 times and more, by mixed key; few pages have any. */
  private hot: Map<number, number> | undefined;

  /** @param row as it was stored; absent for a page of which no code was scanned yet */
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

  /** What it takes in memory; the hot counts of few codes are left out. */
  get sizeBytes(): number {
    return this.words.byteLength;
  }

  /** Counts a scan of a key within the page; gives what the log says of it now. */
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

  /** What the store keeps. */
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

  /** The slot of a key, or the one before which it would be: the first from its home on that is a gap or has no lower key. */
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

  /** Puts a slot where `find` said, and what stands there after it, up to the next gap. Gives where it is. */
  private insert(at: number, key: number, word: number, atSeconds: number): number {
    let gap = at;
    while (gap < this.slotCount && this.words[2 * gap] !== 0) gap += 1;
    // With a home for every key there is nothing to gain.
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

  /** Lays the slots out anew with a sixth more homes than `size`, and a gap after the last slot. */
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

/** Of an odd number, modulo the keys of a page: each step doubles the bits that are right (Newton). */
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
