import type { Context } from "hono";
import { Problem } from "../services/problem.ts";
import type { Environment } from "./environment.ts";
import { problemResponse } from "./problem.ts";

/** A browser asks once a day. */
const PREFLIGHT_SECONDS = 86_400;

/**
 * Answers requests that no route takes: OPTIONS with what an address allows, another method with 405, an address with a
 * slash too many with the right one, and anything else with 404.
 * @param allowed the methods of a path (allowed-methods.ts)
 * @param isPublic whether pages of any site may read the address
 */
export function answerNoRoute(
  c: Context<Environment>,
  allowed: (path: string) => string[],
  isPublic: (c: Context) => boolean,
): Response {
  const { path, method } = c.req;
  const methods = allowed(path);
  if (methods.length === 0) return nothingHere(c, allowed);
  c.header("Allow", methods.join(", "));
  if (method === "OPTIONS") return options(c, isPublic(c));
  const detail = `${path} does not take this method; it takes ${methods.join(", ")}`;
  return problemResponse(c, new Problem("method_not_allowed", detail));
}

function nothingHere(c: Context<Environment>, allowed: (path: string) => string[]): Response {
  const without = c.req.path.replace(/\/+$/, "");
  const detail =
    without !== c.req.path && allowed(without).length > 0
      ? `there is nothing at this address; without the slash at its end, ${without} is one`
      : "there is nothing at this address";
  return problemResponse(c, new Problem("not_found", detail));
}

/** RFC 9110, 9.3.7; and where pages of other sites may read, the preflight of the Fetch standard. */
function options(c: Context<Environment>, isPublic: boolean): Response {
  if (isPublic) {
    c.header("Access-Control-Allow-Methods", "GET, HEAD");
    c.header("Access-Control-Max-Age", String(PREFLIGHT_SECONDS));
  }
  return c.body(null, 204);
}
