import type { Api } from "./api/route.ts";

/**
 * The methods of each API path, for the Allow header of a 405 (RFC 9110, 15.5.6).
 *
 * @returns a function from a path without the API's prefix to its methods; none for an unknown path
 */
export function allowedMethods(api: Api): (path: string) => string[] {
  const routes = api.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? [definition.route] : [],
  );
  const patterns = routes.map(({ method, path }) => ({
    methods: method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()],
    pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}$`),
  }));
  return (path) => [
    ...new Set(patterns.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ];
}
