import type { Context } from "hono";

/**
 * Whether a request is somebody's scan. What a browser fetches ahead says so in a header (Fetch: `Sec-Purpose`; older
 * ones by `Purpose`, `X-Purpose` or `X-Moz`), HEAD fetches no answer, and `again` marks our own links that show the same
 * answer in another language. All of them are answered alike, and left out of the tally.
 *
 * Programs that fetch a link to preview it count: they do not say what they are in any way that can be relied on.
 */
export function countsAsScan(c: Context): boolean {
  if (c.req.method !== "GET" || c.req.query("again") !== undefined) return false;
  const purpose = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"]
    .map((name) => c.req.header(name) ?? "")
    .join(" ");
  return !/\b(?:prefetch|prerender|preview)\b/i.test(purpose);
}
