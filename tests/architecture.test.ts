import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

/** Each room may import the rooms on its left, and none on its right. */
const ORDER = "core < store < scan < services < http < app.ts compose.ts < node edge < cli";
/** Inside services: each folder may import those on its left, and the files that lie in services/ itself. */
const SERVICES = "ledger < filing < codes < custody < supervision exchange < audit";
/** Rooms beside that order: what each may import, and who may import it. */
const BESIDE: Record<string, { imports: string[]; importedBy: string[] }> = {
  labels: { imports: ["core"], importedBy: ["http", "app.ts", "node", "cli"] },
  i18n: { imports: ["core"], importedBy: ["http", "app.ts", "cli"] },
  "platform.ts": {
    imports: ["core"],
    importedBy: ["scan", "services", "http", "app.ts", "compose.ts", "node", "edge", "cli"],
  },
};
/** Packages and built-ins that belong to some rooms alone. */
const OUTSIDE: [name: RegExp, rooms: string[]][] = [
  [/^node:/, ["node", "cli"]],
  [/^cloudflare:/, ["edge"]],
  [/^drizzle-orm/, ["store"]],
  [/^@?hono/, ["http", "app.ts", "node", "edge"]],
];

const SRC = resolve(import.meta.dirname, "../src");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => name.split(sep).join("/"));

/** The modules that a file imports: paths below src/, or names of packages and built-ins. */
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, target = ""]) =>
    target.startsWith(".")
      ? relative(SRC, resolve(SRC, dirname(file), target))
          .split(sep)
          .join("/")
      : target,
  );
}

const room = (file: string): string => file.split("/")[0] as string;
const floors = (order: string): string[][] => order.split(" < ").map((floor) => floor.split(" "));

/** Whether `to` is the same as `from`, or stands on its left. */
function isLeft(order: string, from: string, to: string): boolean {
  const at = (name: string): number => floors(order).findIndex((floor) => floor.includes(name));
  return from === to || (at(to) >= 0 && at(to) < at(from));
}

function mayImport(file: string, target: string): boolean {
  const [from, to] = [room(file), room(target)];
  if (!files.includes(target))
    return OUTSIDE.every(([name, rooms]) => !name.test(target) || rooms.includes(from));
  if (from === to && from !== "services") return true;
  if (from === to) return isInsideServices(file, target);
  if (BESIDE[from] !== undefined) return BESIDE[from].imports.includes(to);
  return BESIDE[to] === undefined ? isLeft(ORDER, from, to) : BESIDE[to].importedBy.includes(from);
}

function isInsideServices(file: string, target: string): boolean {
  const folders = [file, target].map((path) => path.split("/").slice(1, -1).join("/"));
  const [from = "", to = ""] = folders;
  // service.ts names the parts of a service, which lie in the folders.
  return to === "" || file === "services/service.ts" || isLeft(SERVICES, from, to);
}

/** A circle of files that import each other, if there is one. */
function circle(): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return path.slice(path.indexOf(file));
    if (done.has(file)) return undefined;
    path.push(file);
    for (const target of imports.get(file) ?? []) {
      const found = visit(target);
      if (found !== undefined) return found;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const found = visit(file);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("the architecture", () => {
  it("reads the whole tree", () => expect(files.length).toBeGreaterThan(250));

  it(`lets each room import only what stands on its left: ${ORDER}`, () => {
    const breaches = files.flatMap((file) =>
      (imports.get(file) ?? [])
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} -> ${target}`),
    );
    expect(breaches).toEqual([]);
  });

  it("normalises Unicode in one place, which measures a text first", () => {
    const normalising = files.filter((file) => /\.normalize\(/.test(readFileSync(join(SRC, file), "utf8")));
    expect(normalising).toEqual(["core/text.ts"]);
  });

  it("has no circle of files", () => expect(circle()).toBeUndefined());
});
