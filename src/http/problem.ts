import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { RecordError } from "../core/ledger/record.ts";
import { invalid, Problem, PROBLEM_TYPES, type ProblemType } from "../services/problem.ts";
import type { Environment } from "./environment.ts";

export interface ProblemKind {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
  title: string;
  /** What the caller can do about it. */
  remedy: string;
}

/** The one place where a problem becomes a status: the closed list of RFC 9457 types of this API. */
const PROBLEMS: Record<ProblemType, ProblemKind> = {
  invalid_request: {
    status: 400,
    title: "The request is not valid",
    remedy: "Correct the fields named under `errors` and send it again.",
  },
  unauthenticated: {
    status: 401,
    title: "No valid API key",
    remedy: "Send `Authorization: Bearer <key>` with a key that was not revoked.",
  },
  forbidden: {
    status: 403,
    title: "This key may not do that",
    remedy: "Use a key of a role that may; the reference names the roles of each call.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    remedy: "Check the id; what belongs to others is answered like what does not exist.",
  },
  method_not_allowed: { status: 405, title: "Method not allowed", remedy: "See the `Allow` header." },
  conflict: {
    status: 409,
    title: "Not possible in the present state",
    remedy: "Read the resource again; the detail says which state it is in.",
  },
  too_large: { status: 413, title: "Too large", remedy: "Split the request; the detail names the limit." },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    remedy: "Send `Content-Type: application/json`, or the type that the reference names.",
  },
  idempotency_mismatch: {
    status: 422,
    title: "Idempotency key used before",
    remedy: "Use a new key for a new request; repeat the old one exactly to get its answer.",
  },
  custody_contradiction: {
    status: 422,
    title: "It contradicts what is recorded",
    remedy: "See `contradictions`: correct the report, or first correct the earlier event.",
  },
  quota_exceeded: {
    status: 409,
    title: "Over the quota",
    remedy: "Order fewer codes, or ask the authority for a larger quota.",
  },
  rate_limited: { status: 429, title: "Too many requests", remedy: "Wait as long as `Retry-After` says." },
  internal: {
    status: 500,
    title: "A fault of the service",
    remedy: "Try again; if it stays, report it with the request id.",
  },
  unavailable: {
    status: 503,
    title: "Not available just now",
    remedy: "Try again in a moment; the same Idempotency-Key makes that safe.",
  },
};

export const PROBLEM_BASE = "/problems/";

/** Every type that a problem can be of, for the reference. */
export function problemKinds(): (ProblemKind & { type: string })[] {
  return PROBLEM_TYPES.map((type) => ({ type: PROBLEM_BASE + type, ...PROBLEMS[type] }));
}

/** Answers an error as application/problem+json; what was not meant for callers becomes `internal` without its message. */
export function problemResponse(c: Context<Environment>, error: unknown): Response {
  const problem = asProblem(error);
  const { status, title, remedy } = PROBLEMS[problem.type];
  const body = {
    type: PROBLEM_BASE + problem.type,
    title,
    status,
    detail: problem.message,
    remedy,
    instance: c.get("requestId"),
    ...(problem.fields.length > 0 ? { errors: problem.fields } : {}),
    ...problem.extra,
  };
  const headers: Record<string, string> = { "Content-Type": "application/problem+json; charset=utf-8" };
  if (status === 401) headers["WWW-Authenticate"] = 'Bearer realm="suyuan"';
  return c.body(JSON.stringify(body), status, headers);
}

/** Whether an error was not meant for callers: a fault of ours, to be shown to the operator. */
export function isFault(error: unknown): boolean {
  return asProblem(error).type === "internal";
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RecordError) return new Problem("invalid_request", error.message);
  if (error instanceof HTTPException) return ofStatus(error);
  return new Problem("internal", "an unexpected error; nothing of it is shown here");
}

function ofStatus(error: HTTPException): Problem {
  if (error.status === 413) return new Problem("too_large", "the body is larger than this call takes");
  if (error.status === 415)
    return new Problem("unsupported_media_type", "this call does not take that media type");
  if (error.status === 404) return new Problem("not_found", "there is nothing at this address");
  if (error.status < 500) return invalid("body", "is not valid JSON");
  return new Problem("internal", "an unexpected error; nothing of it is shown here");
}
