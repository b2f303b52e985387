import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.[jt]s$/.test(name))
  .map((name) => join(SRC, name));

/** What each room may import from, besides itself: arrows point one way, door → service → store, pure core beside. */
const ALLOWED: Record<string, string[]> = {
  core: [],
  i18n: ["core"],
  labels: ["core"],
  store: ["core"],
  services: ["core", "store", "scan", ""],
  scan: ["core", "store", "services"],
  http: ["core", "store", "services", "scan", "labels", "i18n"],
  node: ["core", "store", "services", "scan", "labels", "i18n", "http", "cli", ""],
  cli: ["core", "store", "services", "scan", "labels", "i18n", "http", "node", ""],
};
const PURE = ["core", "labels", "i18n"];

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
  if (target.startsWith("drizzle-orm") && !["store", "node"].includes(here))
    return `${target} belongs in store/`;
  if (target.startsWith("cloudflare:") && here !== "edge") return `${target} belongs in edge/`;
  if (target.startsWith("node:") && PURE.includes(here)) return "Node built-ins belong in node/";
  if (target.startsWith("node:") && ["services", "scan", "http"].includes(here))
    return "what a runtime gives comes through the platform, not from Node";
  if (/^@?hono/.test(target) && !["http", "node", ""].includes(here))
    return `${target} belongs in http/ or an entry`;
  return undefined;
}

describe("the import rule", () => {
  it("reads the tree", () => expect(files.length).toBeGreaterThan(100));

  it.each(files.map((file) => [relative(SRC, file), file]))("%s", (_name, file) => {
    expect(imports(file).flatMap((target) => breach(file, target) ?? [])).toEqual([]);
  });
});
