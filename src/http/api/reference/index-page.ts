import { html } from "hono/html";
import type { ProblemKind } from "../../problem.ts";
import type { Html } from "../../pages/parts/layout.ts";
import type { ApiDocument } from "../documented.ts";
import { ALL_KINDS } from "../examples/kinds.ts";
import { firstHour } from "./first-hour.ts";
import { anchorOf, type Resource, summaryOf } from "./resource.ts";

export type NamedProblem = ProblemKind & { type: string };

/** The first page: the rules of every call, the first hour by role, and all operations. */
export function indexPage(
  { info }: ApiDocument,
  resources: readonly Resource[],
  problems: readonly NamedProblem[],
): Html {
  return html`<h1>API reference</h1>
    <p>${info.description ?? ""}</p>
    <ul class="card fields">
      <li>
        Every path begins with <code>/v1</code>. Requests and answers are JSON in UTF-8. The same as
        <a href="/openapi.json">OpenAPI 3.1</a>, version ${info.version}.
      </li>
      <li>
        <code>Authorization: Bearer &lt;key&gt;</code>. A key belongs to an organisation and has its role:
        enterprise, assessor, authority or operator.
      </li>
      <li>
        <code>Idempotency-Key</code> makes a write safe to repeat: the same key with the same body gets the
        first answer.
      </li>
      <li>
        Lists come in pages: pass <code>next</code> of an answer as <code>cursor</code>. Times are RFC 3339,
        money is a decimal in quotes with an ISO 4217 code.
      </li>
      <li>
        Refusals are <a href="/docs/problems">problems</a> (RFC 9457) that name each wrong field and what
        would be right.
      </li>
      <li>
        Events name goods by <a href="/docs/custody#subjects">subjects</a>, and there are ${ALL_KINDS.length}
        <a href="/docs/custody#kinds">kinds of events</a>.
      </li>
    </ul>
    ${firstHour(resources)}
    <h2 id="operations">All calls</h2>
    <ul class="tiles">
      ${resources.map((resource) => tile(resource))}
    </ul>
    <h2 id="problems">Problems</h2>
    <ul class="card fields">
      ${problems.map(
        ({ type, status, title }) =>
          html`<li>
            <a href="/docs/problems#${nameOf(type)}"><code>${nameOf(type)}</code></a>
            <small>${status}</small> ${title}
          </li>`,
      )}
    </ul>`;
}

function tile({ slug, title, places }: Resource): Html {
  return html`<li class="card">
    <h3><a href="/docs/${slug}">${title}</a></h3>
    <ul>
      ${places.map(
        (place) =>
          html`<li id="${anchorOf(place)}">
            <a href="/docs/${slug}#${anchorOf(place)}">${summaryOf(place)}</a>
          </li>`,
      )}
    </ul>
  </li>`;
}

/** The last part of a problem's type. */
export function nameOf(type: string): string {
  return type.split("/").at(-1) ?? type;
}
