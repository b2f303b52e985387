import type { MiddlewareHandler } from "hono";
import type { Environment } from "../environment.ts";
import { PUBLIC_READING } from "../security-headers.ts";

/** The addresses that pages of any site may read. */
export const PUBLIC_PATHS = ["/v1/scan/*", "/v1/trace/*", "/v1/log", "/01/*", "/T/*", "/t/*"] as const;

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Lets pages of any site read an answer that everybody may read (Fetch: CORS). A request with a key needs a header that no
 * preflight allows, and POST is left out: another site's visitors must not try PINs for it.
 */
export const publicReading: MiddlewareHandler<Environment> = async (c, next) => {
  if (!READING.has(c.req.method)) return next();
  c.set("publicReading", true);
  await next();
  for (const [name, value] of Object.entries(PUBLIC_READING)) c.res.headers.set(name, value);
};
