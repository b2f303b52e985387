import type { Platform } from "../../platform.ts";
import { StoreFailed } from "../../store/binding.ts";
import type { Store } from "../../store/store.ts";

/** Changes that wait at the most, about: applying their records again takes a third of a second. */
const MOST_UNWRITTEN = 16_384;
/** Above this many, writes wait: memory stays bounded. */
const FAR_BEHIND = 2 * MOST_UNWRITTEN;
/** Parts between two groups, while more changes wait than should, but not far more. */
const MOST_PARTS = 4;
/** The longest that a change waits while the ledger is idle or writes little. */
const WRITTEN_EVERY_MS = 1000;
/** The longest that one part of a writing should hold the thread, its commit included. */
const SLICE_MS = 2;
/** Rows of one part: at first, and at the least. In a large store each row is on a page of its own. */
const FIRST_ROWS = 64;
const LEAST_ROWS = 8;

/**
 * Writes what custody derives from records behind them: in slices between groups, and where no group comes, soon after the
 * last one.
 */
export class WriteBehind {
  private readonly store: Store;
  private readonly platform: Platform;
  private writing = false;
  /** Rows of the next part, by how long the last one took. */
  private rows = FIRST_ROWS;
  private writtenMs = performance.now();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, platform: Platform) {
    this.store = store;
    this.platform = platform;
  }

  /** Call between two groups. Resolves when the next one may run. */
  async afterGroup(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isDue()) return;
    // The further behind, the more parts between two groups.
    for (let parts = 1; this.writeSlice() === "more"; parts++) {
      const { unwritten } = this.store.custody;
      if (unwritten < MOST_UNWRITTEN || (parts >= MOST_PARTS && unwritten < FAR_BEHIND)) return;
      await this.platform.yield();
    }
  }

  /** Call when no group waits: writes what is left within a second. */
  whenIdle(): void {
    if (this.timer !== undefined || this.store.custody.unwritten === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.writeAll();
    }, WRITTEN_EVERY_MS);
    (this.timer as { unref?: () => void }).unref?.();
  }

  /** Writes everything that is unwritten, or as much as the store takes. */
  async writeAll(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.store.custody.unwritten > 0) {
      // A store that takes nothing now is tried again with the next group.
      if (this.writeSlice() === "refused") return;
      await this.platform.yield();
    }
  }

  private isDue(): boolean {
    if (this.writing) return true;
    if (this.store.custody.unwritten >= MOST_UNWRITTEN) return true;
    return performance.now() - this.writtenMs >= WRITTEN_EVERY_MS;
  }

  /** Writes a part: `done` where everything is written that was unwritten when the writing began. */
  private writeSlice(): "done" | "more" | "refused" {
    const beganMs = performance.now();
    let left = this.rows;
    try {
      this.writing = !this.store.writeBehind(() => left-- > 0 && performance.now() < beganMs + SLICE_MS);
    } catch (error) {
      // Everything stays in memory. A failing disk is reported by the group that meets it.
      if (!(error instanceof StoreFailed)) throw error;
      this.writing = false;
      return "refused";
    }
    const tookMs = performance.now() - beganMs;
    if (tookMs > SLICE_MS) this.rows = Math.max(LEAST_ROWS, this.rows >> 1);
    else if (left <= 0 && tookMs < SLICE_MS / 2) this.rows += this.rows >> 1;
    if (this.writing) return "more";
    this.writtenMs = performance.now();
    return "done";
  }
}
