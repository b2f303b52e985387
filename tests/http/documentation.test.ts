import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { expectStatus } from "./actors.ts";

let h: Harness;
beforeAll(() => {
  h = makeHarness();
});
afterAll(() => h.dispose());

it("describes every operation in OpenAPI 3.1, with the problem document", async () => {
  const document = expectStatus(await h.call("GET", "/openapi.json"), 200);
  expect(document.openapi).toBe("3.1.0");
  const order = document.paths["/batches"].post;
  expect(order.requestBody.content["application/json"].schema.properties.quantity.maximum).toBe(2 ** 30);
  expect(order.responses.default.content["application/problem+json"]).toBeDefined();
  expect(document.paths["/scan/{code}/pin"].post["x-suyuan-roles"]).toContain("anonymous");
});

it("has a reference page that names every operation and loads nothing", async () => {
  const { paths } = expectStatus(await h.call("GET", "/openapi.json"), 200);
  const page = await h.call("GET", "/docs");
  expect(page.status).toBe(200);
  expect(page.headers.get("Content-Type")).toContain("charset=UTF-8");
  for (const path of Object.keys(paths)) expect(page.text).toContain(`<code>/v1${path}</code>`);
  expect(page.text).toContain("declaredValue.usdRate.date");
  expect(page.text).not.toMatch(/<script|<link|<img|@import|url\(|src=/i);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page.text)?.[1] ?? "";
  const digest = createHash("sha256").update(style).digest("base64");
  expect(page.headers.get("Content-Security-Policy")).toContain(`style-src 'sha256-${digest}'`);
});
