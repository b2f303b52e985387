import type { Context } from "hono";

/**
 * Whether an error comes from a client that went away in the middle of its request. That is no fault of the service.
 * Node reports a lost body as ECONNRESET with the message `aborted`.
 */
export function clientLeft(c: Context, error: unknown): boolean {
  if (c.req.raw.signal.aborted) return true;
  if (!(error instanceof Error)) return false;
  const { code, message } = error as Error & { code?: string };
  return (code === "ECONNRESET" && message === "aborted") || /prematurely closed/i.test(message);
}
