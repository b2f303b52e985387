import type { Api } from "./api/route.ts";

/**
 * What may be asked at an address of the API, for the answer to a method that it does not take (RFC 9110, 15.5.6).
 *
 * @returns from a path without the API's prefix to its methods; none where nothing is there
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
