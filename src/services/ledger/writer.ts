import type { Frontier } from "../../core/ledger/merkle.ts";
import type { LedgerRecord } from "../../core/ledger/record.ts";
import type { LogIdentity, Platform } from "../../platform.ts";
import { StoreBusy, StoreFailed } from "../../store/binding.ts";
import type { StoredCheckpoint } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import { BucketCounts } from "../bucket-counts.ts";
import { Problem } from "../problem.ts";
import { appendRecord } from "./append.ts";
import { type ClockCallbacks, LedgerClock, type Reading } from "./clock.ts";
import { signCheckpoint } from "./log-key.ts";
import { rightEdge } from "./log.ts";
import { WriteBehind } from "./write-behind.ts";
import type {
  Appended,
  Idempotent,
  RecordDraft,
  StoredAnswer,
  Transaction,
  WriteRequest,
  Written,
} from "./transaction.ts";

/**
 * What a job changes: records of custody alone, which memory takes back when it throws, or other rows too, for which it
 * gets a savepoint.
 */
export type Changes = "records" | "rows";

interface Job {
  work: (tx: Transaction) => unknown;
  changes: Changes;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Jobs that share a transaction. */
interface Group {
  jobs: Job[];
  /** One call for each job, made once the group is durable. */
  acknowledgements: (() => void)[];
  /** Of the log with the group's records; absent where it appends none. */
  checkpoint?: StoredCheckpoint;
}

/** What the writer calls outside the database. */
export interface WriterCallbacks {
  /** Keeps a checkpoint outside the database, durable when it resolves. Its commit is durable by then. */
  keep(checkpoint: StoredCheckpoint): Promise<void>;
  /** Called before each record. @throws Problem where no record may be appended now */
  requireWitnessed(): void;
  /** When the last scan was answered, milliseconds since 1970. */
  scannedMs(): number;
  /** Reads memory kept beside the store from the store again: it may hold writes whose callers were refused. */
  reload(): void;
  /** Reports to the operator why a group of writes was refused. */
  refused(error: unknown): void;
  clock: ClockCallbacks;
}

const MAX_QUEUED = 10_000;
/** How long writes wait while another process holds the database's write lock. */
const MOST_LOCKED_MS = 5000;
/** The first pause before the lock is tried again; each is twice the one before, up to the longest. */
const LOCKED_RETRY_MS = 1;
const LONGEST_LOCKED_RETRY_MS = 50;

/** How writes share the thread with reads and scans. */
interface Pace {
  /** A group takes jobs until it has run this long. */
  groupMs: number;
  /** Further requests that write are held back while this many jobs wait: enough for the group run and the one synced. */
  maxWaiting: number;
}
/** While somebody scans or reads, groups are short. */
const SHARED_PACE: Pace = { groupMs: 2, maxWaiting: 32 };
/** While nobody does, more jobs share the cost of a group (measured: 1.6 times the writes). */
const WRITES_ONLY_PACE: Pace = { groupMs: 20, maxWaiting: 192 };
/** A read or scan counts as going on for this long. */
const READ_LASTS_MS = 250;
/** An answer is kept for its Idempotency-Key for 30 days. */
const ANSWERS_KEPT_MS = 30 * 24 * 3_600_000;
const ANSWERS_SWEPT_EVERY_MS = 3_600_000;
/** The most answers that one group deletes, to keep groups short. */
const ANSWERS_A_SWEEP = 500;
/** An idle ledger stores a trusted clock reading this often, so that a start months later can judge its clock. */
const CLOCK_NOTED_EVERY_MS = 3_600_000;

/**
 * The one writer of a ledger, with group commit.
 *
 * Jobs that wait together share a transaction. Each job reads chains, rules and idempotency inside it; the new checkpoint
 * is signed and stored with it. Jobs are acknowledged, in queue order, once the commit is on disk and the checkpoint is
 * stored outside the database. Queue order is log order. The next group runs while the last is synced, so at most two
 * groups are unacknowledged. Readers may see rows that are not on disk yet: they await `onDisk` before they answer.
 *
 * A job that throws is undone alone: its changes of custody in memory, and its other rows by its savepoint. Each job runs
 * once. What custody derives from records is written behind them, between groups (`derivedThrough` in the store).
 *
 * If a commit fails, every caller of the group gets `unavailable`, although the store may hold the group. The writer then
 * reloads its memory from the store, brings the unconfirmed rows to disk and their checkpoint outside, and only then runs
 * another group. A caller learns the outcome by repeating the write with its Idempotency-Key. No answer, including a
 * replayed one, is sent before its data is on disk and its checkpoint is stored outside the database.
 *
 * While another process holds the database's write lock, jobs wait on a timer and not on this thread, which answers reads
 * and scans meanwhile. After 5 s those that wait are refused; none of them ran.
 */
export class Writer {
  /** Jobs of each acknowledged group, for metrics. */
  readonly groupSizes = new BucketCounts([1, 2, 5, 10, 20, 50, 100, 200, 500]);
  /** Records acknowledged since the process started. */
  recorded = 0;
  private readonly store: Store;
  private readonly identity: LogIdentity;
  private readonly platform: Platform;
  private readonly callbacks: WriterCallbacks;
  private readonly clock: LedgerClock;
  private clockTimer: ReturnType<typeof setInterval> | undefined;
  private readonly behind: WriteBehind;
  private frontier: Frontier;
  private lastRecordedMs: number;
  /** When the last sweep of old answers finished. */
  private sweptMs = 0;
  /** Size of the checkpoint last kept outside the database. */
  private keptSize: number;
  /** True where memory may differ from the store. */
  private stale = false;
  /** True where the store may hold rows of a refused group that are not confirmed to be on disk. */
  private unconfirmed = false;
  private queue: Job[] = [];
  private running = false;
  /** Jobs neither acknowledged nor refused. */
  private waiting = 0;
  /** When somebody last read, milliseconds since 1970. */
  private readMs = -Infinity;
  /** Set while another process holds the write lock: since when (monotonic), and the pause before the next try. */
  private locked: { sinceMs: number; pauseMs: number; pause: Promise<void> } | undefined;
  /** Resolves when the newest group, and every group before it, is acknowledged or refused. */
  private newestGroup: Promise<void> = Promise.resolve();

