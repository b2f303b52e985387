import type { Platform } from "../../platform.ts";
import { StoreFailed } from "../../store/binding.ts";
import type { Store } from "../../store/store.ts";

/** Changes that wait for one transaction at the most, about: applying their records again takes a tenth of a second. */
const MOST_UNWRITTEN = 4096;
/** Above this many, writes wait: memory stays bounded. */
const FAR_BEHIND = 4 * MOST_UNWRITTEN;
/** The longest that a change waits while the ledger is idle or writes little. */
const WRITTEN_EVERY_MS = 1000;
/** The longest that one part of a writing holds the thread. */
const SLICE_MS = 2;

/**
 * Writes what custody derives from records behind them: in slices between groups, and where no group comes, soon after the
 * last one.
 */
export class WriteBehind {
  private readonly store: Store;
  private readonly platform: Platform;
  private writing = false;
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
    const { custody } = this.store;
    if (!this.isDue()) return;
    while (!this.writeSlice() && custody.unwritten > FAR_BEHIND) await this.platform.yield();
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
      const before = this.store.custody.unwritten;
      this.writeSlice();
      // A store that takes nothing now is tried again with the next group.
      if (this.store.custody.unwritten >= before) return;
      await this.platform.yield();
    }
  }

  private isDue(): boolean {
    if (this.writing) return true;
    if (this.store.custody.unwritten >= MOST_UNWRITTEN) return true;
    return performance.now() - this.writtenMs >= WRITTEN_EVERY_MS;
  }

  /** @returns whether everything is written that was unwritten when the writing began, or nothing can be written now */
  private writeSlice(): boolean {
    const until = performance.now() + SLICE_MS;
    try {
      this.writing = !this.store.writeBehind(() => performance.now() < until);
    } catch (error) {
      // Everything stays in memory. A failing disk is reported by the group that meets it.
      if (!(error instanceof StoreFailed)) throw error;
      this.writing = false;
      return true;
    }
    if (!this.writing) this.writtenMs = performance.now();
    return !this.writing;
  }
}
