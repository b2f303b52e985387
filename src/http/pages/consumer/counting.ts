import type { Context } from "hono";

/**
 * Whether a request is a scan. Browsers mark a prefetch in a header (Fetch: `Sec-Purpose`; older ones `Purpose`, `X-Purpose`
 * or `X-Moz`), HEAD fetches no answer, and `again` marks our links to the same answer in another language. All of them get
 * the same answer and are not counted.
 *
 * Programs that fetch a link for a preview are counted: they cannot be recognised reliably.
 */
export function countsAsScan(c: Context): boolean {
  if (c.req.method !== "GET" || c.req.query("again") !== undefined) return false;
  const purpose = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"]
    .map((name) => c.req.header(name) ?? "")
    .join(" ");
  return !/\b(?:prefetch|prerender|preview)\b/i.test(purpose);
}
