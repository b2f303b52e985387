import type { IdentifierReason } from "./identifier.ts";

/**
 * What is wrong with a field. Those of an identifier's reasons; `missing`; of another type (`not_text`, `not_list`,
 * `not_whole_number`) or longer than its place in the customs message (`too_long`); and the rules of a combination:
 * `wrong_count`, `duplicate`, `not_after`, `over_limit`, `not_individual_shop`, `not_eligible`, `not_in_force`.
 */
type ProblemName =
  | IdentifierReason
  | "missing"
  | "not_text"
  | "not_list"
  | "not_whole_number"
  | "too_long"
  | "wrong_count"
  | "duplicate"
  | "not_after"
  | "over_limit"
  | "not_individual_shop"
  | "not_eligible"
  | "not_in_force";

/** Something that keeps goods, an order or a declaration from being complete and right. */
export interface Problem {
  /** Dotted path: `bonded.accountBookNo`, `vins.3`. */
  readonly field: string;
  readonly problem: ProblemName;
  /** What would be right, in English. */
  readonly expected: string;
  /** A warning is shown and stops nothing. */
  readonly severity: "error" | "warning";
}

export function error(field: string, problem: ProblemName, expected: string): Problem {
  return { field, problem, expected, severity: "error" };
}

export function warning(field: string, problem: ProblemName, expected: string): Problem {
  return { field, problem, expected, severity: "warning" };
}
