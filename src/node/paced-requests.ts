import type { RequestListener } from "node:http";

/**
 * How connections and requests share the process; no other file has a number of this kind. A connection has one
 * unanswered request (client-connection.ts): the next is read when the client has taken the answer.
 */
export const PACING = {
  /** The most requests started in one turn of the event loop: one or two milliseconds of light work. */
  requestsATurn: 8,
  /** After a turn longer than this, the next starts half as many requests, at least one. */
  longTurnMs: 8,
  /** After a turn shorter than this, the next starts one more. */
  shortTurnMs: 4,
  /** Clients and proxies mostly keep an idle connection for 60 s: ours stays open longer, so that they close it first. */
  keepAliveMs: 75_000,
  /** From the first byte of a request, or from the connection, to the end of its headers. */
  headMs: 10_000,
  /** From the first byte of a request to the last of its body. */
  requestMs: 30_000,
  /** After a stop is asked for, requests in progress get this long. */
  graceMs: 5000,
} as const;

/** Starts the work of one request. */
type Start = () => void;

/** A listener that paces its requests, with the queue that it shares with what does not come through it. */
export interface PacedListener extends RequestListener {
  readonly waiting: number;
  /**
   * Starts work when its turn comes.
   * @returns takes it out of the queue again, where it has not started
   */
  enqueue(work: () => void, onlyReads: boolean): () => void;
}

/**
 * Starts at most 8 requests per event-loop turn, in order of arrival: reads first, writes only while `backpressure` allows.
 * With hundreds of clients, scans are answered in between (measured with 512: they waited 220 ms before), and requests
 * that have not started produce no long-lived garbage (measured: 1.2 times the writes). A request whose connection closes
 * leaves the queue, so the queue is never longer than the number of connections. Costly requests (a bundle takes tens of
 * milliseconds) start one per turn: the length of each turn sets the number for the next.
 * @param start serves one request
 * @param backpressure a promise of when to look again, while too many writes wait
 * @param now milliseconds, of any origin
 */
export function paced(
  start: RequestListener,
  backpressure: () => Promise<void> | undefined,
  now: () => number = () => performance.now(),
): PacedListener {
  const reads = new Set<Start>();
  const others = new Set<Start>();
  let scheduled = false;
  let heldBack = false;
  let share: number = PACING.requestsATurn;
  const turn = (): void => {
    scheduled = false;
    const some = take(reads, others.size > 0 ? Math.ceil(share / 2) : share);
    const room = others.size > 0 ? backpressure() : undefined;
    if (room === undefined) some.push(...take(others, Math.max(share - some.length, 1)));
    else if (!heldBack) {
      heldBack = true;
      void room.then(release);
    }
    const startedMs = now();
    for (const work of some) work();
    // Runs when the requests have done what they do without waiting.
    setImmediate(() => (share = nextShare(share, now() - startedMs)));
    if (reads.size > 0 || (others.size > 0 && !heldBack)) schedule();
  };
  const release = (): void => {
    heldBack = false;
    schedule();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };
  const enqueue = (work: Start, onlyReads: boolean): Start => {
    const queue = onlyReads ? reads : others;
    queue.add(work);
    // Held-back requests are scheduled by `release`.
    if (onlyReads || !heldBack) schedule();
    return () => void queue.delete(work);
  };
  const listener: RequestListener = (request, response) => {
    const onlyReads = request.method === "GET" || request.method === "HEAD";
    response.once(
      "close",
      enqueue(() => start(request, response), onlyReads),
    );
  };
  const waiting = { get: () => reads.size + others.size };
  return Object.defineProperties(listener, { waiting, enqueue: { value: enqueue } }) as PacedListener;
}

function nextShare(share: number, turnMs: number): number {
  if (turnMs > PACING.longTurnMs) return Math.max(1, Math.floor(share / 2));
  return turnMs < PACING.shortTurnMs ? Math.min(PACING.requestsATurn, share + 1) : share;
}

/** Removes and returns the first of a queue. */
function take(queue: Set<Start>, count: number): Start[] {
  const taken: Start[] = [];
  for (const waiting of queue) {
    if (taken.length >= count) break;
    queue.delete(waiting);
    taken.push(waiting);
  }
  return taken;
}
