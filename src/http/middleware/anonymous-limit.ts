import type { MiddlewareHandler } from "hono";
import { rateLimiter } from "hono-rate-limiter";
import { Problem } from "../../services/problem.ts";
import type { Settings } from "../../services/settings.ts";
import type { Environment } from "../environment.ts";

const WINDOW_MS = 60_000;

/**
 * Limits writes without an API key per address. The address is kept in memory for a minute and never stored. Requests of
 * unknown address share one allowance.
 */
export function anonymousLimit({
  anonymousPerMinute,
}: Pick<Settings, "anonymousPerMinute">): MiddlewareHandler<Environment> {
  if (anonymousPerMinute === null) return (_, next) => next();
  return rateLimiter<Environment>({
    windowMs: WINDOW_MS,
    limit: anonymousPerMinute,
    standardHeaders: "draft-7",
    skip: (c) => c.req.method !== "POST" || c.get("caller").role !== "anonymous",
    keyGenerator: (c) => c.get("client").subscriber,
    handler: () => {
      throw new Problem("rate_limited", `at most ${anonymousPerMinute} such requests a minute without a key`);
    },
  });
}
