import type { Frontier } from "../../core/ledger/merkle.ts";
import type { LedgerRecord } from "../../core/ledger/record.ts";
import { StoreFailed } from "../../store/binding.ts";
import type { StoredCheckpoint } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import type { LogIdentity, Platform } from "../../platform.ts";
import { Problem } from "../problem.ts";
import { appendRecord } from "./append.ts";
import { signCheckpoint } from "./log-key.ts";
import { rightEdge } from "./log.ts";
import type {
  Appended,
  Idempotent,
  RecordDraft,
  StoredAnswer,
  Transaction,
  WriteRequest,
  Written,
} from "./transaction.ts";

interface Job {
  work: (tx: Transaction) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Jobs that share a transaction. */
interface Group {
  jobs: Job[];
  /** What is to be called for each of them once they are durable. */
  done: (() => void)[];
  /** Of the log with their records; absent where there are none. */
  checkpoint?: StoredCheckpoint;
}

/** What is around the database, told of its commits. */
export interface Surroundings {
  /** Keeps a checkpoint outside the database, durable when it resolves. Its commit is durable by then. */
  keep(checkpoint: StoredCheckpoint): Promise<void>;
  /** Asked before each record. @throws Problem where none is to be taken now */
  requireWitnessed(): void;
  /** When the last scan was answered, milliseconds since 1970. */
  scannedMs(): number;
  /** Takes in anew what is held in memory of the store: it may hold what its callers were refused. */
  readAgain(): void;
  /** Told why a group of writes was refused, for the operator's eyes. */
  refused(error: unknown): void;
}

const MAX_QUEUED = 10_000;
/**
 * How writes share the process. A group takes jobs until it has run so many milliseconds; no more jobs are at hand together,
 * where more are to come, than the group that is run and the one that is synced need.
 */
interface Pace {
  groupMs: number;
  crowd: number;
}
/** While somebody scans or reads, nobody who does is held up. */
const WITH_OTHERS: Pace = { groupMs: 2, crowd: 32 };
/** While nobody does, more jobs share what each group costs (measured: 1.6 times the writes). */
const ALONE: Pace = { groupMs: 20, crowd: 192 };
/** So soon after one scan or read another may come. */
const OTHERS_COME_MS = 250;
/** How long an answer is kept for its Idempotency-Key: 30 days. */
const ANSWERS_KEPT_MS = 30 * 24 * 3_600_000;
const ANSWERS_SWEPT_EVERY_MS = 3_600_000;
/** Most answers forgotten in one group, so that a sweep holds nobody up; what is left goes with the next group. */
const ANSWERS_A_SWEEP = 500;

/**
 * The one writer. Jobs that wait together share a transaction, as many as some milliseconds take: every job reads
 * chains, rules and idempotency inside it; the log's new checkpoint is signed and stored with them; only after the commit
 * is on the disk, and the checkpoint kept outside the database too, is any of them acknowledged. The order of the queue is
 * the order of the log, and of acknowledgements. The disk is waited for off the thread: the next group is run meanwhile,
 * and is waited for after this one, so that there are never more than two. Whoever reads the store then may find what is not
 * on the disk yet, and waits for `onDisk` before telling anybody.
 *
 * A group is run without a savepoint to each job first: they cost as much again as the jobs. Where one throws, nothing of
 * the group is kept, and it is run again with savepoints, so that one caller's refusal is no other's. So a job may be run
 * twice, and changes nothing but the store, and in memory only what may run ahead of it (AGENTS.md).
 *
 * Where committing fails, every caller of the group is refused as `unavailable`, though the store may hold the group:
 * a commit can fail after it took hold, and the checkpoint is kept outside only after the commit. So nothing is presumed
 * of a refused group: the right edge, the time and what else is in memory are read from the store again, and callers
 * learn what became of a write by repeating it with its Idempotency-Key. What such a group left in the store is brought to
 * the disk, and its checkpoint kept outside, before another group begins, or that group is refused unwritten: no answer,
 * not even a repeated one, runs ahead of the disk, or of the copy outside by which an old database is told. A group that had
 * been run already stands on what the refused one left, and is acknowledged only where the disk has both.
 */
export class Writer {
  private readonly store: Store;
  private readonly identity: LogIdentity;
  private readonly platform: Platform;
  private readonly around: Surroundings;
  private frontier: Frontier;
  private lastRecordedMs: number;
  /** When old answers were last forgotten, as far as there were any. */
  private sweptMs = 0;
  /** Size of the checkpoint last kept outside. */
  private keptSize: number;
  /** True where memory may differ from the store. */
  private stale = false;
  /** True where the store may hold what a refused group left, which the disk may not. */
  private left = false;
  private queue: Job[] = [];
  private running = false;
  /** Jobs neither acknowledged nor refused. */
  private waiting = 0;
  /** When somebody last read, milliseconds since 1970. */
  private readMs = -Infinity;
  /** Until the group last run is acknowledged or refused, and every one before it. */
  private underway: Promise<void> = Promise.resolve();

