import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import type { ApiDocument, Operation, Schema } from "../documented.ts";
import { prose } from "./prose.ts";

/** A field of a request or an answer, under its dotted path; `[]` stands for each element of a list. */
export interface Field {
  path: string;
  /** `required`, `optional`, or that it is a field of one of several forms. */
  need: string;
  type: string;
  description: string;
}

/** How deep nested objects are laid open; no request goes deeper. */
const MAX_DEPTH = 5;

/** The fields of a schema, nested ones too, each path once. */
export function fieldsOf(document: ApiDocument, schema: Schema | undefined): Field[] {
  if (schema === undefined) return [];
  const byPath = new Map<string, Field>();
  for (const field of walk(document, schema, "", 0, false))
    if (!byPath.has(field.path)) byPath.set(field.path, field);
  return [...byPath.values()];
}

function* walk(
  document: ApiDocument,
  given: Schema,
  path: string,
  depth: number,
  oneForm: boolean,
): Generator<Field> {
  if (depth > MAX_DEPTH) return;
  const schema = resolve(document, given);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const here = path === "" ? name : `${path}.${name}`;
    const required = schema.required?.includes(name) === true;
    yield fieldAt(here, needOf(required, oneForm), resolve(document, property));
    yield* walk(document, property, here, depth + 1, false);
  }
  if (schema.items !== undefined) yield* walk(document, schema.items, `${path}[]`, depth + 1, false);
  for (const form of formsOf(schema)) yield* walk(document, form, path, depth + 1, true);
  for (const part of schema.allOf ?? []) yield* walk(document, part, path, depth + 1, oneForm);
}

function needOf(required: boolean, oneForm: boolean): string {
  if (oneForm) return "in one of the forms";
  return required ? "required" : "optional";
}

function fieldAt(path: string, need: string, schema: Schema): Field {
  return { path, need, type: typeOf(schema), description: schema.description ?? "" };
}

/** A list of fields, or nothing where there are none. */
export function fieldList(fields: readonly Field[]): Html | string {
  if (fields.length === 0) return "";
  return html`<ul class="fields">
    ${fields.map(
      ({ path, need, type, description }) =>
        html`<li>
          <code>${path}</code> <small>${need} · ${type}</small>
          ${description === "" ? "" : html`<p>${prose(description)}</p>`}
        </li>`,
    )}
  </ul>`;
}

/** The parameters of an operation, in the form of fields. */
export function parametersOf({ parameters = [] }: Operation): Field[] {
  return parameters.map(({ name, in: where, required, description, schema, example }) => {
    const shown = example === undefined ? "" : ` Example: \`${example as string | number}\``;
    return {
      path: where === "header" ? "Idempotency-Key" : name,
      need: `${where}, ${required === true ? "required" : "optional"}`,
      type: typeOf(schema ?? {}),
      description: `${description ?? schema?.description ?? ""}${shown}`.trim(),
    };
  });
}

function formsOf(schema: Schema): Schema[] {
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const forms = formsOf(schema);
  if (forms.length > 0) return [...new Set(forms.map(typeOf))].join(" | ");
  const type = schema.$ref === undefined ? [schema.type ?? "object"].flat().join(" | ") : "object";
  const limits = limitsOf(schema);
  return limits.length === 0 ? type : `${type} (${limits.join(", ")})`;
}

function limitsOf(schema: Schema): string[] {
  const limits: [unknown, string][] = [
    [schema.format, `${schema.format}`],
    [schema.minimum, `from ${schema.minimum}`],
    [schema.maximum, `to ${schema.maximum}`],
    [schema.maxLength, `at most ${schema.maxLength} characters`],
    [schema.maxItems, `at most ${schema.maxItems}`],
    [schema.default, `default ${JSON.stringify(schema.default)}`],
  ];
  return limits.filter(([value]) => value !== undefined).map(([, words]) => words);
}

function resolve(document: ApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const named = name === undefined ? undefined : document.components?.schemas?.[name];
  if (named === undefined) return schema;
  const { $ref: _, ...own } = schema;
  return { ...named, ...own };
}
