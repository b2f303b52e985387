import {
  type ApiDocument,
  type Content,
  type Operation,
  placesOf,
  type ShownExample,
} from "../documented.ts";
import { answerOf } from "./answers.ts";
import type { Example } from "./example.ts";
import { bodyOf, pathValue } from "./request.ts";
import { EXAMPLES } from "./story.ts";

/**
 * Puts the examples into the document: requests and answers under their names, and a value for each parameter.
 * @throws RangeError for an example whose operation, media type or status the document does not have
 */
export function addExamples(document: ApiDocument): void {
  const operations = new Map(placesOf(document).map(({ operation }) => [operation.operationId, operation]));
  for (const example of EXAMPLES) {
    const operation = operations.get(example.operation);
    if (operation === undefined) throw new RangeError(`example ${example.name}: no ${example.operation}`);
    addRequest(operation, example);
    addAnswer(operation, example);
    addParameters(operation, example);
  }
}

function addRequest(operation: Operation, example: Example): void {
  const { name, summary, file, body } = example;
  const content = operation.requestBody?.content;
  // A body that the call refuses as not valid is no example of one.
  if (content === undefined || example.status === 400 || example.status === 415) return;
  if (file !== undefined) add(content, "*/*", name, { summary, value: file.text });
  else if (body !== undefined)
    add(content, "application/json", name, { summary, value: bodyOf(example, answerOf) });
}

function addAnswer({ responses }: Operation, { name, summary, status }: Example): void {
  const { mediaType, body } = answerOf(name);
  const response = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
  if (response?.content === undefined) throw new RangeError(`example ${name}: no answer ${status}`);
  const type = response.content[mediaType] === undefined ? "*/*" : mediaType;
  add(response.content, type, name, { summary, ...(body === undefined ? {} : { value: body }) });
}

function add(content: Content, mediaType: string, name: string, shown: ShownExample): void {
  const media = content[mediaType];
  if (media === undefined) throw new RangeError(`example ${name}: no media type ${mediaType}`);
  (media.examples ??= {})[name] = shown;
}

/** The first example that has a value for a parameter gives it. */
function addParameters({ parameters = [] }: Operation, example: Example): void {
  for (const parameter of parameters) {
    if (parameter.example !== undefined) continue;
    const value = valueOf(parameter, example);
    if (value === undefined) continue;
    const isNumber = parameter.schema?.type === "integer" || parameter.schema?.type === "number";
    parameter.example = isNumber ? Number(value) : value;
  }
}

function valueOf(parameter: { name: string; in: string }, { path, query, idempotencyKey }: Example) {
  if (parameter.in === "header") return idempotencyKey;
  if (parameter.in === "query") return query?.[parameter.name];
  const value = path?.[parameter.name];
  return value === undefined ? undefined : pathValue(value, answerOf);
}
