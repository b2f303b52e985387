import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import type { ApiDocument } from "../documented.ts";
import { answerOf } from "../examples/answers.ts";
import { EXAMPLES } from "../examples/story.ts";
import { exampleView } from "./example-view.ts";
import { fieldList, fieldsOf } from "./field-list.ts";
import { type NamedProblem, nameOf } from "./index-page.ts";
import { prose } from "./prose.ts";
import type { Resource } from "./resource.ts";

/** What a call is answered with where it is refused or fails: each type with the examples that meet it. */
export function problemsPage(
  document: ApiDocument,
  resources: readonly Resource[],
  problems: readonly NamedProblem[],
): Html {
  return html`<h1>Problems</h1>
    <p>
      A refused or failed call is answered with <code>application/problem+json</code> (RFC 9457).
      <code>detail</code> says what is wrong with this call, <code>errors</code> names each wrong field,
      <code>remedy</code> says what to do. <code>instance</code> is the request's id, for the operator.
    </p>
    <div class="card">
      <details>
        <summary>Fields of a problem</summary>
        ${fieldList(fieldsOf(document, document.components?.schemas?.["Problem"]))}
      </details>
    </div>
    ${problems.map((problem) => problemCard(problem, resources))}`;
}

function problemCard({ type, status, title, remedy }: NamedProblem, resources: readonly Resource[]): Html {
  const met = EXAMPLES.filter(({ name }) => {
    const { body } = answerOf(name);
    return (body as { type?: string } | undefined)?.type === type;
  });
  return html`<article class="card" id="${nameOf(type)}">
    <h3>${title}</h3>
    <p><b class="verb">${status}</b><code>${type}</code></p>
    <p>${prose(remedy)}</p>
    ${met.map((example) => {
      const place = resources
        .flatMap(({ places }) => places)
        .find(({ operation }) => operation.operationId === example.operation);
      return place === undefined ? "" : exampleView(example, place);
    })}
  </article>`;
}
