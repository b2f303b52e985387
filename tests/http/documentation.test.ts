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
  expect([answer.status, answer.headers.get("Location")]).toEqual([303, "/docs#problems"]);
});

it("has a reference page that names every operation and loads nothing", async () => {
  const page = await h.call("GET", "/docs");
  expect(page.status).toBe(200);
  expect(page.headers.get("Content-Type")).toContain("charset=UTF-8");
  for (const path of Object.keys(document.paths)) expect(page.text).toContain(`<code>/v1${path}</code>`);
  expect(page.text).toContain("declaredValue.usdRate.date");
  expect(page.text).toContain("<code>/problems/custody_contradiction</code>");
  expect(page.text).not.toMatch(/<script|<link|<img|@import|url\(|src=/i);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page.text)?.[1] ?? "";
  const digest = createHash("sha256").update(style).digest("base64");
  expect(page.headers.get("Content-Security-Policy")).toContain(`style-src 'sha256-${digest}'`);
});
