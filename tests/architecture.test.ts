import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join(SRC, name));

/** What each room may import from, besides itself: arrows point one way, door → service → store, pure core beside. */
const ALLOWED: Record<string, string[]> = {
  code: [],
  ledger: [],
  goods: [],
  custody: ["code", "ledger", "goods"],
  i18n: ["goods", "custody"],
  labels: ["code"],
  store: ["code", "ledger", "goods", "custody"],
  services: ["code", "ledger", "goods", "custody", "store"],
  scan: ["code", "ledger", "goods", "custody", "store", "services"],
  http: ["code", "ledger", "goods", "custody", "store", "services", "scan", "labels", "i18n"],
  cli: ["code", "ledger", "goods", "custody", "labels", "i18n"],
};
const PURE = ["code", "ledger", "goods", "custody", "labels", "i18n"];

/** The room of a file, or "" for the entries and composition at the top of src/. */
function room(file: string): string {
  const path = relative(SRC, file).split(sep);
  return path.length > 1 ? (path[0] as string) : "";
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] as string);
}

describe("the import rule", () => {
  it("reads the tree", () => expect(files.length).toBeGreaterThan(10));

  it.each(files.map((file) => [relative(SRC, file), file]))("%s", (_name, file) => {
    const here = room(file);
    for (const target of imports(file)) {
      if (target.startsWith(".") && target.endsWith(".ts")) {
        const there = room(resolve(dirname(file), target));
        if (here !== "" && there !== here)
          expect(ALLOWED[here], `src/${here} may not import src/${there || "(entry)"}`).toContain(there);
        continue;
      }
      if (target.startsWith("drizzle-orm") || target === "better-sqlite3")
        expect(here, `${target} belongs in store/`).toBe("store");
      if (target.startsWith("cloudflare:")) expect(here).toBe("edge");
      if (target.startsWith("node:") && PURE.includes(here))
        expect(file, "Node built-ins in a pure room belong in a bulk helper named *.node.ts").toMatch(
          /\.node\.ts$/,
        );
      if (target.startsWith("hono") || target.startsWith("@hono/"))
        expect(["http", "", "scan"], `${target} belongs in http/, scan/ or an entry`).toContain(here);
    }
  });
});
