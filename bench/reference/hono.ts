import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** Reference (b): bare Hono on its Node server, one route on a label's path, a constant JSON body of `--bytes` bytes. */
const { values } = parseArgs({ options: { bytes: { type: "string", default: "512" } } });
const body = JSON.stringify({ body: "x".repeat(Math.max(0, Number(values.bytes) - '{"body":""}'.length)) });

const app = new Hono();
app.get("*", (c) => c.body(body, 200, { "Content-Type": "application/json; charset=utf-8" }));
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
  console.log(`listening at http://127.0.0.1:${port}`),
);
process.on("SIGTERM", () => process.exit(0));
