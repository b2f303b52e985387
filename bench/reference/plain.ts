import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { openPlain } from "./plain-store.ts";

/** Reference (c), serving: what a careful first version of a traceability service would be. */
const { values } = parseArgs({ options: { file: { type: "string", default: "plain.db" } } });
const store = openPlain(values.file);

const app = new Hono();
app.get("/01/:gtin/21/:code", (c) => {
  const answer = store.scan(c.req.param("code"), new Date());
  return c.json(answer ?? { verdict: "unknown" });
});
const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
  console.log(`listening at http://127.0.0.1:${port}`),
);
process.on("SIGTERM", () => {
  server.close();
  store.close();
  process.exit(0);
});
