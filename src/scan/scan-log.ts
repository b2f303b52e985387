import { StoreRefused } from "../store/binding.ts";
import type { ScanTotalsRow } from "../store/scans.ts";
import type { Store } from "../store/store.ts";
import type { Distribution } from "./distribution.ts";
import { decodeScanBlock, type LoggedScan, ScanBlockBuilder, ScanBlockError } from "./scan-block.ts";
import { type Sightings, WINDOW_SECONDS } from "./sightings.ts";
import type { Tally } from "./tally.ts";
import type { TallyPage } from "./tally-page.ts";

/** The longest that a scan waits for others to share its block. */
const GATHER_MS = 50;
/** The pause after storage refused a block. */
const RETRY_MS = 1000;
/** A block is written at once when it has this many scans (under 1 MiB), */
const MAX_GATHERED = 65_536;
/** or when the pages exceed their memory by this factor. */
const MAX_PRESSURE = 1.125;
/** While storage fails, scans beyond this many, or beyond this much memory for pages, are not counted. */
const MAX_WAITING = 1_048_576;
const LOST_PRESSURE = 2;
/** One page is written per this many scans, which bounds the part of the log that a start reads again. */
const SCANS_A_PAGE = 256;
/** Pages per transaction when all are written: bounds the database's own log. */
const PAGES_AT_ONCE = 256;
const BLOCKS_AT_ONCE = 64;

/** The sums of the log. */
export interface Sums {
  tally: Tally;
  distribution: Distribution;
  sightings: Sightings;
}

/**
 * The append-only log of scans and the sums derived from it, written behind the answers: never one write per scan. Each
 * flush is one transaction of a block of scans, the totals and some of the tally's pages, so the stored data is always
 * consistent. A start reads the totals, and again only the blocks that some page does not include yet. Blocks that all
 * pages include are dropped, a day later if they hold sightings.
 *
 * A crash of the process loses the scans of the last 50 ms; a crash of the machine also loses a flush that is not on disk
 * yet (100 ms in all, as long as the disk keeps up); a stop loses none. While storage fails, up to about a million scans
 * wait, and further ones are answered and counted as lost.
 */
export class ScanLog {
  private readonly store: Store;
  private readonly sums: Sums;
  private readonly failed: (error: unknown) => void;
  /** Sequence of the last block written. */
  private sequence: number;
  private tail: number;
  private waiting = new ScanBlockBuilder();
  /** Scans since the last page was written. */
  private owed = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hurried = false;
  private onDisk: Promise<void> = Promise.resolve();
  private closed = false;
  private lostScans = 0;

  /** @param failed called with the reason of each failed flush */
  constructor(store: Store, sums: Sums, stored: ScanTotalsRow | undefined, failed: (error: unknown) => void) {
    this.store = store;
    this.sums = sums;
    this.failed = failed;
    this.sequence = stored?.through ?? 0;
    this.tail = stored?.tail ?? 0;
  }

  /** Scans appended and not yet stored. */
  get waitingScans(): number {
    return this.waiting.size;
  }

  /** Scans not counted because storage failed for too long. */
  get lost(): number {
    return this.lostScans;
  }

  /** Sequence of the block of the next scan. */
  get nextSequence(): number {
    return this.sequence + 1;
  }

  /**
   * Reads the end of the log again, into the tally and the sightings.
   * @param nowSeconds sightings older than a day are skipped
   * @throws StoreRefused where a block cannot be read
   */
  replay(nowSeconds: number): void {
    for (let after = 0; ;) {
      const blocks = this.store.scans.blocksAfter(after, BLOCKS_AT_ONCE);
      for (const { sequence, scans } of blocks)
        this.replayBlock(sequence, decodeStored(sequence, scans), nowSeconds);
      const last = blocks.at(-1);
      if (last === undefined) return;
      after = last.sequence;
    }
  }

  /** False while scans cannot be kept: the scan counts as lost. */
  takes(): boolean {
    const full = this.waiting.size >= MAX_WAITING || this.sums.tally.pressure > LOST_PRESSURE;
    if (!full && !this.closed) return true;
    this.lostScans += 1;
    return false;
  }

