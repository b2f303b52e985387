import { type Context, Hono } from "hono";
import type { Environment } from "../environment.ts";
import { PROBLEM_BASE, problemKinds } from "../problem.ts";
import { Problem } from "../../services/problem.ts";
import type { ApiDocument } from "./documented.ts";
import type { Api } from "./route.ts";

const INFO = {
  title: "Suyuan (溯源)",
  version: "1.0.0",
  description: "Quality traceability: sealed codes, custody by shipment, a ledger that outsiders verify.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

/**
 * `/openapi.json` and the reference under `/docs`, worked out from the routes when first asked for. Examples and pages
 * are loaded only then: a service that only scans never does.
 */
export function documentation(api: Api): Hono<Environment> {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key, shown once when it was made.",
  });
  const document = once(() => makeDocument(api));
  const text = once(async () => JSON.stringify(await document()));
  const reference = once(async () => {
    const { ReferencePages: Pages } = await import("./reference/pages.ts");
    return new Pages(await document());
  });
  const routes = new Hono<Environment>();
  routes.get("/openapi.json", async (c) => c.body(await text(), 200, { "Content-Type": "application/json" }));
  routes.get("/docs", async (c) => {
    const query = c.req.query("q")?.trim() ?? "";
    const pages = await reference();
    return pageAnswer(c, await (query === "" ? pages.page("") : pages.search(query)));
  });
  routes.get("/docs/:page", async (c) => pageAnswer(c, await (await reference()).page(c.req.param("page"))));
  // What a problem's `type` points at (RFC 9457, 3.1.1).
  routes.get(`${PROBLEM_BASE}:type`, (c) => {
    const type = c.req.param("type");
    const known = problemKinds().some((kind) => kind.type === PROBLEM_BASE + type);
    return c.redirect(known ? `/docs/problems#${type}` : "/docs/problems", 303);
  });
  return routes;
}

async function makeDocument(api: Api): Promise<ApiDocument> {
  const { addExamples } = await import("./examples/in-document.ts");
  const document = api.getOpenAPI31Document({ openapi: "3.1.0", info: INFO, servers: [{ url: "/v1" }] });
  const documented = document as unknown as ApiDocument;
  addExamples(documented);
  return documented;
}

async function pageAnswer(c: Context<Environment>, page: string | undefined): Promise<Response> {
  if (page === undefined) throw new Problem("not_found", "the reference has no such page; see /docs");
  const { REFERENCE_POLICY } = await import("./reference/style.ts");
  c.header("Content-Security-Policy", REFERENCE_POLICY);
  return c.html(page);
}

/** A function that is called at most once, when its result is first needed; a failure is not kept. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}
