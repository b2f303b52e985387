import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { Hono } from "hono";
import { encodeBase64 } from "../../core/ledger/base64.ts";
import type { Api } from "./route.ts";
import type { Environment } from "../environment.ts";
import { PROBLEM_BASE, problemKinds } from "../problem.ts";
import { type ApiDocument, REFERENCE_STYLE, referencePage } from "./reference-page.ts";

const INFO = {
  title: "Suyuan (溯源)",
  version: "1.0.0",
  description: "Quality traceability: sealed codes, custody by shipment, a ledger that outsiders verify.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

/** `/openapi.json` and the reference page `/docs`, worked out once from the routes. */
export function documentation(api: Api): Hono<Environment> {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key, shown once when it was made.",
  });
  let known: object | undefined;
  const document = (): object =>
    (known ??= api.getOpenAPI31Document({ openapi: "3.1.0", info: INFO, servers: [{ url: "/v1" }] }));
  const routes = new Hono<Environment>();
  routes.get("/openapi.json", (c) => c.json(document()));
  routes.get("/docs", (c) => {
    c.header("Content-Security-Policy", REFERENCE_POLICY);
    return c.html(referencePage(document() as ApiDocument, problemKinds()));
  });
  // What a problem's `type` points at (RFC 9457, 3.1.1).
  routes.get(`${PROBLEM_BASE}:type`, (c) => c.redirect("/docs#problems", 303));
  return routes;
}

/** The page loads nothing: no script, no other host, its own style alone. */
const styleDigest = encodeBase64(sha256(utf8ToBytes(REFERENCE_STYLE)));
const REFERENCE_POLICY = `default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
