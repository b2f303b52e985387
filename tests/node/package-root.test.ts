import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT, packageRoot } from "../../src/node/package-root.ts";
import { workerUrl } from "../../src/node/worker-url.ts";

describe("the package's folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "suyuan-root-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("holds the migrations and the demo's fixtures", () => {
    expect(existsSync(join(PACKAGE_ROOT, "drizzle/meta/_journal.json"))).toBe(true);
    expect(existsSync(join(PACKAGE_ROOT, "fixtures/goods"))).toBe(true);
  });

  it("is the nearest one above that is named suyuan", () => {
    const inner = join(folder, "node_modules/suyuan/dist");
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"name":"shop"}');
    writeFileSync(join(folder, "node_modules/suyuan/package.json"), '{"name":"suyuan"}');
    expect(packageRoot(inner)).toBe(join(folder, "node_modules/suyuan"));
  });

  it("is asked for in a clear error if there is none", () => {
    expect(() => packageRoot(folder)).toThrow(/no package\.json of suyuan lies above .*drizzle\//);
  });
});

describe("a worker's file", () => {
  it("is TypeScript beside TypeScript and JavaScript beside JavaScript", () => {
    expect(workerUrl("code-generator-worker", "file:///a/src/node/code-generator.ts").href).toBe(
      "file:///a/src/node/code-generator-worker.ts",
    );
    expect(workerUrl("code-generator-worker", "file:///a/dist/chunk-AB12.js").href).toBe(
      "file:///a/dist/code-generator-worker.js",
    );
  });
});
