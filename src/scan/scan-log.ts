import { StoreRefused } from "../store/binding.ts";
import type { Store } from "../store/store.ts";
import { decodeScanBlock, type LoggedScan, ScanBlockBuilder, ScanBlockError } from "./scan-block.ts";

/** How long a scan may wait for others to share its block. */
const GATHER_MS = 50;
/** How long to wait after storage refused a block. */
const RETRY_MS = 1000;
/** A block is written at once when it has this many scans (under 1 MiB). */
const MAX_GATHERED = 65_536;
/** While storage fails, more scans than this are counted but not kept. */
const MAX_WAITING = 1_048_576;
const PAGE_BLOCKS = 1024;

/**
 * The append-only log of scans, one block a flush, in a transaction of its own: never one write a scan.
 *
 * What is lost: a crash loses the scans of the last 50 ms, and of a flush under way (100 ms at most); a stop loses none.
 * Where storage fails, scans wait for it, up to about a million.
 */
export class ScanLog {
  private readonly store: Store;
  private sequence: number;
  private waiting = new ScanBlockBuilder();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private lostScans = 0;

  constructor(store: Store) {
    this.store = store;
    this.sequence = store.service.lastScan();
  }

  /** Scans appended and not yet stored. */
  get waitingScans(): number {
    return this.waiting.size;
  }

  /** Scans that were not kept because storage failed for too long. */
  get lost(): number {
    return this.lostScans;
  }

  /**
   * Every stored scan, in order, read a page of blocks at a time.
   * @throws StoreRefused where a block cannot be read
   */
  *stored(): Generator<LoggedScan> {
    for (let after = 0; ;) {
      const page = this.store.service.scansAfter(after, PAGE_BLOCKS);
      for (const { sequence, scans } of page) yield* decodeStored(sequence, scans);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.sequence;
    }
  }

  append(scan: LoggedScan): void {
    if (this.waiting.size >= MAX_WAITING || this.closed) {
      this.lostScans += 1;
      return;
    }
    this.waiting.add(scan);
    if (this.waiting.size === MAX_GATHERED) this.flushSoon(0);
    else this.timer ??= this.wake(GATHER_MS);
  }

  /**
   * Stores what waits; durable when it returns.
   * @throws what storage threw; the scans go on waiting
   */
  flush(): void {
    if (this.waiting.size === 0) return;
    const block = this.waiting.bytes();
    this.store.transact(() => this.store.service.addScans(this.sequence + 1, block));
    this.sequence += 1;
    this.waiting = new ScanBlockBuilder();
  }

  /** Stores what waits, and takes no more. */
  close(): void {
    clearTimeout(this.timer);
    this.closed = true;
    this.flush();
  }

  private flushSoon(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = this.wake(delayMs);
  }

  private wake(delayMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.timer = undefined;
      try {
        this.flush();
      } catch {
        // The answer was given long ago, and `figures` shows how many wait: nobody to tell but the next try.
        this.flushSoon(RETRY_MS);
      }
    }, delayMs);
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
