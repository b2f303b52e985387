import { z } from "@hono/zod-openapi";
import { type FieldProblem, Problem } from "../../services/problem.ts";
import { formsInWords, MOST_PROBLEMS } from "./bounded.ts";
import { nearestName } from "./nearest-name.ts";

/** What is being validated, for the words of its problems. */
export interface Validated {
  schema: z.ZodType | undefined;
  /** `json`, `query`, `param` or `header`; or the path of the field that the value stands at. */
  target: string;
  /** Path of the value in the request. */
  above: PropertyKey[];
}

/** The problem of a request that is not valid: it names the first fields that are wrong. */
export function notValid(fields: FieldProblem[]): Problem {
  const shown = fields.slice(0, MOST_PROBLEMS);
  const names = [...new Set(shown.map(({ field }) => field))].join(", ");
  // How many more is not known: judging stops.
  const more = fields.length > shown.length ? ", and more" : "";
  return new Problem("invalid_request", `not valid: ${names}${more}`, { fields: shown });
}

/** The wrong fields of a failed validation: the first ones, and at most one further where there are more. */
export function fieldProblems(error: z.core.$ZodError, validated: Validated): FieldProblem[] {
  const found: FieldProblem[] = [];
  for (const issue of error.issues) {
    found.push(...problemsOf(issue, [], validated, MOST_PROBLEMS + 1 - found.length));
    if (found.length > MOST_PROBLEMS) break;
  }
  return found;
}

/** An unknown field is named itself, not the object that has it. */
function problemsOf(
  issue: z.core.$ZodIssue,
  outer: PropertyKey[],
  validated: Validated,
  most: number,
): FieldProblem[] {
  const inner = [...outer, ...issue.path];
  const path = [...validated.above, ...inner];
  const { target } = validated;
  const field = path.join(".") || (target === "json" ? "body" : target);
  if (issue.code === "unrecognized_keys")
    return issue.keys
      .slice(0, most)
      .map((key) => ({ field: [...path, key].join("."), ...unknownField(key, inner, validated) }));
  if (issue.code === "invalid_union") return unionProblems(issue, inner, field, validated, most);
  if (issue.code === "invalid_key") {
    const faults = issue.issues.map((one) => wrong(one).filter(Boolean).join(", expected "));
    return [{ field, problem: `the name of this member ${faults.join("; ")}` }];
  }
  if (issue.code === "invalid_type") return [{ field, ...typeProblem(issue, inner, validated) }];
  const [problem, expected] = wrong(issue);
  return [expected === undefined ? { field, problem } : { field, problem, expected }];
}

/** A union of values lists them; of a union of other schemas, the nearest one is judged. */
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  path: PropertyKey[],
  field: string,
  validated: Validated,
  most: number,
): FieldProblem[] {
  if ("options" in issue && issue.discriminator !== undefined) {
    const [problem, expected] = notOneOf(issue.options ?? []);
    return [{ field, problem, expected }];
  }
  const values = issue.errors.flatMap((form) =>
    form.flatMap((one) => (one.code === "invalid_value" && one.path.length === 0 ? one.values : [])),
  );
  if (values.length === issue.errors.length) {
    const [problem, expected] = notOneOf(values);
    return [{ field, problem, expected }];
  }
  const nearest = issue.errors.filter((form) => form.length > 0).sort((a, b) => a.length - b.length)[0] ?? [];
  return nearest.slice(0, most).flatMap((one) => problemsOf(one, path, validated, most));
}

/** Zod keeps no input in an issue: only its own message says which type was received. */
function typeProblem(
  issue: z.core.$ZodIssueInvalidType,
  path: PropertyKey[],
  { schema }: Validated,
): Omit<FieldProblem, "field"> {
  const received = /received (\w+)$/.exec(issue.message)?.[1];
  const expected = typeInWords(issue.expected, schemasAt(schema, path));
  if (received === "undefined") return { problem: "is missing", expected };
  return {
    problem: received === undefined ? "is of another type" : `is ${RECEIVED[received] ?? received}`,
    expected,
  };
}

