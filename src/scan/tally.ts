import type { ScanPageRow } from "../store/scans.ts";
import { PAGE_KEYS, type Slot, TallyPage } from "./tally-page.ts";

/**
 * Counts and first scans of codes, derived from the scan log. Pages are read when one of their codes is scanned, and evicted
 * over the memory budget. So memory grows neither with issued codes nor, beyond the budget, with scanned ones.
 *
 * A changed page is dirty until it is written. Pages are written in the order in which they became dirty, in the transaction
 * of a block of the log (scan-log.ts), so that log and pages agree: a page includes the blocks up to its row's `through`,
 * and later scans are in later blocks.
 */
export class Tally {
  private readonly read: (number: number) => ScanPageRow | undefined;
  private readonly budgetBytes: number;
  private readonly pages = new Map<number, TallyPage>();
  /** The first page to become dirty comes first. */
  private readonly dirty = new Set<TallyPage>();
  private heldBytes = 0;
  /** Pages to evict once they are written. */
  private leaving: TallyPage[] = [];

  /**
   * @param read reads the row of a page
   * @param budgetBytes memory for pages, exceeded only until the next block is written
   */
  constructor(read: (number: number) => ScanPageRow | undefined, budgetBytes: number) {
    this.read = read;
    this.budgetBytes = budgetBytes;
  }

  get dirtyPages(): number {
    return this.dirty.size;
  }

  /** Memory of the pages, bytes. */
  get sizeBytes(): number {
    return this.heldBytes;
  }

  /** Memory of the pages as a multiple of the budget. */
  get pressure(): number {
    return this.heldBytes / this.budgetBytes;
  }

  /**
   * Counts a scan; returns the new sums of the code.
   * @param region its number
   * @param sequence sequence of the scan's block
   */
  add(key: number, region: number, atSeconds: number, sequence: number): Slot {
    const page = this.pageOf(key) ?? this.keep(new TallyPage(Math.floor(key / PAGE_KEYS)));
    const before = page.sizeBytes;
    const slot = page.add(key % PAGE_KEYS, region, atSeconds);
    this.heldBytes += page.sizeBytes - before;
    if (page.dirtySince === 0) {
      page.dirtySince = sequence;
      this.dirty.add(page);
    }
    return slot;
  }

  get(key: number): Slot | undefined {
    return this.pageOf(key)?.get(key % PAGE_KEYS);
  }

  /** Like `add`, when a start reads the log: skips scans that the stored page includes. */
  replay(key: number, region: number, atSeconds: number, sequence: number): void {
    if (sequence > (this.pageOf(key)?.through ?? 0)) this.add(key, region, atSeconds, sequence);
  }

  /** The block up to which every stored page includes the log once `pages` are written with block `sequence`. */
  tail(sequence: number, pages: ReadonlySet<TallyPage>): number {
    for (const page of this.dirty) if (!pages.has(page)) return page.dirtySince - 1;
    return sequence;
  }

  /** Up to `count` dirty pages, the oldest first, and those to evict. */
  due(count: number): Set<TallyPage> {
    const due = new Set<TallyPage>();
    for (const page of this.dirty) {
      if (due.size >= count) break;
      due.add(page);
    }
    this.leaving = this.chooseLeaving();
    for (const page of this.leaving) if (page.dirtySince !== 0) due.add(page);
    return due;
  }

  /** Marks the pages last due as written with block `through`, and evicts those chosen. */
  written(pages: ReadonlySet<TallyPage>, through: number): void {
    for (const page of pages) {
      page.through = through;
      page.dirtySince = 0;
      this.dirty.delete(page);
    }
    for (const page of this.leaving) {
      this.pages.delete(page.number);
      this.heldBytes -= page.sizeBytes;
    }
    this.leaving = [];
  }

  /** Second-chance eviction: the oldest page goes unless it was used since the last look. */
  private chooseLeaving(): TallyPage[] {
    const leaving: TallyPage[] = [];
    let over = this.heldBytes - this.budgetBytes;
    if (over <= 0) return leaving;
    for (const page of this.pages.values()) {
      if (page.used) {
        page.used = false;
        this.pages.delete(page.number);
        this.pages.set(page.number, page);
        continue;
      }
      leaving.push(page);
      over -= page.sizeBytes;
      if (over <= 0) break;
    }
    return leaving;
  }

  private pageOf(key: number): TallyPage | undefined {
    const number = Math.floor(key / PAGE_KEYS);
    const held = this.pages.get(number);
    if (held !== undefined) {
      held.used = true;
      return held;
    }
    const row = this.read(number);
    return row === undefined ? undefined : this.keep(new TallyPage(number, row));
  }

  private keep(page: TallyPage): TallyPage {
    this.pages.set(page.number, page);
    this.heldBytes += page.sizeBytes;
    return page;
  }
}
