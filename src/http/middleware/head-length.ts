import type { Context } from "hono";

/**
 * Gives the answer to HEAD the Content-Length of the answer to GET (RFC 9110, 8.6). Downloads are left out: they are
 * streams, whose length is known only at the end.
 */
export async function addHeadLength(c: Context): Promise<void> {
  if (c.res.status === 204 || c.res.status === 304) return;
  const { headers, status } = c.res;
  if (headers.has("Content-Length") || headers.has("Content-Disposition")) return;
  const { byteLength } = await c.res.arrayBuffer();
  c.res = new Response(null, { status, headers });
  c.res.headers.set("Content-Length", String(byteLength));
}