  /** Appends a scan that the sums include. */
  append(scan: LoggedScan): void {
    this.waiting.add(scan);
    this.owed += 1;
    if (this.waiting.size === MAX_GATHERED) this.hurry();
    else this.timer ??= this.wake(GATHER_MS);
  }

  /** Call after reading pages. Evicts some when over the memory budget. */
  makeRoom(): void {
    if (this.sums.tally.pressure > MAX_PRESSURE && !this.hurried) this.hurry();
  }

  /**
   * Stores the waiting scans; resolves once they are on disk.
   * @throws the error of the storage; the scans stay waiting
   */
  flush(): Promise<void> {
    const pages = this.sums.tally.due(Math.floor(this.owed / SCANS_A_PAGE));
    let onDisk = Promise.resolve();
    this.write(pages, (work) => {
      onDisk = this.store.transactSoon(work);
    });
    return onDisk;
  }

  /** Stores the waiting scans and every page, and accepts no more. */
  close(): void {
    clearTimeout(this.timer);
    this.closed = true;
    const { tally } = this.sums;
    while (this.waiting.size > 0 || tally.dirtyPages > 0)
      this.write(tally.due(PAGES_AT_ONCE), (work) => this.store.transact(work));
  }

  private write(pages: ReadonlySet<TallyPage>, transact: (work: () => void) => void): void {
    const { waiting } = this;
    const { tally, distribution } = this.sums;
    const { scans } = this.store;
    const sequence = waiting.size > 0 ? this.sequence + 1 : this.sequence;
    const tail = tally.tail(sequence, pages);
    transact(() => {
      if (waiting.size > 0) {
        const { atSeconds, sightings } = waiting;
        scans.addBlock({ sequence, at: atSeconds, sightings, scans: waiting.bytes() });
        scans.dropAged(tail, atSeconds - WINDOW_SECONDS);
      }
      this.putPages(pages, sequence);
      scans.putTotals({ through: sequence, tail, totals: distribution.json() });
      scans.dropWithoutSightings(this.tail, tail);
    });
    tally.written(pages, sequence);
    this.sequence = sequence;
    this.tail = tail;
    this.owed %= SCANS_A_PAGE;
    if (waiting.size > 0) this.waiting = new ScanBlockBuilder();
  }

  private putPages(pages: ReadonlySet<TallyPage>, through: number): void {
    for (const page of pages)
      this.store.scans.putPage({ number: page.number, through, ...page.row() }, page.through > 0);
  }

  private replayBlock(sequence: number, scans: LoggedScan[], nowSeconds: number): void {
    const { tally, sightings, distribution } = this.sums;
    const { regions } = distribution;
    for (const { key, region, atSeconds, sighting } of scans) {
      const number = regions.numberOf(region);
      if (sequence > this.tail) tally.replay(key, number, atSeconds, sequence);
      if (sighting && atSeconds >= nowSeconds - WINDOW_SECONDS)
        sightings.add(key, regions.countryOf(number), 0, atSeconds);
    }
    if (tally.pressure <= MAX_PRESSURE) return;
    const pages = tally.due(0);
    this.store.transact(() => this.putPages(pages, sequence));
    tally.written(pages, sequence);
  }

  private hurry(): void {
    this.hurried = true;
    clearTimeout(this.timer);
    this.timer = this.wake(0);
  }

  private wake(delayMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => void this.flushNext(), delayMs);
  }

  /** Runs one flush at a time: on a slow disk blocks grow, and no queue does. */
  private async flushNext(): Promise<void> {
    await this.onDisk;
    try {
      this.timer = undefined;
      this.hurried = false;
      if (this.closed) return;
      this.onDisk = this.flush().catch((error) => {
        this.failed(error);
        return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      });
    } catch (error) {
      // Nothing to answer: `figures` shows the waiting scans, and the next flush tries again.
      this.failed(error);
      if (!this.closed) this.timer ??= this.wake(RETRY_MS);
    }
  }
}

function decodeStored(sequence: number, block: Uint8Array): LoggedScan[] {
  try {
    return decodeScanBlock(block);
  } catch (error) {
    if (!(error instanceof ScanBlockError)) throw error;
    throw new StoreRefused(
      `block ${sequence} of the scan log cannot be read (${error.message}): restore a backup`,
    );
  }
}
