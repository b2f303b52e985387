import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { RecordError } from "../core/ledger/record.ts";
import { type FieldProblem, invalid, Problem, PROBLEM_TYPES, type ProblemType } from "../services/problem.ts";
import type { Environment } from "./environment.ts";

export interface ProblemKind {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
  title: string;
  /** What the caller can do. */
  remedy: string;
}

/** Status, title and remedy of each problem type (RFC 9457). No other place maps a problem to a status. */
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
    remedy: "Use a key of a role that may; `/docs` lists the roles of each call.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    remedy: "Check the id. Resources of other organisations are answered as if they did not exist.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    remedy: "Use a method that the `Allow` header names.",
  },
  conflict: {
    status: 409,
    title: "Not possible in the current state",
    remedy: "Read the resource again; `detail` names its state.",
  },
  too_large: { status: 413, title: "Too large", remedy: "Split the request; `detail` names the limit." },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    remedy:
      "Send `Content-Type: application/json`, or the type that `/docs` names for the call; compressed with gzip, deflate or not at all.",
  },
  idempotency_mismatch: {
    status: 422,
    title: "Idempotency-Key used before",
    remedy:
      "Use a new key for a new request. To get the first answer again, repeat the first request exactly.",
  },
  custody_contradiction: {
    status: 422,
    title: "The report contradicts the record",
    remedy: "See `contradictions`. Correct the report, or correct the earlier event first.",
  },
  quota_exceeded: {
    status: 409,
    title: "Over the quota",
    remedy: "Order fewer codes, or ask the authority for a larger quota.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    remedy: "Wait for the seconds in `Retry-After`, then try again.",
  },
  internal: {
    status: 500,
    title: "Fault of the service",
    remedy: "Try again. If it happens again, give the operator the request id in `instance`.",
  },
  damaged: {
    status: 503,
    title: "Stored data is damaged",
    remedy: "Try again after the operator, who was notified, has restored the data that `detail` names.",
  },
  unavailable: {
    status: 503,
    title: "Not available at the moment",
    remedy: "Try again in a few seconds, with the same Idempotency-Key.",
  },
};

export const PROBLEM_BASE = "/problems/";

/** All problem types, for the reference. */
export function problemKinds(): (ProblemKind & { type: string })[] {
  return PROBLEM_TYPES.map((type) => ({ type: PROBLEM_BASE + type, ...PROBLEMS[type] }));
}

/** Answers an error as application/problem+json. An unexpected error becomes `internal`, without its message. */
export function problemResponse(c: Context<Environment>, error: unknown): Response {
  const { text, status, headers } = problemAnswer(error, c.get("requestId"));
  return c.body(text, status, headers);
}

/** The same without a response around it. */
export function problemAnswer(
  error: unknown,
  requestId: string,
): { status: ProblemKind["status"]; headers: Record<string, string>; text: string } {
  const problem = asProblem(error);
  const { status } = PROBLEMS[problem.type];
  const headers: Record<string, string> = { "content-type": PROBLEM_MEDIA_TYPE };
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="suyuan"';
  return { status, headers, text: problemDocument(problem, requestId) };
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json; charset=utf-8";

/**
 * The problem document of RFC 9457.
 * @param instance the request's id
 * @param status another status than the problem's own
 */
export function problemDocument(problem: Problem, instance: string, status?: number): string {
  const kind = PROBLEMS[problem.type];
  return JSON.stringify({
    type: PROBLEM_BASE + problem.type,
    title: kind.title,
    status: status ?? kind.status,
    detail: detailOf(problem),
    remedy: kind.remedy,
    instance,
    ...(problem.fields.length > 0 ? { errors: shownFields(problem.fields) } : {}),
    ...problem.extra,
  });
}

/** A request may be wrong in more places than anybody reads; these bounds keep an answer below 64 kB. */
const MAX_FIELDS = 20;
const MAX_DETAIL = 1000;
const MAX_FIELD_TEXT = 500;

function detailOf({ message, fields }: Problem): string {
  const hidden = fields.length - MAX_FIELDS;
  const detail = shortened(message, MAX_DETAIL);
  return hidden > 0 ? `${detail} (${hidden} more are not shown)` : detail;
}

function shownFields(fields: readonly FieldProblem[]): FieldProblem[] {
  return fields.slice(0, MAX_FIELDS).map(({ field, problem, expected }) => ({
    field: shortened(field, MAX_FIELD_TEXT),
    problem: shortened(problem, MAX_FIELD_TEXT),
    ...(expected === undefined ? {} : { expected: shortened(expected, MAX_FIELD_TEXT) }),
  }));
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}

/** True for an unexpected error, which the operator must see. */
export function isFault(error: unknown): boolean {
  return asProblem(error).type === "internal";
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RecordError) return new Problem("invalid_request", error.message);
  if (error instanceof HTTPException) return ofStatus(error);
  return new Problem("internal", "an unexpected error; the operator's log has it under the request id");
}

function ofStatus(error: HTTPException): Problem {
  if (error.status === 413) return new Problem("too_large", "the body is larger than this call allows");
  if (error.status === 415)
    return new Problem("unsupported_media_type", "this call does not take that media type");
  if (error.status === 404)
    return new Problem("not_found", "there is nothing at this address; /docs lists all calls");
  if (error.status < 500) return invalid("body", "is not valid JSON");
  return new Problem("internal", "an unexpected error; the operator's log has it under the request id");
}
