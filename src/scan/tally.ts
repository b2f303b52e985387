import type { ScanPageRow } from "../store/scans.ts";
import { PAGE_KEYS, type Slot, TallyPage } from "./tally-page.ts";

/**
 * Counts and first scans of codes, worked out from the scan log: pages, read when one of their codes is scanned, and let
 * go again when memory is short. So memory grows neither with codes issued nor, past the budget, with codes scanned.
 *
 * A page that was changed is dirty until it was written. Pages are written in the order in which they became dirty, in
 * the same transaction as a block of the log (scan-log.ts), so that the log and the pages always agree: a page includes
 * the blocks up to its row's `through`, and what came after is in later blocks.
 */
export class Tally {
  private readonly read: (number: number) => ScanPageRow | undefined;
  private readonly budgetBytes: number;
  private readonly pages = new Map<number, TallyPage>();
  /** The longest dirty first. */
  private readonly dirty = new Set<TallyPage>();
  private heldBytes = 0;
  /** Chosen to be let go of once what of them is dirty was written. */
  private leaving: TallyPage[] = [];

  /**
   * @param read gives a page's row
   * @param budgetBytes of memory for pages, exceeded only until the next block is written
   */
  constructor(read: (number: number) => ScanPageRow | undefined, budgetBytes: number) {
    this.read = read;
    this.budgetBytes = budgetBytes;
  }

  get dirtyPages(): number {
    return this.dirty.size;
  }

  /** How many times the budget the pages take. */
  get pressure(): number {
    return this.heldBytes / this.budgetBytes;
  }

  /**
   * Counts a scan; gives what the log says of the code now.
   * @param region its number
   * @param sequence of the block that the scan is or will be in
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

  /** As `add`, for reading the log again at a start: scans that the stored page includes are passed over. */
  replay(key: number, region: number, atSeconds: number, sequence: number): void {
    if (sequence > (this.pageOf(key)?.through ?? 0)) this.add(key, region, atSeconds, sequence);
  }

  /** The block up to which every stored page includes the log once `pages` are written with block `sequence`. */
  tail(sequence: number, pages: ReadonlySet<TallyPage>): number {
    for (const page of this.dirty) if (!pages.has(page)) return page.dirtySince - 1;
    return sequence;
  }

  /** Up to `count` dirty pages, the longest dirty first, and those that must go for want of memory. */
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

  /** Notes that the pages last due were written with block `through`; lets go of those that must go. */
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

  /** Second chance: the longest held goes, unless it was asked for since it was last looked at here. */
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
