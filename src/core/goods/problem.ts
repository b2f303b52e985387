import type { IdentifierReason } from "./identifier.ts";

/**
 * The kinds of problem: the reasons of an identifier; `missing`; a wrong type (`not_text`, `not_list`,
 * `not_whole_number`); longer than the customs message allows (`too_long`); and the broken rules of a combination:
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

/** A problem of goods, an order or a declaration: a field that is missing or wrong. */
export interface GoodsProblem {
  /** Dotted path: `bonded.accountBookNo`, `vins.3`. */
  readonly field: string;
  readonly problem: ProblemName;
  /** The right value, in English. */
  readonly expected: string;
  /** A warning is shown but refuses nothing. */
  readonly severity: "error" | "warning";
}

export function error(field: string, problem: ProblemName, expected: string): GoodsProblem {
  return { field, problem, expected, severity: "error" };
}

export function warning(field: string, problem: ProblemName, expected: string): GoodsProblem {
  return { field, problem, expected, severity: "warning" };
}
