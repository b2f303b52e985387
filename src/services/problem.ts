/** The closed list of errors that a caller can get; `http/problem.ts` has the status and remedy of each. */
export const PROBLEM_TYPES = [
  "invalid_request",
  "unauthenticated",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "idempotency_mismatch",
  "custody_contradiction",
  "quota_exceeded",
  "too_large",
  "unsupported_media_type",
  "rate_limited",
  "unavailable",
  "damaged",
  "internal",
] as const;

export type ProblemType = (typeof PROBLEM_TYPES)[number];

/** An invalid field: its dotted path, the problem, and a valid value. */
export interface FieldProblem {
  field: string;
  problem: string;
  expected?: string;
}

/** An error for the caller. Any other thrown error is a bug and is shown as `internal`. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly type: ProblemType;
  readonly fields: FieldProblem[];
  /** Further members of the problem document. */
  readonly extra: Record<string, unknown>;

  constructor(
    type: ProblemType,
    detail: string,
    options: { fields?: FieldProblem[]; extra?: Record<string, unknown> } = {},
  ) {
    super(detail);
    this.type = type;
    this.fields = options.fields ?? [];
    this.extra = options.extra ?? {};
  }
}

/** A Problem about one invalid field. */
export function invalid(field: string, problem: string, expected?: string): Problem {
  return new Problem("invalid_request", `${field}: ${problem}`, {
    fields: [expected === undefined ? { field, problem } : { field, problem, expected }],
  });
}

export function notFound(what: string, id: string): Problem {
  return new Problem("not_found", `there is no ${what} ${id}, or you may not see it`);
}