const RECEIVED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  null: "null",
  NaN: "no number",
};

function typeInWords(type: string, schemas: readonly z.ZodType[]): string {
  if (type === "string") return "text, in quotes";
  if (type === "int") return "a whole number (integer), without quotes";
  if (type === "number") return "a number, without quotes";
  if (type === "boolean") return "true or false, without quotes";
  if (type === "array") return "a list: [ … ]";
  const objects = schemas.filter((one) => one instanceof z.ZodObject);
  if (objects.length > 1) return `an object of the form ${formsInWords(objects)}`;
  const names = Object.keys(objects[0]?.shape ?? {});
  return names.length === 0
    ? "an object: { … }"
    : `an object with the members ${names.slice(0, 8).join(", ")}`;
}

/** The problem and the right value of an issue about one value. */
function wrong(issue: z.core.$ZodIssue): [problem: string, expected?: string | undefined] {
  if (issue.code === "invalid_value") return notOneOf(issue.values);
  if (issue.code === "too_big") return outOfBounds(issue.origin, "at most", issue.maximum, issue.message);
  if (issue.code === "too_small") return outOfBounds(issue.origin, "at least", issue.minimum, issue.message);
  if (issue.code === "invalid_format" && issue.format === "email")
    return ["is not an e-mail address", "such as name@example.org"];
  if (issue.code === "invalid_format" && issue.message.startsWith("Invalid"))
    return [
      "is not of the right form",
      issue.pattern === undefined ? undefined : `text that fits ${issue.pattern}`,
    ];
  if (issue.code === "invalid_type") return [`must be ${typeInWords(issue.expected, [])}`];
  return [issue.message];
}

function notOneOf(values: readonly unknown[]): [string, string] {
  const listed = values.map((value) => (typeof value === "number" ? `${value} (a number)` : String(value)));
  const last = listed.pop();
  return [
    "is not one of the values allowed",
    listed.length === 0 ? String(last) : `${listed.join(", ")} or ${String(last)}`,
  ];
}

const UNITS: Readonly<Record<string, string>> = { string: "character", array: "item", number: "", int: "" };

function outOfBounds(
  origin: string,
  bound: "at most" | "at least",
  limit: number | bigint,
  message: string,
): [string, string?] {
  // A schema that has words of its own.
  if (!/^Too (big|small)/.test(message)) return [message];
  const unit = UNITS[origin];
  if (unit === undefined) return [`must be ${bound} ${limit}`];
  if (unit === "")
    return [bound === "at most" ? "is too large" : "is too small", `a number of ${bound} ${limit}`];
  const size = {
    string: ["is too short", "is too long"],
    array: ["has too few items", "has too many items"],
  };
  const [few = "", many = ""] = size[origin as keyof typeof size];
  return [bound === "at most" ? many : few, `${bound} ${limit} ${unit}${Number(limit) === 1 ? "" : "s"}`];
}

/** Suggests the nearest name of any form; where none is near, names the forms if there are several. */
function unknownField(
  key: string,
  path: PropertyKey[],
  { schema, target }: Validated,
): Omit<FieldProblem, "field"> {
  const problem = target === "query" ? "unknown parameter" : "unknown field";
  const objects = schemasAt(schema, path).filter((one) => one instanceof z.ZodObject);
  const nearest = nearestName(
    key,
    objects.flatMap(({ shape }) => Object.keys(shape)),
  );
  if (nearest !== undefined) return { problem: `${problem}; did you mean \`${nearest}\`?` };
  return objects.length > 1
    ? { problem, expected: `the members of one form: ${formsInWords(objects)}` }
    : { problem };
}

/** The schemas of a value at a path, in any of its forms. */
function schemasAt(schema: unknown, path: PropertyKey[]): z.ZodType[] {
  let here = formsOf(schema);
  for (const step of path) here = here.flatMap((form) => formsOf(childOf(form, step)));
  return here;
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