  /** The caller keeps the store's checkpoint outside the database before the first write. */
  constructor(store: Store, identity: LogIdentity, platform: Platform, callbacks: WriterCallbacks) {
    this.store = store;
    this.identity = identity;
    this.platform = platform;
    this.callbacks = callbacks;
    this.clock = new LedgerClock(store, platform, callbacks.clock);
    this.behind = new WriteBehind(store, platform);
    this.frontier = rightEdge(store, platform.sha256);
    this.keptSize = this.frontier.size;
    this.lastRecordedMs = this.lastTime();
    if (store.ledger.checkpoint() === undefined) this.store.transact(() => void this.sign());
  }

  /** Runs a job in the next commit; resolves when that is durable, rejects with the error that the job threw. */
  submit<T>(work: (tx: Transaction) => T, changes: Changes = "rows"): Promise<T> {
    if (this.queue.length >= MAX_QUEUED)
      return Promise.reject(new Problem("unavailable", "too many writes are waiting: try again in a moment"));
    return new Promise<T>((resolve, reject) => {
      this.waiting += 1;
      this.queue.push({ work, changes, resolve: resolve as (value: unknown) => void, reject });
      if (this.running) return;
      this.running = true;
      setTimeout(() => void this.runGroups(), 0);
    });
  }

  /**
   * Like `submit`; checks `request.requireAllowed` first, and answers a repeated Idempotency-Key as the first time, in the
   * same transaction. Reports the records of the answer to `request.acknowledged`.
   * @throws Problem idempotency_mismatch where the key came with another request
   */
  async submitOnce<T>(
    request: WriteRequest | undefined,
    work: (tx: Transaction) => T,
    changes: Changes = "rows",
  ): Promise<StoredAnswer<T>> {
    const { written, ...answer } = await this.submit((tx) => {
      request?.requireAllowed?.(tx.store);
      return this.answer(request?.idempotent, tx, work);
    }, changes);
    if (written.count > 0) request?.acknowledged?.(written);
    return answer;
  }

  private answer<T>(
    once: Idempotent | undefined,
    tx: Transaction,
    work: (tx: Transaction) => T,
  ): StoredAnswer<T> & { written: Written } {
    const known = once && tx.store.service.answer(once.owner, once.key);
    if (known) {
      if (known.requestDigest !== once.requestDigest)
        throw new Problem("idempotency_mismatch", "this Idempotency-Key was used for another request before");
      return { value: JSON.parse(known.body) as T, replayed: true, written: known };
    }
    const first = this.frontier.size;
    const value = work(tx);
    const written = { first, count: this.frontier.size - first };
    if (once) {
      const { owner, key, requestDigest } = once;
      tx.store.service.addAnswer({
        owner,
        key,
        requestDigest,
        ...written,
        body: JSON.stringify(value),
        at: tx.nowMs,
      });
    }
    return { value, replayed: false, written };
  }

