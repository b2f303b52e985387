import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import type { Place } from "../documented.ts";
import { answerOf } from "../examples/answers.ts";
import type { Example } from "../examples/example.ts";
import { requestOf } from "../examples/request.ts";
import { curlOf, layOut } from "./curl.ts";
import { prose } from "./prose.ts";

/** The command that sends an example. */
export function commandOf(example: Example, place: Place): string {
  return curlOf(requestOf(example, place, answerOf));
}

/** An example, folded: the command and its answer. */
export function exampleView(example: Example, place: Place, open = false): Html {
  const { name, summary, status } = example;
  const { body } = answerOf(name);
  const tone = status < 400 ? "ok" : "refused";
  const inside = html`<summary><span class="${tone}">${status}</span> ${prose(summary)}</summary>
    ${block(commandOf(example, place))}
    <p><small>Answer</small></p>
    ${body === undefined ? html`<p>A binary file.</p>` : block(typeof body === "string" ? body : layOut(body))}`;
  return open
    ? html`<details id="example-${name}" open>${inside}</details>`
    : html`<details id="example-${name}">${inside}</details>`;
}

/** Preformatted text, with no blank of the template's in it; a keyboard can scroll it. */
export function block(text: string): Html {
  return html`<pre tabindex="0">${text}</pre>`;
}
