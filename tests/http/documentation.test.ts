import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { expectStatus } from "./actors.ts";
import { Conformance, type Described, type Operation } from "../openapi.ts";

let h: Harness;
let document: Described;
beforeAll(async () => {
  h = makeHarness();
  document = expectStatus(await h.call("GET", "/openapi.json"), 200);
});
afterAll(() => h.dispose());

/** What an operation may have (OpenAPI 3.1.0, 4.8.10), but for extensions. */
const OPERATION_FIELDS = new Set(
  "tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers".split(
    " ",
  ),
);

function operations(): [name: string, path: string, operation: Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
      `${method} ${path}`,
      path,
      operation,
    ]),
  );
}

describe("the OpenAPI document", () => {
  it("describes every operation, with the problem document", () => {
    expect(document.openapi).toBe("3.1.0");
    const order = document.paths["/batches"]?.["post"];
    expect(order?.requestBody?.content["application/json"]?.schema).toMatchObject({
      properties: { quantity: { maximum: 2 ** 30 } },
    });
    for (const [name, , { responses }] of operations())
      for (const status of ["4XX", "5XX"])
        expect(responses[status]?.content?.["application/problem+json"], `${name} ${status}`).toBeDefined();
    expect(document.paths["/scan/{code}/pin"]?.["post"]?.["x-suyuan-roles"]).toContain("anonymous");
  });

  it("has nothing that OpenAPI 3.1 does not know, and a name for every operation", () => {
    const strange = operations().flatMap(([name, , operation]) =>
      Object.keys(operation)
        .filter((field) => !OPERATION_FIELDS.has(field) && !field.startsWith("x-"))
        .map((field) => `${name}: ${field}`),
    );
    expect(strange).toEqual([]);
    const names = operations().map(([, , { operationId }]) => operationId);
    expect(names.filter((name) => !/^[a-z][A-Za-z]+$/.test(name ?? ""))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("declares the variables of every path, and names only what is in it", () => {
    for (const [name, path, { parameters = [] }] of operations()) {
      const variables = [...path.matchAll(/\{([^}]+)\}/g)].map(([, variable]) => variable);
      const declared = parameters.filter((one) => one.in === "path");
      expect(
        declared.map((one) => one.name),
        name,
      ).toEqual(variables);
      expect(
        declared.every((one) => one.required),
        name,
      ).toBe(true);
    }
    const named = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(named.length).toBeGreaterThan(10);
    for (const [, schema] of named) expect(document.components.schemas).toHaveProperty(schema as string);
  });

  it("is what answers are held to in every test", async () => {
    const conformance = new Conformance(document);
    const answer = await h.call("GET", "/v1/stats");
    expect(conformance.problemsWith("GET", "/v1/stats", answer)).toEqual([]);
    const { records: _, ...less } = answer.json;
    expect(conformance.problemsWith("GET", "/v1/stats", { ...answer, json: less })).not.toEqual([]);
    const more = { ...answer, json: { ...answer.json, more: 1 } };
    expect(conformance.problemsWith("GET", "/v1/stats", more)).not.toEqual([]);
    expect(conformance.problemsWith("GET", "/v1/stats", { ...answer, status: 201 })).not.toEqual([]);
  });
});

it("leads from a problem's type to what it means", async () => {
  const { type } = expectStatus(await h.call("GET", "/v1/products"), 401);
  const answer = await h.call("GET", type);
  expect([answer.status, answer.headers.get("Location")]).toEqual([303, "/docs/problems#unauthenticated"]);
  expect((await h.call("GET", "/docs/problems")).text).toContain('id="unauthenticated"');
  const unknown = await h.call("GET", "/problems/none");
  expect([unknown.status, unknown.headers.get("Location")]).toEqual([303, "/docs/problems"]);
});

describe("the reference", () => {
  const pages = new Map<string, string>();
  beforeAll(async () => {
    const start = await h.call("GET", "/docs");
    const [, nav = ""] = /<nav[^>]*>([\s\S]*?)<\/nav>/.exec(start.text) ?? [];
    for (const [, href = ""] of nav.matchAll(/href="([^"]+)"/g))
      pages.set(href, (await h.call("GET", href)).text);
  });

  it("has a page for each resource, which shows its operations", () => {
    expect(pages.size).toBeGreaterThan(12);
    for (const [name, path, { operationId }] of operations()) {
      const [method = ""] = name.toUpperCase().split(" ");
      const heading = `<b class="verb">${method}</b><code>/v1${path}</code>`;
      const shown = [...pages.values()].filter((text) => text.includes(heading));
      expect(shown.length, operationId).toBe(1);
    }
    expect(pages.get("/docs/orders-and-batches")).toContain("declaredValue.usdRate.date");
    expect(pages.get("/docs/problems")).toContain("<code>/problems/custody_contradiction</code>");
  });

  it("has no page that does not exist", async () => {
    expectStatus(await h.call("GET", "/docs/nothing"), 404);
    const names = [...pages.keys()].filter((href) => pages.get(href)?.includes("<main>") !== true);
    expect(names).toEqual([]);
  });

  it("loads nothing, and its policy allows its own style alone", async () => {
    const search = await h.call("GET", "/docs?q=recall");
    for (const [href, text] of [...pages, ["/docs?q=", search.text] as const]) {
      expect(text, href).not.toMatch(/<script|<link|<img|@import|url\(|src=|style=|\son[a-z]+=/i);
      const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? "";
      const digest = createHash("sha256").update(style).digest("base64");
      expect(search.headers.get("Content-Security-Policy")).toContain(`style-src 'sha256-${digest}'`);
    }
    expect(search.headers.get("Content-Security-Policy")).toContain("form-action 'self'");
    expect(search.headers.get("Content-Type")).toContain("charset=UTF-8");
  });

  it("has no link that leads nowhere, and no id twice", () => {
    for (const [href, text] of pages) {
      const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size, href).toBe(ids.length);
      for (const [, target = ""] of text.matchAll(/href="([^"]+)"/g)) {
        const [path = "", anchor] = target.split("#");
        if (path === "/openapi.json") continue;
        const page = pages.get(path === "" ? href : path);
        expect(page, `${href}: ${target}`).toBeDefined();
        if (anchor !== undefined) expect(page, `${href}: ${target}`).toContain(`id="${anchor}"`);
      }
    }
  });

  it("has 5 to 8 commands for the first hour of each role", () => {
    const paths = [
      ...(pages.get("/docs") ?? "").matchAll(/<details id="first-hour-[a-z-]+">([\s\S]*?)<\/details>/g),
    ];
    expect(paths).toHaveLength(5);
    for (const [, path = ""] of paths) {
      const commands = path.match(/<pre tabindex="0">curl -s /g)?.length ?? 0;
      expect([commands >= 5, commands <= 8]).toEqual([true, true]);
    }
  });

  it("keeps the anchors of the one page that it was", () => {
    for (const anchor of ["problems", "post-events", "get-trace-code-bundle", "put-enterprises-id-terms"])
      expect(pages.get("/docs")).toContain(`id="${anchor}"`);
  });

  it.each([
    ["recall", "/docs/recalls#post-recalls"],
    ["sscc", "/docs/custody#subjectsSscc"],
    ["quota_exceeded", "/docs/problems#quota_exceeded"],
    ["409", "/docs/problems#conflict"],
    ["usdRate", "/docs/orders-and-batches#post-batches"],
    ["packing", "/docs/custody#example-packing"],
    ["  Idempotency-Key ", "/docs/enterprises#post-enterprises"],
    ["lift recall", "/docs/recalls#post-recalls-id-lift"],
  ])("finds %j", async (query, href) => {
    const { text } = await h.call("GET", `/docs?q=${encodeURIComponent(query)}`);
    expect(text).toContain(`href="${href}"`);
  });

  it("finds nothing for words that it does not have, and shows them as text", async () => {
    const { text } = await h.call("GET", `/docs?q=${encodeURIComponent('<b>"zebra')}`);
    expect(text).toContain("Nothing has all of these words");
    expect(text).toContain("&lt;b&gt;&quot;zebra");
    expect(text).not.toContain("<b>");
  });

  it("shows the start page for an empty search", async () => {
    const { text } = await h.call("GET", "/docs?q=%20");
    expect(text).toBe(pages.get("/docs"));
  });
});
