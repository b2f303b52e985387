import type { Context, MiddlewareHandler } from "hono";
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
  trustProxy,
}: Pick<Settings, "anonymousPerMinute" | "trustProxy">): MiddlewareHandler<Environment> {
  if (anonymousPerMinute === null) return (_, next) => next();
  return rateLimiter<Environment>({
    windowMs: WINDOW_MS,
    limit: anonymousPerMinute,
    standardHeaders: "draft-7",
    skip: (c) => c.req.method !== "POST" || c.get("caller").role !== "anonymous",
    keyGenerator: (c) => network(addressOf(c, trustProxy)),
    handler: () => {
      throw new Problem("rate_limited", `at most ${anonymousPerMinute} such requests a minute without a key`);
    },
  });
}

/** The client's address; behind a trusted proxy, from its header. */
function addressOf(c: Context<Environment>, trustProxy: boolean): string {
  const told = trustProxy
    ? // The proxy appends the address at the end; a client can send anything before it.
      (c.req.header("CF-Connecting-IP") ?? c.req.header("X-Forwarded-For")?.split(",").at(-1)?.trim())
    : undefined;
  const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return told ?? incoming?.socket?.remoteAddress ?? "unknown";
}

/** An IPv6 subscriber has at least a /64, so the first four groups identify the subscriber. */
function network(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const front = head.split(":").filter((group) => group !== "");
  const back = (tail ?? "").split(":").filter((group) => group !== "");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...Array<string>(zeros).fill("0"), ...back].slice(0, 4).join(":");
}
