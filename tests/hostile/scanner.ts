import { parseArgs } from "node:util";
import { Connection, getRequest } from "../../bench/load/connection.ts";
import { percentile } from "../../bench/statistics.ts";

/** What somebody else's scans waited, in milliseconds. */
export interface Waits {
  scans: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

const EVERY_MS = 5;
const CONNECTIONS = 16;
/** The longest run; a scan that is not answered by then counts with the time that it waited. */
const MOST_MS = 90_000;

/**
 * Scans one code every 5 ms until its input ends, then prints `Waits` as JSON. A scan's time counts from when it was due:
 * a service that stalls is charged for everybody who would have come meanwhile. Runs in its own process, so that an
 * attacking client takes no time from it: `node tests/hostile/scanner.ts --port N --path PATH`.
 */
async function scanUntilInputEnds(port: number, path: string): Promise<Waits> {
  const request = getRequest(path);
  const free = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)));
  const all = [...free];
  const waits: number[] = [];
  const due = new Set<number>();
  let failed = 0;
  const input = { ended: false };
  process.stdin.on("end", () => (input.ended = true)).resume();
  const beganMs = performance.now();
  const scan = async (connection: Connection, dueMs: number): Promise<void> => {
    const status = await connection.send(request).then(
      (answer) => answer.status,
      () => 0,
    );
    waits.push(performance.now() - dueMs);
    if (status !== 200) failed += 1;
    if (status > 0) free.push(connection);
    else
      await Connection.open(port).then(
        (opened) => (all.push(opened), free.push(opened)),
        () => undefined,
      );
  };
  for (let nextMs = beganMs; performance.now() - beganMs < MOST_MS;) {
    const nowMs = performance.now();
    for (; !input.ended && nextMs <= nowMs; nextMs += EVERY_MS) due.add(nextMs);
    for (const dueMs of due) {
      const connection = free.pop();
      if (connection === undefined) break;
      due.delete(dueMs);
      void scan(connection, dueMs);
    }
    if (input.ended && due.size === 0 && free.length >= CONNECTIONS) break;
    await new Promise((later) => setTimeout(later, 1));
  }
  const nowMs = performance.now();
  for (const dueMs of due) waits.push(nowMs - dueMs);
  for (const connection of all) connection.close();
  const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => percentile(waits, share)) as [
    number,
    number,
    number,
  ];
  return { scans: waits.length, failed: failed + due.size, p50Ms, p99Ms, maxMs };
}

const { values } = parseArgs({ options: { port: { type: "string" }, path: { type: "string" } } });
console.log(JSON.stringify(await scanUntilInputEnds(Number(values.port), values.path ?? "/")));
process.exit();
