import type { Context } from "hono";

/** Scans and journeys. The log's addresses depend on its name. */
const PREFIXES = ["/v1/scan/", "/v1/trace/", "/v1/log", "/01/", "/T/", "/t/"];

/**
 * Whether pages of any site may read the answer (Fetch: CORS). A request with a key needs a header that no preflight
 * allows, and POST is left out: another site's visitors must not try PINs for it.
 * @param logPaths the path prefixes of the log
 */
export function publicReading(logPaths: readonly string[]): (c: Context) => boolean {
  const prefixes = [...PREFIXES, ...logPaths.map((path) => `${path}/`)];
  return ({ req }) =>
    (req.method === "GET" || req.method === "HEAD" || req.method === "OPTIONS") &&
    prefixes.some((prefix) => req.path.startsWith(prefix));
}
