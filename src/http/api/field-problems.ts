import { z } from "@hono/zod-openapi";
import { type FieldProblem, Problem } from "../../services/problem.ts";
import { nearestName } from "./nearest-name.ts";

/** Unknown fields for which a right name is sought; the rest are only named. */
const MOST_SUGGESTIONS = 20;

/** What is being validated, for the words of its problems. */
export interface Validated {
  schema: z.ZodType | undefined;
  /** `json`, `query`, `param` or `header`; or the path of the field that the value stands at. */
  target: string;
  /** Path of the value in the request. */
  above: PropertyKey[];
}

/** The problem of a request that is not valid: it names every field that is wrong. */
export function notValid(fields: FieldProblem[]): Problem {
  const names = new Set(fields.map(({ field }) => field));
  return new Problem("invalid_request", `not valid: ${[...names].join(", ")}`, { fields });
}

/** Every wrong field of a failed validation. */
export function fieldProblems(error: z.core.$ZodError, validated: Validated): FieldProblem[] {
  const budget = { suggestions: MOST_SUGGESTIONS };
  return error.issues.flatMap((issue) => problemsOf(issue, [], validated, budget));
}

interface Budget {
  suggestions: number;
}

/** An unknown field is named itself, not the object that has it. Of several forms, the nearest one is judged. */
function problemsOf(
  issue: z.core.$ZodIssue,
  outer: PropertyKey[],
  validated: Validated,
  budget: Budget,
): FieldProblem[] {
  const inner = [...outer, ...issue.path];
  const path = [...validated.above, ...inner];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      field: [...path, key].join("."),
      problem: unknownField(key, inner, validated, budget),
    }));
  if (issue.code === "invalid_union") {
    const forms = issue.errors.map((form) =>
      form.flatMap((one) => problemsOf(one, inner, validated, budget)),
    );
    const [nearest] = forms.filter((form) => form.length > 0).sort((a, b) => a.length - b.length);
    if (nearest !== undefined) return nearest;
  }
  if (issue.code === "invalid_key")
    return issue.issues.map(({ message }) => ({
      field: path.join("."),
      problem: "the field's name is not valid",
      expected: `a name that fits: ${message}`,
    }));
  const { target } = validated;
  const field = path.join(".") || (target === "json" ? "body" : target);
  // Zod keeps no input in an issue: only its own message shows that a value is missing, not of a wrong type.
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined"))
    return [{ field, problem: "is missing", expected: `a value of type ${issue.expected}` }];
  return [{ field, problem: issue.message }];
}

function unknownField(
  key: string,
  path: PropertyKey[],
  { schema, target }: Validated,
  budget: Budget,
): string {
  const name = target === "query" ? "unknown parameter" : "unknown field";
  if (budget.suggestions === 0) return name;
  budget.suggestions--;
  const nearest = nearestName(key, namesAt(schema, path));
  return nearest === undefined ? name : `${name}; did you mean \`${nearest}\`?`;
}

/** The names that an object may have at a path of a schema, in any of its forms. */
function namesAt(schema: unknown, path: PropertyKey[]): string[] {
  let here = formsOf(schema);
  for (const step of path) here = here.flatMap((form) => formsOf(childOf(form, step)));
  return here.flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
}

function childOf(schema: z.ZodType, step: PropertyKey): unknown {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, unknown>)[step];
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

function formsOf(schema: unknown): z.ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => formsOf(option));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return formsOf(schema.unwrap());
  if (schema instanceof z.ZodDefault) return formsOf(schema.unwrap());
  return schema instanceof z.ZodType ? [schema] : [];
}
