import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import type { ApiDocument, Content, Operation, Place } from "../documented.ts";
import type { Example } from "../examples/example.ts";
import { EXAMPLES } from "../examples/story.ts";
import { exampleView } from "./example-view.ts";
import { fieldList, fieldsOf, parametersOf } from "./field-list.ts";
import { prose } from "./prose.ts";
import { anchorOf, summaryOf } from "./resource.ts";

const PROBLEM_TYPE = "application/problem+json";

/**
 * One operation: who may call it, what it takes, what it answers, and its examples.
 * @param elsewhere names of examples that another part of the page shows
 */
export function operationSection(document: ApiDocument, place: Place, elsewhere: ReadonlySet<string>): Html {
  const { method, path, operation } = place;
  const parameters = parametersOf(operation);
  const examples = examplesOf(operation).filter(({ name }) => !elsewhere.has(name));
  return html`<article class="card" id="${anchorOf(place)}">
    <h3>${summaryOf(place)}</h3>
    <p><b class="verb">${method}</b><code>/v1${path}</code></p>
    ${operation.description === undefined ? "" : html`<p>${prose(operation.description)}</p>`}
    <p class="soft">${callers(operation)}</p>
    ${
      parameters.length === 0
        ? ""
        : html`<h4>Parameters</h4>
            ${fieldList(parameters)}`
    }
    <h4>Examples</h4>
    ${examples.map((example, i) => exampleView(example, place, i === 0))}
    <h4>Fields</h4>
    ${bodyLimit(operation)} ${contentFields(document, "Body", operation.requestBody?.content)}
    ${Object.entries(operation.responses)
      .filter(([, { content }]) => content?.[PROBLEM_TYPE] === undefined)
      .map(([status, { description, content }]) =>
        contentFields(document, `Answer ${status}: ${description}`, content),
      )}
    <p class="soft">Refusals and failures: <a href="/docs/problems">problems</a>.</p>
  </article>`;
}

export function examplesOf({ operationId }: Operation): Example[] {
  return EXAMPLES.filter(({ operation }) => operation === operationId);
}

function callers({ "x-suyuan-roles": roles = [] }: Operation): string {
  return roles.includes("anonymous")
    ? "Anybody may call it, without a key."
    : `Callers: ${roles.join(", ")}.`;
}

function bodyLimit({ "x-suyuan-max-body-bytes": most }: Operation): Html | "" {
  if (most === undefined) return "";
  return html`<p class="soft">
    The body has at most ${most.toLocaleString("en")} bytes. It may be compressed:
    <code>Content-Encoding</code> gzip or deflate, decoded within the same limit.
  </p>`;
}

function contentFields(document: ApiDocument, title: string, content: Content = {}): Html[] {
  return Object.entries(content).map(([type, { schema }]) => {
    const fields = fieldsOf(document, schema);
    if (fields.length === 0) return html`<p class="soft">${title}: <code>${type}</code></p>`;
    return html`<details>
      <summary>${title} <small>${type}, ${fields.length} fields</small></summary>
      ${fieldList(fields)}
    </details>`;
  });
}