  /**
   * `frontier` and `lastRecordedMs` belong to the writer; nobody else appends. Whoever makes it keeps the checkpoint that
   * the store has then outside, before anything is written.
   */
  constructor(store: Store, identity: LogIdentity, platform: Platform, around: Surroundings) {
    this.store = store;
    this.identity = identity;
    this.platform = platform;
    this.around = around;
    this.frontier = rightEdge(store, platform.sha256);
    this.keptSize = this.frontier.size;
    this.lastRecordedMs = this.lastTime();
    if (store.ledger.checkpoint() === undefined) this.store.transact(() => void this.sign());
  }

  /** Runs a job in the next commit; resolves when that is durable, rejects with what the job threw. */
  submit<T>(work: (tx: Transaction) => T): Promise<T> {
    if (this.queue.length >= MAX_QUEUED)
      return Promise.reject(new Problem("unavailable", "too many writes are waiting: try again in a moment"));
    return new Promise<T>((resolve, reject) => {
      this.waiting += 1;
      this.queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.running) return;
      this.running = true;
      setTimeout(() => void this.runGroups(), 0);
    });
  }

  /**
   * Like `submit`, but answers a repeated key as the first time, in the same transaction, and tells the request which
   * records its answer stands for.
   * @throws Problem idempotency_mismatch where the key came with another request
   */
  async submitOnce<T>(
    request: WriteRequest | undefined,
    work: (tx: Transaction) => T,
  ): Promise<StoredAnswer<T>> {
    const { written, ...answer } = await this.submit((tx) => this.answer(request?.idempotent, tx, work));
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

  /** Waits until everything queued so far is committed or refused. */
  async settled(): Promise<void> {
    while (this.running) await this.platform.breathe();
    await this.underway;
  }

  /** Where so many writes wait that further requests are better begun later: when some will have been answered. */
  crowded(): Promise<void> | undefined {
    return this.waiting < this.pace().crowd ? undefined : this.underway;
  }

  /** Waits until what the store has by now is on the disk and kept outside, or was refused. */
  onDisk(): Promise<void> {
    return this.underway;
  }

  /** To be told of whoever only reads: for a while, groups are small enough to let others do so between them. */
  noteRead(): void {
    this.readMs = this.platform.now();
  }

  private pace(): Pace {
    const servedMs = Math.max(this.readMs, this.around.scannedMs());
    return this.platform.now() - servedMs > OTHERS_COME_MS ? ALONE : WITH_OTHERS;
  }

  private async runGroups(): Promise<void> {
    while (this.queue.length > 0) {
      const before = this.underway;
      if (this.left) {
        await before;
        this.underway = this.keepWhatIsLeft();
        await this.underway;
        continue;
      }
      this.underway = this.runGroup(before);
      await before;
      // Whoever else the process serves comes in between.
      await this.platform.breathe();
    }
    this.running = false;
  }

  private async runGroup(before: Promise<void>): Promise<void> {
    const group: Group = { jobs: [], done: [] };
    try {
      const [committed] = await Promise.allSettled([this.transact(group), before]);
      if (committed.status === "rejected") throw committed.reason;
      if (group.checkpoint !== undefined) await this.keep(group.checkpoint);
      else if (this.left) throw new StoreFailed("it stands on a group that was refused");
    } catch (error) {
      // Where it did not come to run any, all that wait are refused.
      this.refuse(group.jobs.length > 0 ? group.jobs : this.queue.splice(0), error);
      return;
    }
    this.waiting -= group.jobs.length;
    for (const settle of group.done) settle();
  }

  /** Commits as many of the jobs as there is time for; durable when it resolves. */
  private transact(group: Group): Promise<void> {
    const before = this.frontier.clone();
    try {
      return this.store.transactSoon(() => this.runAll(group, (job, tx) => runAlone(job, tx)));
    } catch (error) {
      if (error instanceof StoreFailed) throw error;
      this.frontier = before;
      this.queue = [...group.jobs.splice(0), ...this.queue];
      group.done = [];
      delete group.checkpoint;
      return this.store.transactSoon(() => this.runAll(group, (job, tx) => this.runApart(job, tx)));
    }
  }

  private runAll(group: Group, run: (job: Job, tx: Transaction) => () => void): void {
    const { size } = this.frontier;
    // A clock that went backwards does not take the log with it.
    const nowMs = Math.max(this.platform.now(), this.lastRecordedMs);
    const tx: Transaction = { store: this.store, nowMs, append: (draft) => this.append(draft, nowMs) };
    const until = performance.now() + this.pace().groupMs;
    do {
      const job = this.queue.shift() as Job;
      group.jobs.push(job);
      group.done.push(run(job, tx));
    } while (this.queue.length > 0 && performance.now() < until);
    if (this.frontier.size > size) group.checkpoint = this.sign();
    this.lastRecordedMs = nowMs;
    this.sweepAnswers(nowMs);
  }

  private sweepAnswers(nowMs: number): void {
    if (nowMs < this.sweptMs + ANSWERS_SWEPT_EVERY_MS) return;
    const dropped = this.store.service.dropAnswers(nowMs - ANSWERS_KEPT_MS, ANSWERS_A_SWEEP);
    if (dropped < ANSWERS_A_SWEEP) this.sweptMs = nowMs;
  }

  /** What a refused group left is not known to be on the disk: that comes before any word of it. */
  private async keepWhatIsLeft(): Promise<void> {
    try {
      if (this.stale) this.readAgain();
      const checkpoint = this.store.ledger.checkpoint();
      if (checkpoint !== undefined && checkpoint.size !== this.keptSize) {
        await this.store.transactSoon(() => undefined);
        await this.keep(checkpoint);
      }
      this.left = false;
    } catch (error) {
      this.refuse(this.queue.splice(0), error);
    }
  }

  private async keep(checkpoint: StoredCheckpoint): Promise<void> {
    await this.around.keep(checkpoint);
    this.keptSize = checkpoint.size;
  }

  private refuse(jobs: Job[], error: unknown): void {
    this.stale = true;
    this.left = true;
    this.waiting -= jobs.length;
    const problem = new Problem(
      "unavailable",
      "the write could not be confirmed as stored: sent again with the same Idempotency-Key it is recorded once",
    );
    problem.cause = error;
    for (const job of jobs) job.reject(problem);
    this.around.refused(error);
    try {
      this.readAgain();
    } catch (again) {
      // The store cannot even be read: it stays stale, and the next group begins with this.
      this.around.refused(again);
    }
  }

  private readAgain(): void {
    this.frontier = rightEdge(this.store, this.platform.sha256);
    this.lastRecordedMs = this.lastTime();
    this.around.readAgain();
    this.stale = false;
  }

  /** Runs a job in a savepoint of its own: where it throws, it alone is undone and refused. */
  private runApart(job: Job, tx: Transaction): () => void {
    const before = this.frontier.clone();
    let own: { error: unknown } | undefined;
    const work = (): unknown => {
      try {
        return job.work(tx);
      } catch (error) {
        own = { error };
        throw error;
      }
    };
    try {
      const value = this.store.savepoint(work);
      return () => job.resolve(value);
    } catch (error) {
      // Only what the job itself threw is known to be undone; where the savepoint failed, the whole group is.
      if (own?.error !== error) throw error;
      this.frontier = before;
      return () => job.reject(error);
    }
  }

  private append(draft: RecordDraft, nowMs: number): Appended {
    this.around.requireWitnessed();
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

function runAlone(job: Job, tx: Transaction): () => void {
  const value = job.work(tx);
  return () => job.resolve(value);
}