  /** Resolves when everything queued so far is committed or refused. */
  async settled(): Promise<void> {
    while (this.running) await this.platform.yield();
    await this.newestGroup;
  }

  /** Jobs neither acknowledged nor refused. */
  get waitingJobs(): number {
    return this.waiting;
  }

  /** While too many jobs wait: a promise of when to start further requests that write. */
  backpressure(): Promise<void> | undefined {
    if (this.waiting < this.pace().maxWaiting) return undefined;
    return this.locked?.pause ?? this.newestGroup;
  }

  /** Resolves when the rows that the store has now are on disk and kept outside, or were refused. */
  onDisk(): Promise<void> {
    return this.newestGroup;
  }

  /** Compares the clock now, and again every hour while nobody writes. */
  startClock(): void {
    const note = (): void => void this.submit(() => undefined).catch(() => undefined);
    note();
    this.clockTimer = setInterval(note, CLOCK_NOTED_EVERY_MS);
  }

  stopClock(): void {
    clearInterval(this.clockTimer);
  }

  /** Writes everything that custody derived and did not write yet. */
  writeDerived(): Promise<void> {
    return this.behind.writeAll();
  }

  /** Call for each request that only reads: groups stay short for a while. */
  noteRead(): void {
    this.readMs = this.platform.now();
  }

  private pace(): Pace {
    const servedMs = Math.max(this.readMs, this.callbacks.scannedMs());
    return this.platform.now() - servedMs > READ_LASTS_MS ? WRITES_ONLY_PACE : SHARED_PACE;
  }

  private async runGroups(): Promise<void> {
    while (this.queue.length > 0) {
      const before = this.newestGroup;
      if (this.unconfirmed) {
        await before;
        this.newestGroup = this.confirm();
        await this.newestGroup;
        await this.locked?.pause;
        continue;
      }
      this.newestGroup = this.runGroup(before);
      await before;
      await this.locked?.pause;
      // Other requests of the process run in between.
      await this.platform.yield();
      await this.behind.afterGroup();
    }
    this.running = false;
    this.behind.whenIdle();
  }

  private async runGroup(before: Promise<void>): Promise<void> {
    const group: Group = { jobs: [], acknowledgements: [] };
    try {
      const commit = this.transact(group);
      this.locked = undefined;
      const [committed] = await Promise.allSettled([commit, before]);
      if (committed.status === "rejected") throw committed.reason;
      if (group.checkpoint !== undefined) await this.keep(group.checkpoint);
      else if (this.unconfirmed) throw new StoreFailed("it stands on a group that was refused");
    } catch (error) {
      if (error instanceof StoreBusy && group.jobs.length === 0) {
        this.waitForLock(error);
        return before;
      }
      // If no job ran, all that wait are refused.
      this.refuse(group.jobs.length > 0 ? group.jobs : this.queue.splice(0), error);
      return;
    }
    this.waiting -= group.jobs.length;
    this.groupSizes.add(group.jobs.length);
    for (const acknowledge of group.acknowledgements) acknowledge();
  }

  /** Commits as many of the jobs as there is time for; durable when it resolves. */
  private transact(group: Group): Promise<void> {
    return this.store.transactSoon(() => this.runAll(group));
  }

  private runAll(group: Group): void {
    const { size } = this.frontier;
    // Times in the log never decrease, whatever the clock does.
    const reading = this.clock.read(this.lastRecordedMs);
    const { clockMs } = reading;
    const nowMs = Math.max(clockMs, this.lastRecordedMs);
    const append = (draft: RecordDraft): Appended => this.append(draft, nowMs, reading);
    const tx: Transaction = { store: this.store, clockMs, nowMs, clockRefusal: reading.refusal, append };
    const until = performance.now() + this.pace().groupMs;
    do {
      const job = this.queue.shift() as Job;
      group.jobs.push(job);
      group.acknowledgements.push(this.run(job, tx));
    } while (this.queue.length > 0 && performance.now() < until);
    if (this.frontier.size > size) {
      group.checkpoint = this.sign();
      this.lastRecordedMs = nowMs;
    }
    if (reading.refusal === undefined) this.sweepAnswers(nowMs);
    this.clock.save();
  }

  private sweepAnswers(nowMs: number): void {
    if (nowMs < this.sweptMs + ANSWERS_SWEPT_EVERY_MS) return;
    const dropped = this.store.service.dropAnswers(nowMs - ANSWERS_KEPT_MS, ANSWERS_A_SWEEP);
    if (dropped < ANSWERS_A_SWEEP) this.sweptMs = nowMs;
  }

