import type { Store } from "../store/store.ts";
import { PAGE_KEYS } from "./tally-page.ts";

/** The most boundaries in memory, over all pages: 4 bytes each. */
const HELD_BOUNDARIES = 4_000_000;
/** The fixed cost of a page. */
const PAGE_COST = 64;

/** The statuses of a page in order: offset in the page of the first code (times 256) plus the number of the status. */
type StatusPage = Uint32Array;

/**
 * The derived status of codes, cached in pages of 16,384 item keys: a read of the store costs more than the rest of a scan.
 * The store reports each change, which drops the page; so a scan sees the writes of every commit before it.
 */
export class Statuses {
  private readonly custody: Store["custody"];
  /** The oldest first. */
  private readonly pages = new Map<number, StatusPage>();
  private held = 0;
  /** Statuses by number; 0 is none. */
  private readonly names: (string | undefined)[] = [undefined];

  constructor({ custody }: Store) {
    this.custody = custody;
    custody.states.onStatus((from, to) => this.forget(from, to));
  }

  /** The status of a code; undefined before its first event. */
  of(key: number): string | undefined {
    const number = Math.floor(key / PAGE_KEYS);
    const page = this.pages.get(number) ?? this.read(number);
    const offset = key - number * PAGE_KEYS;
    let low = 0;
    let high = page.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((page[middle] as number) >>> 8 <= offset) low = middle + 1;
      else high = middle;
    }
    return this.names[(page[low - 1] as number) & 255];
  }

  private read(number: number): StatusPage {
    const from = number * PAGE_KEYS;
    const boundaries = new Map([[0, 0]]);
    for (const { start, end, status } of this.custody.states.states(from, from + PAGE_KEYS)) {
      boundaries.set(Math.max(0, start - from), this.numberOf(status));
      if (end < from + PAGE_KEYS) boundaries.set(end - from, 0);
    }
    const page = Uint32Array.from(boundaries, ([offset, status]) => offset * 256 + status);
    this.pages.set(number, page);
    this.held += costOf(page);
    for (const oldest of this.pages.keys()) {
      if (this.held <= HELD_BOUNDARIES) break;
      this.drop(oldest);
    }
    return page;
  }

  private numberOf(status: string): number {
    const known = this.names.indexOf(status);
    return known >= 0 ? known : this.names.push(status) - 1;
  }

  private forget(from: number, to: number): void {
    const [first, last] = [Math.floor(from / PAGE_KEYS), Math.floor((to - 1) / PAGE_KEYS)];
    if (last - first < this.pages.size) for (let number = first; number <= last; number++) this.drop(number);
    else for (const number of this.pages.keys()) if (first <= number && number <= last) this.drop(number);
  }

  private drop(number: number): void {
    const page = this.pages.get(number);
    if (page === undefined) return;
    this.pages.delete(number);
    this.held -= costOf(page);
  }
}

function costOf(page: StatusPage): number {
  return page.length + PAGE_COST;
}
