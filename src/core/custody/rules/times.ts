import { type Refusal, refusal } from "./refusal.ts";

/** The most that a reporter's clock may differ from the service's, milliseconds. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** The times of a record, milliseconds since 1970. */
export interface RecordTimes {
  /** The event's own time. */
  atMs: number;
  recordedMs: number;
  /** When the newest of the batches that it names was ordered; undefined where it names none. */
  orderedMs?: number | undefined;
}

/** The step of times: an event is not after its recording, and not before the order of the batch that it names. */
export function refuseTimes({ atMs, recordedMs, orderedMs }: RecordTimes): Refusal | undefined {
  if (atMs > recordedMs + CLOCK_SKEW_MS)
    return refusal("at_after_recorded", `at most 5 minutes after ${utc(recordedMs)}`, utc(atMs));
  if (orderedMs !== undefined && atMs < orderedMs - CLOCK_SKEW_MS)
    return refusal("at_before_issue", `at or after ${utc(orderedMs)}, when the batch was ordered`, utc(atMs));
  return undefined;
}

function utc(ms: number): string {
  return new Date(ms).toISOString();
}
