import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import type { Place } from "../documented.ts";
import { type SubjectForm, SUBJECT_FORMS } from "../examples/subjects.ts";
import { exampleNamed } from "../examples/story.ts";
import { block, exampleView } from "./example-view.ts";
import { layOut } from "./curl.ts";
import { prose } from "./prose.ts";

/** The forms of `subjects`, each with its JSON and the call that a test sends. */
export function subjectsSection(record: Place): Html {
  return html`<section id="subjects">
    <h2>How to name the goods: <code>subjects</code></h2>
    <p>
      Every event, and the scope of a recall, names goods in a list of subjects. Each subject has one of these
      forms. Naming a unit reaches all that is in it at that time. Name goods by batch and positions or by
      unit where you can: one subject for thousands of items.
    </p>
    ${SUBJECT_FORMS.map((form) => formCard(form, record))}
  </section>`;
}

function formCard({ name, title, note, subjects, with: more = {} }: SubjectForm, record: Place): Html {
  const members = Object.entries({ subjects, ...more });
  const shown = members.map(([member, value]) => `${JSON.stringify(member)}: ${layOut(value)}`).join(",\n");
  return html`<div class="card" id="${name}">
    <h3>${title}</h3>
    <p>${prose(note)}</p>
    ${block(shown)} ${exampleView(exampleNamed(name), record)}
  </div>`;
}
