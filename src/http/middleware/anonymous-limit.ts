import type { Context, MiddlewareHandler } from "hono";
import { rateLimiter } from "hono-rate-limiter";
import { isUnapproved } from "../../services/filing/standing.ts";
import { Problem } from "../../services/problem.ts";
import type { Settings } from "../../services/settings.ts";
import type { Environment } from "../environment.ts";
import { FilingsADay } from "./filings-a-day.ts";

const MINUTE_MS = 60_000;
/** The most filings of an address in a day, in minutes of its allowance for writes. */
const FILING_MINUTES_A_DAY = 10;

type Limiter = MiddlewareHandler<Environment>;
type LimitSettings = Pick<Settings, "anonymousPerMinute">;

/**
 * Limits writes by address, where the caller has no API key or its organisation is not approved: anybody gets such a key by
 * filing. Limits such an organisation too, from whatever addresses it writes, and filings by address and day. Addresses are
 * kept in memory only. Requests of unknown address share one allowance.
 */
export function anonymousLimit(settings: LimitSettings): Limiter {
  const { anonymousPerMinute: most } = settings;
  if (most === null) return (_, next) => next();
  const byAddress = limiter(
    most,
    networkOf,
    `${most} writes a minute without a key of an approved organisation`,
  );
  const byOrganisation = limiter(
    most,
    (c) => c.get("caller").organisation,
    `${most} writes a minute until the organisation is approved`,
  );
  const filings = new FilingsADay(most * FILING_MINUTES_A_DAY);
  return (c, next) => {
    if (!isLimited(c)) return next();
    return byAddress(c, async () => {
      if (isFiling(c)) countFiling(c, filings, networkOf(c));
      if (c.get("caller").role === "anonymous") await next();
      else await byOrganisation(c, next);
    });
  };
}

/** The key of a client: an IPv4 address, or the /64 of an IPv6 address. */
function networkOf(c: Context<Environment>): string {
  return c.get("client").subscriber;
}

function limiter(limit: number, key: (c: Context<Environment>) => string, most: string): Limiter {
  return rateLimiter<Environment>({
    windowMs: MINUTE_MS,
    limit,
    standardHeaders: "draft-7",
    keyGenerator: key,
    handler: () => {
      throw new Problem("rate_limited", `at most ${most}`);
    },
  });
}

function countFiling(c: Context<Environment>, filings: FilingsADay, from: string): void {
  const seconds = filings.secondsToWait(from, c.get("service").platform.now());
  if (seconds === 0) return;
  c.header("Retry-After", String(seconds));
  throw filings.tooMany();
}

function isLimited(c: Context<Environment>): boolean {
  if (c.req.method === "GET" || c.req.method === "HEAD") return false;
  const caller = c.get("caller");
  return caller.role === "anonymous" || isUnapproved(c.get("service").store, caller);
}

function isFiling(c: Context<Environment>): boolean {
  return c.req.path === "/v1/enterprises";
}
