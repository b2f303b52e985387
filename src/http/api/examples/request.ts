import { KEY_VARIABLES } from "./cast.ts";
import type { Example, ExampleAnswer, FromAnswer } from "./example.ts";

/** A call as it is sent. */
export interface ExampleRequest {
  method: string;
  /** Path and query, with the API's prefix. */
  target: string;
  /** The shell variable that holds the caller's API key; undefined where none is sent. */
  keyVariable: string | undefined;
  headers: Record<string, string>;
  /** Text of the body; JSON in one line. */
  body: string | undefined;
}

/** Where an operation is: from the OpenAPI document. */
export interface Location {
  /** In capitals. */
  method: string;
  /** Without the API's prefix, with variables in braces. */
  path: string;
}

type AnswerOf = (example: string) => ExampleAnswer;

/**
 * The request of an example.
 * @param answerOf the answers to earlier examples, for what is taken from them
 * @throws RangeError where the example gives no value for a variable of the path
 */
export function requestOf(example: Example, at: Location, answerOf: AnswerOf): ExampleRequest {
  const { as, idempotencyKey, file, body } = example;
  const headers: Record<string, string> = {};
  if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
  if (file !== undefined) headers["Content-Type"] = file.mediaType;
  else if (body !== undefined) headers["Content-Type"] = "application/json";
  return {
    method: at.method,
    target: targetOf(example, at, answerOf),
    keyVariable: as === "anybody" ? undefined : KEY_VARIABLES[as],
    headers,
    body: file?.text ?? (body === undefined ? undefined : JSON.stringify(bodyOf(example, answerOf))),
  };
}

/** The JSON body of an example, with what it takes from earlier answers in place. */
export function bodyOf(example: Example, answerOf: AnswerOf): unknown {
  return resolve(example.body, answerOf);
}

/** The value of a variable of the path. */
export function pathValue(value: string | FromAnswer, answerOf: AnswerOf): string {
  return String(resolve(value, answerOf));
}

function targetOf({ name, path = {}, query }: Example, at: Location, answerOf: AnswerOf): string {
  const filled = at.path.replace(/\{([^}]+)\}/g, (_, variable: string) => {
    const value = path[variable];
    if (value === undefined) throw new RangeError(`example ${name} has no value for {${variable}}`);
    return encodeURIComponent(pathValue(value, answerOf)).replaceAll("%3A", ":");
  });
  const search = new URLSearchParams(query).toString();
  return `/v1${filled}${search === "" ? "" : `?${search}`}`;
}

function resolve(value: unknown, answerOf: AnswerOf): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, answerOf));
  if (typeof value !== "object" || value === null) return value;
  if (isFromAnswer(value)) {
    const given = memberAt(answerOf(value.answerTo).body, value.at);
    return value.and === undefined ? given : { ...(given as object), ...value.and };
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolve(member, answerOf)]));
}

function isFromAnswer(value: object): value is FromAnswer {
  return "answerTo" in value && "at" in value;
}

/** The member of a JSON value at a dotted path. @throws RangeError where there is none */
export function memberAt(value: unknown, path: string): unknown {
  let here = value;
  for (const name of path.split(".")) {
    here = (here as Record<string, unknown> | undefined)?.[name];
    if (here === undefined) throw new RangeError(`the answer has no member ${path}`);
  }
  return here;
}
