import { Problem } from "../problem.ts";

/** What is decided on something requested; declining has a reason. */
export type Decision = { decision: "approve" } | { decision: "decline"; reason: string };

/** The status that a decision gives, and its reason. */
export function outcomeOf(decision: Decision): { status: "approved" | "declined"; reason: string | null } {
  return decision.decision === "approve"
    ? { status: "approved", reason: null }
    : { status: "declined", reason: decision.reason };
}

/** @throws Problem conflict unless it still waits to be decided */
export function requireRequested(what: string, status: string): void {
  if (status !== "requested")
    throw new Problem("conflict", `the ${what} is ${status}: only one that is requested can be decided`);
}
