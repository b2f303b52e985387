import type { Hono } from "hono";
import type { Environment } from "./environment.ts";

/** What Hono gives middleware as a method: it is no route. */
const MIDDLEWARE = "ALL";

/**
 * The methods of each address, for the Allow header of a 405 and of OPTIONS (RFC 9110, 10.2.1).
 *
 * @returns a function from a path to its methods; none for an address where nothing is
 */
export function allowedMethods(app: Hono<Environment>): (path: string) => string[] {
  let patterns: { methods: string[]; pattern: RegExp }[] | undefined;
  return (path) => {
    patterns ??= app.routes
      .filter(({ method }) => method !== MIDDLEWARE)
      .map(({ method, path: route }) => ({
        methods: method === "GET" ? ["GET", "HEAD"] : [method],
        pattern: patternOf(route),
      }));
    const found = patterns.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
    return found.length === 0 ? [] : [...new Set([...found, "OPTIONS"])];
  };
}

/** Hono's path patterns: `:name` is one segment, and a last `*` is any rest, also none. */
function patternOf(route: string): RegExp {
  const escaped = route.replace(/[.+?^$()|[\]\\]/g, "\\$&");
  const source = escaped.replace(/\/\*$/, "(?:/.*)?").replace(/\/:[^/]+/g, "/[^/]+");
  return new RegExp(`^${source}$`);
}
