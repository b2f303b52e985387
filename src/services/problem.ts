/** The closed list of what can go wrong for a caller; `http/problem.ts` gives each its status and what to do. */
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
  "internal",
] as const;

export type ProblemType = (typeof PROBLEM_TYPES)[number];

/** One field that is wrong, where it is (dotted path), and what would be right. */
export interface FieldProblem {
  field: string;
  problem: string;
  expected?: string;
}

/** An error meant for the caller. Anything else that is thrown is a fault of ours and is shown as `internal`. */
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

/** One wrong field. */
export function invalid(field: string, problem: string, expected?: string): Problem {
  return new Problem("invalid_request", `${field}: ${problem}`, {
    fields: [expected === undefined ? { field, problem } : { field, problem, expected }],
  });
}

export function notFound(what: string, id: string): Problem {
  return new Problem("not_found", `there is no ${what} ${id}, or it is not yours to see`);
}
