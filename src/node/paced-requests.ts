import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

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

type Waiting = [request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }];

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
): RequestListener & { readonly waiting: number } {
  const reads = new Set<Waiting>();
  const others = new Set<Waiting>();
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
    for (const [request, response] of some) start(request, response);
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
  const listener: RequestListener = (request, response) => {
    const onlyReads = request.method === "GET" || request.method === "HEAD";
    const queue = onlyReads ? reads : others;
    const waiting: Waiting = [request, response];
    queue.add(waiting);
    response.once("close", () => queue.delete(waiting));
    // Held-back requests are scheduled by `release`.
    if (onlyReads || !heldBack) schedule();
  };
  return Object.defineProperty(listener, "waiting", {
    get: () => reads.size + others.size,
  }) as RequestListener & { readonly waiting: number };
}

function nextShare(share: number, turnMs: number): number {
  if (turnMs > PACING.longTurnMs) return Math.max(1, Math.floor(share / 2));
  return turnMs < PACING.shortTurnMs ? Math.min(PACING.requestsATurn, share + 1) : share;
}

/** Removes and returns the first of a queue. */
function take(queue: Set<Waiting>, count: number): Waiting[] {
  const taken: Waiting[] = [];
  for (const waiting of queue) {
    if (taken.length >= count) break;
    queue.delete(waiting);
    taken.push(waiting);
  }
  return taken;
}
