import { PACING } from "./paced-requests.ts";

/** A part of a request that a client still has to send. */
export type RequestPart = "head" | "body";

/** A connection that reads a request. */
export interface Reading {
  /** The request is not complete in time. */
  late(part: RequestPart, seconds: number): void;
}

const LOOK_EVERY_MS = 1000;
const LIMIT_MS: Readonly<Record<RequestPart, number>> = { head: PACING.headMs, body: PACING.requestMs };

/**
 * Cuts clients that send a request too slowly. Only connections in the middle of a request are in it, so requests that
 * arrive whole cost nothing.
 */
export class RequestDeadlines {
  private readonly now: () => number;
  private readonly reading = new Map<Reading, { part: RequestPart; sinceMs: number }>();
  private timer: NodeJS.Timeout | undefined;

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** Starts the deadline of a part. A body's counts from the start of the head. */
  start(connection: Reading, part: RequestPart): void {
    const sinceMs = this.reading.get(connection)?.sinceMs ?? this.now();
    this.reading.set(connection, { part, sinceMs });
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  stop(connection: Reading): void {
    this.reading.delete(connection);
  }

  /** Notifies the connections that are late; called once a second. */
  look(): void {
    const nowMs = this.now();
    for (const [connection, { part, sinceMs }] of this.reading)
      if (nowMs - sinceMs > LIMIT_MS[part]) {
        this.reading.delete(connection);
        connection.late(part, LIMIT_MS[part] / 1000);
      }
    if (this.reading.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
