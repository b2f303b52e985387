import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { percentile } from "../statistics.ts";
import { Connection, getRequest } from "./connection.ts";

/** What a measurement at a constant rate of arrivals found. Times are milliseconds. */
export interface OpenLoopResult {
  sent: number;
  /** Answers with another status than 200, and requests without one. */
  failed: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** p99 of how late this program itself sent: what of the above is its own doing. */
  lateP99Ms: number;
}

interface Arrivals {
  rate: number;
  seconds: number;
  paths: string[];
  connections: number;
  /** Takes a whole core to be on time to a fraction of a millisecond; else arrivals come a millisecond's worth at a time. */
  spin: boolean;
}

/**
 * Requests arrive at a constant rate whatever the answers do, and each one's time counts from when it was due: a server
 * that stalls is charged for all who would have come meanwhile (no coordinated omission). Runs as a program of its own:
 * `node bench/load/open-loop.ts --port N --rate N --seconds N --paths FILE [--connections N] [--spin]`; prints JSON.
 */
async function openLoop(
  port: number,
  { rate, seconds, paths, connections, spin }: Arrivals,
): Promise<OpenLoopResult> {
  const free: Connection[] = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(port)),
  );
  const all = [...free];
  const total = Math.floor(rate * seconds);
  const tookMs = new Float64Array(total);
  const lateMs = new Float64Array(total);
  const queue: number[] = [];
  let answered = 0;
  let failed = 0;
  const begin = performance.now() + 50;
  const dueAt = (n: number): number => begin + (n * 1000) / rate;

  await new Promise<void>((finish) => {
    const done = (n: number, ok: boolean): void => {
      tookMs[n] = performance.now() - dueAt(n);
      if (!ok) failed += 1;
      answered += 1;
      if (answered === total) finish();
    };
    const launch = async (connection: Connection, first: number): Promise<void> => {
      for (let n: number | undefined = first; n !== undefined; n = queue.shift())
        done(n, await answersWell(connection, paths[n % paths.length] as string));
      free.push(connection);
    };
    let next = 0;
    const tick = (): void => {
      for (const nowMs = performance.now(); next < total && dueAt(next) <= nowMs; next++) {
        lateMs[next] = nowMs - dueAt(next);
        const connection = free.pop();
        if (connection === undefined) queue.push(next);
        else void launch(connection, next);
      }
      if (next >= total) return;
      // Timers have a millisecond's grain; with a core of its own the loop itself is the clock.
      if (spin) setImmediate(tick);
      else setTimeout(tick, 1);
    };
    tick();
  });
  for (const connection of all) connection.close();
  return {
    sent: total,
    failed,
    p50Ms: percentile(tookMs, 0.5),
    p95Ms: percentile(tookMs, 0.95),
    p99Ms: percentile(tookMs, 0.99),
    lateP99Ms: percentile(lateMs, 0.99),
  };
}

async function answersWell(connection: Connection, path: string): Promise<boolean> {
  try {
    return (await connection.send(getRequest(path))).status === 200;
  } catch {
    return false;
  }
}

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    rate: { type: "string", default: "1000" },
    seconds: { type: "string", default: "2" },
    paths: { type: "string", default: "" },
    connections: { type: "string", default: "128" },
    spin: { type: "boolean", default: false },
  },
});
const result = await openLoop(Number(values.port), {
  rate: Number(values.rate),
  seconds: Number(values.seconds),
  paths: readFileSync(values.paths, "utf8").trimEnd().split("\n"),
  connections: Number(values.connections),
  spin: values.spin,
});
console.log(JSON.stringify(result));