  /** Brings the rows of a refused group to disk, and their checkpoint outside, before another group runs. */
  private async confirm(): Promise<void> {
    try {
      if (this.stale) this.reload();
      const checkpoint = this.store.ledger.checkpoint();
      if (checkpoint !== undefined && checkpoint.size !== this.keptSize) {
        await this.store.transactSoon(() => undefined);
        await this.keep(checkpoint);
      }
      this.unconfirmed = false;
      this.locked = undefined;
    } catch (error) {
      if (error instanceof StoreBusy) return this.waitForLock(error);
      this.refuse(this.queue.splice(0), error);
    }
  }

  /** Sets the pause before the next try, or refuses the jobs that wait. None of them ran, so memory is not stale. */
  private waitForLock(error: StoreBusy): void {
    const sinceMs = this.locked?.sinceMs ?? performance.now();
    const pauseMs =
      this.locked === undefined
        ? LOCKED_RETRY_MS
        : Math.min(2 * this.locked.pauseMs, LONGEST_LOCKED_RETRY_MS);
    const pause = new Promise<void>((resolve) => setTimeout(resolve, pauseMs));
    this.locked = { sinceMs, pauseMs, pause };
    if (performance.now() - sinceMs < MOST_LOCKED_MS) return;
    this.locked = undefined;
    const jobs = this.queue.splice(0);
    this.waiting -= jobs.length;
    const seconds = MOST_LOCKED_MS / 1000;
    for (const job of jobs)
      job.reject(
        new Problem(
          "unavailable",
          `another process has locked the database for ${seconds} seconds: nothing was written`,
        ),
      );
    this.callbacks.refused(error);
  }

  private async keep(checkpoint: StoredCheckpoint): Promise<void> {
    await this.callbacks.keep(checkpoint);
    this.recorded += checkpoint.size - this.keptSize;
    this.keptSize = checkpoint.size;
  }

  private refuse(jobs: Job[], error: unknown): void {
    this.stale = true;
    this.unconfirmed = true;
    this.waiting -= jobs.length;
    const problem = new Problem(
      "unavailable",
      "the write could not be confirmed as stored: sent again with the same Idempotency-Key it is recorded once",
    );
    problem.cause = error;
    for (const job of jobs) job.reject(problem);
    this.callbacks.refused(error);
    try {
      this.reload();
    } catch (again) {
      // The store cannot be read either: memory stays stale, and the next group starts with a reload.
      this.callbacks.refused(again);
    }
  }

  private reload(): void {
    this.frontier = rightEdge(this.store, this.platform.sha256);
    this.lastRecordedMs = this.lastTime();
    this.clock.reload();
    this.callbacks.reload();
    this.stale = false;
  }

  /** Runs a job: if it throws, only it is undone and refused. */
  private run(job: Job, tx: Transaction): () => void {
    const before = this.frontier.clone();
    let thrown: { error: unknown } | undefined;
    const work = (): unknown => {
      try {
        return job.work(tx);
      } catch (error) {
        thrown = { error };
        throw error;
      }
    };
    try {
      const value = job.changes === "rows" ? this.store.savepoint(work) : this.store.attempt(work);
      return () => job.resolve(value);
    } catch (error) {
      // Only the job's own error is known to be undone; if its undoing failed, the whole group is.
      if (thrown?.error !== error) throw error;
      this.frontier = before;
      return () => job.reject(error);
    }
  }

  private append(draft: RecordDraft, nowMs: number, { refusal }: Reading): Appended {
    if (refusal !== undefined)
      throw new Problem(
        "unavailable",
        `no record is made while the service's clock is in doubt: ${refusal}. The operator has a report; nothing was recorded`,
      );
    this.callbacks.requireWitnessed();
    return appendRecord(this.store, this.frontier, this.platform.sha256, draft, nowMs);
  }

  private sign(): StoredCheckpoint {
    const { size } = this.frontier;
    const note = signCheckpoint(this.identity, size, this.frontier.root());
    this.store.ledger.putCheckpoint(size, note);
    return { size, note };
  }

  private lastTime(): number {
    const size = this.store.ledger.size();
    const last = size > 0 ? this.store.ledger.record(size - 1) : undefined;
    if (last === undefined) return 0;
    const { recorded } = JSON.parse(new TextDecoder().decode(last.bytes)) as LedgerRecord;
    return Date.parse(recorded);
  }
}
