import { Hono } from "hono";
import type { Api } from "./api/route.ts";
import type { Environment } from "./environment.ts";

const INFO = {
  title: "Suyuan (溯源)",
  version: "1.0.0",
  description: "Quality traceability: sealed codes, custody by shipment, a ledger that outsiders verify.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

/** `/openapi.json`, worked out once from the routes. */
export function documentation(api: Api): Hono<Environment> {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key, shown once when it was made.",
  });
  let document: unknown;
  return new Hono<Environment>().get("/openapi.json", (c) => {
    document ??= api.getOpenAPI31Document({ openapi: "3.1.0", info: INFO, servers: [{ url: "/v1" }] });
    return c.json(document as object);
  });
}
