import { html } from "hono/html";
import { type Kind, ruleOf } from "../../../core/custody/vocabulary.ts";
import type { Html } from "../../pages/parts/layout.ts";
import type { Place } from "../documented.ts";
import { ALL_KINDS, type KindExample } from "../examples/kinds.ts";
import { exampleNamed } from "../examples/story.ts";
import { exampleView } from "./example-view.ts";
import { prose } from "./prose.ts";

/** The members that an event of a kind needs besides `kind`, `at` and `subjects`. */
export function needsOf({ event }: KindExample): string[] {
  return Object.keys(event).filter((name) => name !== "at" && name !== "subjects");
}

/** Who may report a kind, in words. */
export function reportersOf({ kind }: KindExample): string {
  const { roles, open } = ruleOf(kind as Kind);
  const words: Record<string, string> = {
    enterprise: open === true ? "enterprise" : "the enterprise that holds the goods",
    assessor: "assessor",
    authority: "authority",
  };
  return roles.map((role) => words[role] ?? role).join(", ");
}

/** The kinds of events: what each means, who reports it, what it needs, and the least of an event. */
export function kindsSection(record: Place): Html {
  return html`<section id="kinds">
    <h2>Kinds of events</h2>
    <p>
      Every event has <code>kind</code>, <code>at</code> and <code>subjects</code>. Some kinds need more. The
      holder's right also goes to an enterprise that the holder delegated to and, for transport and storage,
      to the carrier that a shipping names.
    </p>
    <table>
      <thead>
        <tr>
          <th>Kind</th>
          <th>What has happened</th>
          <th>Who reports it</th>
          <th>Needs</th>
        </tr>
      </thead>
      <tbody>
        ${ALL_KINDS.map((one) => row(one))}
      </tbody>
    </table>
    <h3>The least of an event, kind by kind</h3>
    <div class="card">${ALL_KINDS.map(({ kind }) => exampleView(exampleNamed(kind), record))}</div>
  </section>`;
}

function row(one: KindExample): Html {
  const needs = needsOf(one);
  return html`<tr>
    <td>
      <a href="#example-${one.kind}"><code>${one.kind}</code></a>
    </td>
    <td>${prose(one.meaning)}</td>
    <td class="soft">${reportersOf(one)}</td>
    <td>
      ${needs.length === 0 ? "" : html`<small class="narrow">needs </small>${needs.map((name) => html`<code>${name}</code> `)}`}
    </td>
  </tr>`;
}
