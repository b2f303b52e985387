import { html, raw } from "hono/html";
import type { ProblemKind } from "../problem.ts";
import type { Html } from "../pages/parts/layout.ts";

/** As much of an OpenAPI 3.1 document as the page shows. */
export interface ApiDocument {
  info: { title: string; version: string; description?: string };
  servers?: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>;
  "x-suyuan-roles"?: string[];
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Place {
  method: string;
  path: string;
  operation: Operation;
}

/** The page's one style sheet; its digest is in the content security policy. */
export const REFERENCE_STYLE = `
:root{color-scheme:light dark;--ink:#1c2420;--soft:#5b6660;--line:#d9dedb;--paper:#fff;--panel:#f5f7f6;--accent:#0a5c46}
@media(prefers-color-scheme:dark){:root{--ink:#e8edea;--soft:#a3aea8;--line:#38423d;--paper:#131816;--panel:#1b2220;--accent:#6fd0b1}}
*{box-sizing:border-box}body{margin:0;font:16px/1.55 system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:var(--ink);background:var(--paper)}
main,header{max-width:62rem;margin:0 auto;padding:0 1rem}header{padding-top:2rem}h1{margin:0}h2{margin-top:3rem;border-bottom:2px solid var(--line)}
p{margin:.4rem 0}a{color:var(--accent)}nav ul{columns:16rem;padding:0;list-style:none;font-size:.95rem}nav b{display:block;margin-top:.6rem}nav li{break-inside:avoid}
details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;background:var(--panel)}summary{cursor:pointer;padding:.7rem 1rem;overflow-wrap:anywhere}
details>div{padding:0 1rem 1rem}code,b.verb{font-family:ui-monospace,Consolas,monospace;font-size:.92em}b.verb{display:inline-block;min-width:4.2rem;color:var(--accent)}
small,.soft{color:var(--soft)}table{width:100%;border-collapse:collapse;font-size:.93rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
h4{margin:1rem 0 .2rem}`;

/** Not in the template: a formatter may move what stands there, and the digest is of every byte. */
const STYLE_ELEMENT = `<style>${REFERENCE_STYLE}</style>`;

const PROBLEM_TYPE = "application/problem+json";

/** How deep nested objects are laid open in a table of fields; no request goes deeper. */
const MAX_DEPTH = 4;

/**
 * The reference of the API, worked out from its OpenAPI document: complete in itself, without script, so that nothing
 * is loaded from anywhere.
 */
export function referencePage(document: ApiDocument, problems: (ProblemKind & { type: string })[]): Html {
  const { info, servers } = document;
  const base = servers?.[0]?.url ?? "";
  const groups = byTag(document);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} · API reference</title>
        ${raw(STYLE_ELEMENT)}
      </head>
      <body>
        <header>
          <h1>${info.title}</h1>
          <p>${info.description ?? ""}</p>
          <p class="soft">
            Version ${info.version} · every path begins with <code>${base}</code> · the same as
            <a href="/openapi.json">OpenAPI 3.1</a> · <code>Authorization: Bearer &lt;key&gt;</code> · writes
            take <code>Idempotency-Key</code> · errors are
            <a href="#problems"><code>${PROBLEM_TYPE}</code></a> (RFC 9457)
          </p>
        </header>
        <main>
          <nav aria-label="Operations">
            <ul>
              ${groups.map(([tag, places]) => contents(tag, places))}
            </ul>
          </nav>
          ${groups.map(
            ([tag, places]) =>
              html`<section>
                <h2>${tag}</h2>
                ${places.map((one) => section(document, base, one))}
              </section>`,
          )}
          <section id="problems">
            <h2>Problems</h2>
            <p>What every call is answered with where it is refused or fails, as ${PROBLEM_TYPE}.</p>
            ${fields(document, document.components?.schemas?.["Problem"])}
            <table>
              ${problems.map(
                ({ type, status, title, remedy }) =>
                  html`<tr>
                    <td><code>${type}</code><br /><small>${status}</small></td>
                    <td>${title}</td>
                    <td>${remedy}</td>
                  </tr>`,
              )}
            </table>
          </section>
        </main>
      </body>
    </html>`;
}

function byTag(document: ApiDocument): [string, Place[]][] {
  const groups = new Map<string, Place[]>();
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "Other";
      groups.set(tag, [...(groups.get(tag) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  return [...groups];
}

function contents(tag: string, places: Place[]): Html {
  return html`<li>
    <b>${tag}</b>${places.map((place) => html`<div><a href="#${anchor(place)}">${titleOf(place)}</a></div>`)}
  </li>`;
}

function section(document: ApiDocument, base: string, place: Place): Html {
  const { method, path, operation } = place;
  const roles = operation["x-suyuan-roles"] ?? [];
  const body = Object.entries(operation.requestBody?.content ?? {});
  return html`<details open id="${anchor(place)}">
    <summary><b class="verb">${method}</b> <code>${base}${path}</code> · ${titleOf(place)}</summary>
    <div>
      ${operation.description === undefined ? "" : html`<p>${operation.description}</p>`}
      <p class="soft">
        ${roles.includes("anonymous") ? "Anybody may call it." : `For: ${roles.join(", ")}.`}
      </p>
      ${parameters(operation)}
      ${body.map(
        ([type, { schema }]) =>
          html`<h4>Body <small>${type}</small></h4>
            ${fields(document, schema)}`,
      )}
      ${answers(operation).map(
        ([status, { description, content }]) =>
          html`<h4>${status} <small>${description}</small></h4>
            ${Object.entries(content ?? {}).map(
              ([type, { schema }]) =>
                html`<p><small>${type}</small></p>
                  ${fields(document, schema)}`,
            )}`,
      )}
    </div>
  </details>`;
}

/** Problems are the same everywhere, and are told once. */
function answers({ responses }: Operation): [string, Operation["responses"][string]][] {
  return Object.entries(responses).filter(([, { content }]) => content?.[PROBLEM_TYPE] === undefined);
}

function parameters({ parameters: given }: Operation): Html | string {
  if (given === undefined || given.length === 0) return "";
  return html`<h4>Parameters</h4>
    <table>
      ${given.map(({ name, in: where, required, description, schema }) => row(name, `${where}${required === true ? ", required" : ""}`, { ...schema, ...(description === undefined ? {} : { description }) }))}
    </table>`;
}

function fields(document: ApiDocument, schema: Schema | undefined): Html | string {
  const rows = schema === undefined ? [] : rowsOf(document, schema, "", 0);
  return rows.length === 0
    ? ""
    : html`<table>
        ${rows}
      </table>`;
}

/** A row for every field, nested ones under their dotted path. */
function rowsOf(document: ApiDocument, given: Schema, path: string, depth: number): Html[] {
  const schema = resolve(document, given);
  if (depth > MAX_DEPTH) return [];
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = path === "" ? name : `${path}.${name}`;
    const need = schema.required?.includes(name) === true ? "required" : "";
    return [row(here, need, resolve(document, property)), ...rowsOf(document, property, here, depth + 1)];
  });
  const items = schema.items === undefined ? [] : rowsOf(document, schema.items, `${path}[]`, depth + 1);
  return [...own, ...items, ...choices.flatMap((one) => rowsOf(document, one, path, depth + 1))];
}

function row(name: string, need: string, schema: Schema): Html {
  return html`<tr>
    <td><code>${name}</code><br /><small>${need}</small></td>
    <td>${typeOf(schema)}</td>
    <td>${schema.description ?? ""}</td>
  </tr>`;
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(" | ");
  const type = [schema.type ?? "object"].flat().join(" | ");
  const limits = [
    schema.format,
    schema.minimum === undefined ? undefined : `from ${schema.minimum}`,
    schema.maximum === undefined ? undefined : `to ${schema.maximum}`,
    schema.maxLength === undefined ? undefined : `at most ${schema.maxLength} characters`,
    schema.maxItems === undefined ? undefined : `at most ${schema.maxItems}`,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
  ].filter((limit) => limit !== undefined);
  return limits.length === 0 ? type : `${type} (${limits.join(", ")})`;
}

function resolve(document: ApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const named = name === undefined ? undefined : document.components?.schemas?.[name];
  return named === undefined ? schema : { ...named, ...schema };
}

function titleOf({ method, path, operation }: Place): string {
  return operation.summary ?? `${method} ${path}`;
}

function anchor({ method, path }: Place): string {
  return `${method.toLowerCase()}${path.replace(/[{}]/g, "").replaceAll("/", "-")}`;
}
