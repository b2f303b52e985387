import { html } from "hono/html";
import { codeForm } from "./code-form.ts";
import type { Html, Reading } from "../parts/layout.ts";

/** The front page, with the form to check a code. */
export function homePage(reading: Reading): Html {
  const { home } = reading.texts;
  return html`<section class="card">
      <h1 class="name">${home.title}</h1>
      <p>${home.lead}</p>
    </section>
    ${codeForm(reading)}`;
}
