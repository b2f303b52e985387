import type { MiddlewareHandler } from "hono";
import { JsonError, readJson } from "../../core/json.ts";
import { invalid, Problem } from "../../services/problem.ts";
import type { Environment } from "../environment.ts";

/** The deepest body of any call has 8 levels. */
const MAX_DEPTH = 32;
/** The largest map of any call has 50 members. */
const MAX_MEMBERS = 256;
/** A thousand signed events of 60 values each fit 2 MiB so; filler of `{"unit":"x"}` does not. */
const BYTES_PER_VALUE = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the body as JSON within bounds, before any schema sees it. JSON is UTF-8 (RFC 8259, 8.1): text in another
 * encoding would be recorded as replacement characters.
 * @param maxBytes the call's limit, from which the most values follow
 */
export function jsonInput(maxBytes: number): MiddlewareHandler<Environment> {
  const limits = {
    maxDepth: MAX_DEPTH,
    maxMembers: MAX_MEMBERS,
    maxValues: Math.floor(maxBytes / BYTES_PER_VALUE),
  };
  return async (c, next) => {
    if (!/^application\/json *(;|$)/i.test(c.req.header("Content-Type") ?? ""))
      throw new Problem("unsupported_media_type", "the body must be JSON, sent as application/json");
    const bytes = await c.req.arrayBuffer();
    // The body may have taken long: a key that was revoked meanwhile learns nothing more.
    c.get("requireAllowed")?.(c.get("service").store);
    const value = parsed(decoded(bytes), limits);
    // The validator asks for this; Hono's own parser takes duplicate members and any depth.
    c.req.json = () => Promise.resolve(value as never);
    await next();
  };
}

function decoded(bytes: ArrayBuffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalid("body", "is not UTF-8", "JSON in UTF-8");
  }
}

function parsed(text: string, limits: Parameters<typeof readJson>[1]): unknown {
  try {
    return readJson(text, limits);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw invalid(error.path === "" ? "body" : error.path, error.message);
  }
}
