import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.[jt]s$/.test(name))
  .map((name) => join(SRC, name));

/** What each room may import from, besides itself: arrows point one way, door → service → store, pure core beside. */
const ALLOWED: Record<string, string[]> = {
  hash: [],
  code: ["hash"],
  ledger: ["hash"],
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
const PURE = ["hash", "code", "ledger", "goods", "custody", "labels", "i18n"];

/** The room of a file, or "" for the entries and composition at the top of src/. */
function room(file: string): string {
  const path = relative(SRC, file).split(sep);
  return path.length > 1 ? (path[0] as string) : "";
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] as string);
}

/** What is wrong with one import of a file; undefined where it is allowed. */
function breach(file: string, target: string): string | undefined {
  const here = room(file);
  if (target.startsWith(".")) {
    const there = room(resolve(dirname(file), target));
    if (here === "" || there === here || !/\.[jt]s$/.test(target) || ALLOWED[here]?.includes(there))
      return undefined;
    return `src/${here} may not import src/${there || "(entry)"}`;
  }
  if ((target.startsWith("drizzle-orm") || target === "better-sqlite3") && here !== "store")
    return `${target} belongs in store/`;
  if (target.startsWith("cloudflare:") && here !== "edge") return `${target} belongs in edge/`;
  if (target.startsWith("node:") && PURE.includes(here) && !file.endsWith(".node.ts"))
    return "Node built-ins in a pure room belong in a bulk helper named *.node.ts";
  if (target.startsWith("node:") && ["services", "scan", "http"].includes(here))
    return "what a runtime gives comes through the platform, not from Node";
  if (/^@?hono/.test(target) && !["http", ""].includes(here)) return `${target} belongs in http/ or an entry`;
  return undefined;
}

describe("the import rule", () => {
  it("reads the tree", () => expect(files.length).toBeGreaterThan(100));

  it.each(files.map((file) => [relative(SRC, file), file]))("%s", (_name, file) => {
    expect(imports(file).flatMap((target) => breach(file, target) ?? [])).toEqual([]);
  });
});
