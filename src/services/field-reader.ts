import { IdentifierError } from "../core/goods/identifier.ts";
import type { GoodsProblem } from "../core/goods/problem.ts";
import { type FieldProblem, Problem } from "./problem.ts";

/** Reads the fields of a request one by one, and reports all faults at once. */
export class FieldReader {
  private readonly problems: FieldProblem[] = [];

  /**
   * Reads one field; undefined where it is invalid, which `assertSound` reports.
   * @param field its dotted path in the request, or a function that derives it from the error
   */
  read<T>(field: string | ((error: IdentifierError) => string), parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof IdentifierError)) throw error;
      const path = typeof field === "string" ? field : field(error);
      this.problems.push({ field: path, problem: error.reason, expected: error.message });
      return undefined;
    }
  }

  /** Reads an optional field. */
  readOptional<T>(field: string, text: string | undefined, parse: (text: string) => T): T | undefined {
    return text === undefined ? undefined : this.read(field, () => parse(text));
  }

  refuse(field: string, problem: string, expected: string): void {
    this.problems.push({ field, problem, expected });
  }

  /** Adds the errors of a check of goods; returns its warnings. */
  take(found: readonly GoodsProblem[]): FieldProblem[] {
    this.problems.push(...found.filter(({ severity }) => severity === "error").map(fieldProblem));
    return found.filter(({ severity }) => severity === "warning").map(fieldProblem);
  }

  /** @throws Problem invalid_request that names every field refused so far */
  assertSound(): void {
    if (this.problems.length === 0) return;
    const fields = distinct(this.problems);
    const names = fields.map(({ field }) => field).join(", ");
    throw new Problem("invalid_request", `not valid: ${names}`, { fields });
  }
}

function fieldProblem({ field, problem, expected }: GoodsProblem): FieldProblem {
  return { field, problem, expected };
}

/** Removes duplicates: a field may fail both here and in the rules of its goods. */
function distinct(problems: FieldProblem[]): FieldProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ field, problem }) => {
    const id = `${field} ${problem}`;
    return !seen.has(id) && Boolean(seen.add(id));
  });
}
