import type { Context, MiddlewareHandler } from "hono";
import type { RequestCounts } from "../request-counts.ts";
import { PUBLIC_READING } from "../security-headers.ts";
import { addHeadLength } from "./head-length.ts";

interface Finishing {
  /** Whether pages of any site may read the answer. */
  isPublic: (c: Context) => boolean;
  counts: RequestCounts | undefined;
}

/**
 * What every answer gets last: a count, the header for public reading, and a length where it answers HEAD. One middleware
 * for all three, since each costs a light call some per cent (measured: three cost a fifth of `GET /v1/log`).
 */
export function finishing({ isPublic, counts }: Finishing): MiddlewareHandler {
  const header = Object.entries(PUBLIC_READING);
  return async (c, next) => {
    await next();
    counts?.add(c);
    if (isPublic(c)) for (const [name, value] of header) c.res.headers.set(name, value);
    if (c.req.method === "HEAD") await addHeadLength(c);
  };
}
